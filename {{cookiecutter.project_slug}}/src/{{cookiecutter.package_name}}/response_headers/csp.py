"""Content-Security-Policy: a table of directives that is a string when it is sent.

https://www.w3.org/TR/CSP3/ defines each directive.
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
explains them with examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .validation import HeaderError, directives_hint
from .values import CachedValue, DynamicValue, is_secure, script_root

if TYPE_CHECKING:
    from .values import Change, Value

HEADER = "Content-Security-Policy"
UPGRADE = "upgrade-insecure-requests"

Directives = Mapping[str, Sequence[str]]
"""The sources of each directive: an empty list for one that takes none."""

Amendments = Mapping[str, str | Sequence[str] | None]
"""For each directive the source or sources to add, or ``None`` to remove it."""


class Csp(CachedValue):
    """One policy for all responses. It is not sent if it has no directives.

    Over HTTPS it also has ``upgrade-insecure-requests``, unless ``upgrade`` is false.

    Raises:
        HeaderError: browsers would ignore a directive or a source.
    """

    vary_on = (is_secure, script_root)

    def __init__(self, directives: Directives, *, upgrade: bool = True) -> None:
        _check("Csp()", directives)
        self._directives = {name: list(words) for name, words in directives.items()}
        self._upgrade = upgrade

    def build(self, https: bool, root: str) -> str | None:  # noqa: FBT001 - a cache key
        """Return the policy. Its reports are sent to paths below the script root."""
        directives = self._directives
        if directives and https and self._upgrade:
            directives = {**directives, UPGRADE: []}
        if root and "report-uri" in directives:
            below = [
                f"{root}{uri}" if uri.startswith("/") else uri
                for uri in directives["report-uri"]
            ]
            directives = {**directives, "report-uri": below}
        return _text(directives) or None

    def amended(self, amendments: Amendments) -> Csp:
        """Return this policy with some directives changed.

        Raises:
            HeaderError: browsers would ignore a directive or a source.
        """
        upgrade = self._upgrade and amendments.get(UPGRADE, ()) is not None
        return Csp(amend(self._directives, amendments), upgrade=upgrade)


def amend_csp(amendments: Amendments) -> Change:
    """Make an override that changes some directives of the policy below it.

    >>> @override_headers({"Content-Security-Policy": amend_csp({"img-src": "https://cdn.example"})})

    A source, or a list of sources, is added to a directive, and then removes ``'none'``.
    ``None`` removes the directive. Other directives stay.

    Raises:
        HeaderError: browsers would ignore a directive or a source.
    """
    where = "amend_csp()"
    _check(where, dict.fromkeys(amendments, ()))
    for name, words in amendments.items():
        for word in _as_list(words or ()):
            if word != "'strict-dynamic'":  # the policy below may have a nonce for it
                _check(where, {name: [word]})

    def change(below: Value | None) -> Value:
        if isinstance(below, DynamicValue) and hasattr(below, "amended"):
            amended: DynamicValue = below.amended(amendments)
            return amended
        hint = f"it changes a Csp or PageCsp: use it for {HEADER} only."
        raise HeaderError(where, HEADER, below, hint)

    return change


def amend(directives: Directives, amendments: Amendments) -> Directives:
    """Return directives with sources added, or directives removed."""
    amended = {name: list(words) for name, words in directives.items()}
    for name, words in amendments.items():
        if words is None:
            amended.pop(name, None)
        else:
            kept = [word for word in amended.get(name, []) if word != "'none'"]
            amended[name] = [
                *kept,
                *(word for word in _as_list(words) if word not in kept),
            ]
    return amended


def _as_list(words: str | Sequence[str]) -> list[str]:
    return [words] if isinstance(words, str) else list(words)


def _check(where: str, directives: Directives) -> None:
    for name, words in directives.items():
        if isinstance(words, str):
            hint = f"directive {name}: write a list of sources, [{words!r}]."
            raise HeaderError(where, HEADER, words, hint)
        if hint_found := directives_hint({name: words}):
            raise HeaderError(where, HEADER, _text({name: words}), hint_found)


def _text(directives: Directives) -> str:
    return "; ".join(" ".join([name, *words]) for name, words in directives.items())
