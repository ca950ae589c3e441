"""The Content-Security-Policy header: a table of directives, made a text when it is sent.

https://www.w3.org/TR/CSP3/ says what each directive does;
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
says it with examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from .https import over_https
from .known_headers import mend_directives
from .validation import HeaderError
from .values import Computed, Decided

if TYPE_CHECKING:
    from flask import Request, Response

    from .values import Change, Value

HEADER = "Content-Security-Policy"
UPGRADE = "upgrade-insecure-requests"

_POLICY, _OVERRIDE = "policy.py", "amend_csp()"

Directives = Mapping[str, Sequence[str]]
"""The sources of each directive; a directive without sources has an empty list."""

Amendments = Mapping[str, str | Sequence[str] | None]
"""For each directive the source or sources to add, or ``None`` to remove it."""


def mounted_at(_response: Response, request: Request) -> str:
    """The path where the app is mounted, mostly none; this decides values."""
    root = request.root_path.rstrip("/")
    return quote(root) if root else ""


class Csp(Decided):
    """One policy for every response it goes out with; none where it has no directive.

    Over HTTPS it also asks browsers to load the page's parts over HTTPS, unless
    ``upgrade`` is false: a policy to try out cannot ask for that.

    Raises:
        HeaderError: a directive or a source would not be understood.
    """

    facts = (over_https, mounted_at)

    def __init__(self, directives: Directives, *, upgrade: bool = True) -> None:
        _check(_POLICY, directives)
        self._directives = {name: list(words) for name, words in directives.items()}
        self._upgrade = upgrade
        added: Directives = {UPGRADE: []} if directives and upgrade else {}
        secure: Directives = {**self._directives, **added}
        self._texts = {False: _text(self._directives), True: _text(secure)}

    def value_of(self, https: bool, root: str) -> str | None:  # noqa: FBT001 - a fact
        """Return the policy over HTTP or HTTPS, its reports sent below ``root``."""
        text = self._texts[https].replace("report-uri /", f"report-uri {root}/")
        return text or None

    def amended(self, amendments: Amendments) -> Csp:
        """A policy with directives changed. What a source is added to is no 'none' any more.

        Raises:
            HeaderError: a directive or a source would not be understood.
        """
        upgrade = self._upgrade and amendments.get(UPGRADE, ()) is not None
        return Csp(amend(self._directives, amendments), upgrade=upgrade)


def amend_csp(amendments: Amendments) -> Change:
    """Make a value for overrides: the policy below with some directives changed.

    >>> @override_headers({"Content-Security-Policy": amend_csp({"img-src": "https://cdn.example"})})

    A text or a list of texts is added to a directive's sources, ``None`` removes the
    directive; all else stays as it is.

    Raises:
        HeaderError: a directive or a source would not be understood.
    """
    _check(_OVERRIDE, dict.fromkeys(amendments, ()))
    for name, words in amendments.items():
        for word in _listed(words or ()):
            if word != "'strict-dynamic'":  # it may rely on a nonce that is there
                _check(_OVERRIDE, {name: [word]})

    def change(below: Value | None) -> Value:
        if isinstance(below, Computed) and hasattr(below, "amended"):
            amended: Computed = below.amended(amendments)
            return amended
        mend = (
            f"amend_csp() stands for {HEADER}, and needs a Csp of policy.py to amend."
        )
        raise HeaderError(_OVERRIDE, HEADER, below, mend)

    return change


def amend(directives: Directives, amendments: Amendments) -> Directives:
    """Add sources to directives, or remove these."""
    amended = {name: list(words) for name, words in directives.items()}
    for name, words in amendments.items():
        if words is None:
            amended.pop(name, None)
        else:
            kept = [word for word in amended.get(name, []) if word != "'none'"]
            amended[name] = [
                *kept,
                *(word for word in _listed(words) if word not in kept),
            ]
    return amended


def _listed(words: str | Sequence[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _check(where: str, directives: Directives) -> None:
    for name, words in directives.items():
        if isinstance(words, str):
            mend = f"directive {name}: write a list of sources, [{words!r}]."
            raise HeaderError(where, HEADER, words, mend)
        if mend_found := mend_directives({name: words}):
            raise HeaderError(where, HEADER, _text({name: words}), mend_found)


def _text(directives: Directives) -> str:
    return "; ".join(" ".join([name, *words]) for name, words in directives.items())
