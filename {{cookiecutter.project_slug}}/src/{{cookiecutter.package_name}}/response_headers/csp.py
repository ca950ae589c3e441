"""Content-Security-Policy: a table of directives that is a string when it is sent.

https://www.w3.org/TR/CSP3/ defines each directive.
https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
explains them with examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .validation import (
    CSP_SOURCE_DIRECTIVES,
    IN_A_TABLE,
    NONCE_OR_HASH,
    HeaderError,
    check_dict,
    directive_hint,
)
from .values import CachedValue, DynamicValue, is_secure, script_root

if TYPE_CHECKING:
    from .values import Change, Value

HEADER = "Content-Security-Policy"
NONCE = "'nonce-{nonce}'"
"""A placeholder in the directives of a ``PageCsp``: the nonce of the page."""

UPGRADE = "upgrade-insecure-requests"
_AMEND = "amend_csp()"

_FALLBACKS: Mapping[str, tuple[str, ...]] = {
    "fenced-frame-src": ("frame-src", "child-src"),
    "frame-src": ("child-src",),
    "script-src-attr": ("script-src",),
    "script-src-elem": ("script-src",),
    "style-src-attr": ("style-src",),
    "style-src-elem": ("style-src",),
    "worker-src": ("child-src", "script-src"),
}
"""What browsers use for a missing directive, before ``default-src``:
https://www.w3.org/TR/CSP3/#directive-fallback-list"""

_SCRIPTS = {"default-src", "script-src", "script-src-elem"}
_STYLES = {"style-src", "style-src-elem"}

_DYNAMIC, _HASHES, _INLINE = "'strict-dynamic'", "'unsafe-hashes'", "'unsafe-inline'"
_OWN_CSP = "Pages that have no nonce need a Csp(...) of their own as their override."
_NONCE_HINT = (
    'write <script nonce="{{ csp_nonce() }}" ...>, which allows it from any host.'
    f" {_OWN_CSP}"
)
_INLINE_HINT = (
    'write <script nonce="{{ csp_nonce() }}">; for attributes such as onclick, add it to'
    f" script-src-attr. {_OWN_CSP}"
)

Directives = Mapping[str, Sequence[str]]
"""The sources of each directive: an empty list for one that takes none."""

Amendments = Mapping[str, str | Sequence[str] | None]
"""For each directive the source or sources to add, or ``None`` to remove it."""


class Csp(CachedValue):
    """One policy for all responses. It is not sent if it has no directives.

    Over HTTPS it also has ``upgrade-insecure-requests``, unless ``upgrade`` is false.
    Over HTTP it has no ``report-to``: Chromium would send no reports, and ignore
    ``report-uri``.

    Raises:
        HeaderError: browsers would ignore a directive or a source.
    """

    vary_on = (is_secure, script_root)

    def __init__(self, directives: Directives, *, upgrade: bool = True) -> None:
        check_directives("Csp()", directives)
        self._directives = {name: list(words) for name, words in directives.items()}
        self._upgrade = upgrade

    def build(self, https: bool, root: str) -> str | None:  # noqa: FBT001 - a cache key
        """Return the policy."""
        return render(self._directives, root, https=https, upgrade=self._upgrade)

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
    A directive that is not there starts from what browsers use in its place, such as
    ``default-src``. ``"'none'"`` alone forbids everything, and ``"'unsafe-inline'"`` for
    styles removes nonces and hashes, beside which browsers would ignore it.
    ``None`` removes the directive. Other directives stay.

    Raises:
        HeaderError: browsers would ignore a directive or a source.
    """
    check_dict(_AMEND, amendments, '{"img-src": "https://cdn.example"}')
    for name, words in amendments.items():
        added = [] if words is None else _as_list(words)
        # The policy below may have a nonce for 'strict-dynamic'.
        added = [word for word in added if word != _DYNAMIC]
        check_directives(_AMEND, {name: added}, nonce=True)

    def change(below: Value | None) -> Value:
        if isinstance(below, DynamicValue) and hasattr(below, "amended"):
            amended: DynamicValue = below.amended(amendments)
            return amended
        hint = f"it changes a Csp or PageCsp: use it for {HEADER} only."
        raise HeaderError(_AMEND, HEADER, below, hint)

    return change


def amend(directives: Directives, amendments: Amendments) -> Directives:
    """Return directives with sources added, or directives removed.

    Raises:
        HeaderError: browsers would ignore a source that is added, or one that is there.
    """
    amended = {name: list(words) for name, words in directives.items()}
    for name in sorted(amendments, key=lambda name: len(fallbacks(name))):
        words = amendments[name]
        if words is None:
            amended.pop(name, None)
        else:
            amended[name] = _add(amended, name, _as_list(words))
    return amended


def _add(directives: Directives, name: str, words: list[str]) -> list[str]:
    """Return the sources of a directive with more of them."""
    if words == ["'none'"]:
        return words
    below = directives[name] if name in directives else _inherited(directives, name)
    kept = [word for word in below if word != "'none'"]
    if _INLINE in words and name not in _SCRIPTS:
        kept = [word for word in kept if not _is_nonce_or_hash(word)]
    added = [word for word in words if word not in kept]
    if hint := next(_ignored_hints(directives, name, kept, added), None):
        raise HeaderError(_AMEND, HEADER, {name: words}, f"directive {name}: {hint}")
    return [*kept, *added]


def fallbacks(name: str) -> tuple[str, ...]:
    """Return the directives that browsers use for a missing one, in their order."""
    if "-src" not in name or name == "default-src":
        return ()
    return (*_FALLBACKS.get(name, ()), "default-src")


def _inherited(directives: Directives, name: str) -> list[str]:
    """Return what a missing directive allows, without what means nothing in it."""
    found = [directives[each] for each in fallbacks(name) if each in directives]
    words = found[0] if found else ()
    if name == "worker-src" and _DYNAMIC in words:
        return ["'self'"]
    if name.endswith("-attr") and _HASHES not in words:
        words = [word for word in words if not _is_hash(word)]
    return [word for word in words if _has_meaning(name, word)]


def _has_meaning(name: str, word: str) -> bool:
    """Whether browsers look for a source in a directive."""
    if name not in CSP_SOURCE_DIRECTIVES or name in _SCRIPTS:
        return True
    if word in {"'none'", "'report-sample'"}:
        return True
    inline = word in {_INLINE, _HASHES} or _is_hash(word)
    if name.endswith("-attr"):
        return inline
    return _is_place(word) or (name in _STYLES and (inline or _is_nonce_or_hash(word)))


def _ignored_hints(
    directives: Directives, name: str, kept: list[str], added: list[str]
) -> Iterator[str]:
    """Yield what to do about sources that browsers would ignore."""
    words = [*kept, *added]
    for word in added:
        if not _has_meaning(name, word):
            yield f"{word} means nothing there: remove it."
        if _is_place(word) and f"{name}-elem" in directives:
            yield f"browsers use {name}-elem in its place: add {word} to that."
        if name.endswith("-attr") and _is_hash(word) and _HASHES not in words:
            yield f"browsers ignore {word} without {_HASHES}: add that, too."
    if _HASHES in added and not any(map(_is_hash, words)):
        yield f"browsers ignore {_HASHES} without a hash: add that of the attribute."
    dynamic = name in _SCRIPTS and _DYNAMIC in words
    places = [word for word in words if _is_place(word)] if dynamic else []
    if name != "default-src" and places and {*places, _DYNAMIC} & {*added}:
        yield f"browsers ignore {places[0]} beside {_DYNAMIC}: {_NONCE_HINT}"
    trusted = [word for word in words if _is_nonce_or_hash(word) or word == _DYNAMIC]
    if _INLINE in added and trusted:
        yield f"browsers ignore {_INLINE} beside a nonce or hash: {_INLINE_HINT}"
    elif _INLINE in words and {*trusted} & {*added}:
        yield f"it would turn {_INLINE} off, which allows as much: remove it."


def _as_list(words: Any) -> list[str]:
    return list(words) if isinstance(words, list | tuple) else [words]


def _is_nonce_or_hash(word: str) -> bool:
    return NONCE_OR_HASH.fullmatch(word.strip("'")) is not None


def _is_hash(word: str) -> bool:
    return word.startswith("'sha")


def _is_place(word: str) -> bool:
    """Whether a source is a host, a scheme or ``'self'``."""
    return word == "'self'" or not word.startswith("'")


def check_directives(
    where: str, directives: Directives, *, nonce: bool = False
) -> None:
    """Raise an error if browsers would ignore a directive. ``nonce`` allows ``NONCE``.

    Raises:
        HeaderError: browsers would ignore a directive or a source.
        TypeError: it is not a dict.
    """
    check_dict(where, directives, """{"img-src": ["'self'", "data:"]}""")
    for name, words in directives.items():
        hint = directive_hint(name, words, IN_A_TABLE)
        if not nonce and not hint and NONCE in words:
            hint = f"directive {name}: NONCE is for pages with a nonce only."
        if hint:
            raise HeaderError(where, HEADER, {name: words}, hint)


def render(
    directives: Directives, root: str, *, https: bool, upgrade: bool
) -> str | None:
    """Return a policy as a string. Its reports are sent to paths below the script root."""
    if directives and https and upgrade:
        directives = {**directives, UPGRADE: []}
    if not https:
        directives = {k: v for k, v in directives.items() if k != "report-to"}
    if root and "report-uri" in directives:
        uris = directives["report-uri"]
        below = [f"{root}{uri}" if uri.startswith("/") else uri for uri in uris]
        directives = {**directives, "report-uri": below}
    parts = [" ".join([name, *words]) for name, words in directives.items()]
    return "; ".join(parts) or None
