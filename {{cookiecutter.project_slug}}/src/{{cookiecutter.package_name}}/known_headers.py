"""What the values of well-known headers may be: a browser ignores a misspelt one.

Each function returns what to do about a value, or ``None`` where it is sound.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

A_YEAR = 31_536_000
"""Seconds; the least that https://hstspreload.org/ takes."""

CSP_SOURCE_DIRECTIVES = frozenset(
    {
        "base-uri",
        "child-src",
        "connect-src",
        "default-src",
        "fenced-frame-src",
        "font-src",
        "form-action",
        "frame-ancestors",
        "frame-src",
        "img-src",
        "manifest-src",
        "media-src",
        "object-src",
        "script-src",
        "script-src-attr",
        "script-src-elem",
        "style-src",
        "style-src-attr",
        "style-src-elem",
        "worker-src",
    }
)
"""Directives that list sources: https://www.w3.org/TR/CSP3/#csp-directives"""

CSP_DIRECTIVES = CSP_SOURCE_DIRECTIVES | {
    "report-to",
    "report-uri",
    "require-trusted-types-for",
    "sandbox",
    "trusted-types",
    "upgrade-insecure-requests",
    "webrtc",
}

CSP_KEYWORDS = frozenset(
    {
        "allow",
        "allow-duplicates",
        "block",
        "inline-speculation-rules",
        "none",
        "report-sample",
        "report-sha256",
        "report-sha384",
        "report-sha512",
        "script",
        "self",
        "strict-dynamic",
        "trusted-types-eval",
        "unsafe-allow-redirects",
        "unsafe-eval",
        "unsafe-hashes",
        "unsafe-inline",
        "wasm-unsafe-eval",
    }
)
"""Words that count only in single quotes: https://www.w3.org/TR/CSP3/#grammardef-keyword-source"""

NONCE_OR_HASH = re.compile(r"(nonce|sha256|sha384|sha512)-[^']+")

CHOICES: Mapping[str, Collection[str]] = {
    "cross-origin-embedder-policy": ("credentialless", "require-corp", "unsafe-none"),
    "cross-origin-opener-policy": (
        "noopener-allow-popups",
        "same-origin",
        "same-origin-allow-popups",
        "unsafe-none",
    ),
    "cross-origin-resource-policy": ("cross-origin", "same-origin", "same-site"),
    "referrer-policy": (
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ),
    "x-content-type-options": ("nosniff",),
    "x-frame-options": ("DENY", "SAMEORIGIN"),
    "x-permitted-cross-domain-policies": (
        "all",
        "by-content-type",
        "by-ftp-filename",
        "master-only",
        "none",
        "none-this-response",
    ),
}
"""Headers whose value is one of a few words, by the header's name in lower case."""

PERMISSION_ITEM = r'(?:\*|self|src|"https?://[^"\s]+")'
PERMISSION = re.compile(
    rf"[a-z][a-z0-9-]*=(?:{PERMISSION_ITEM}"
    rf"|\( *(?:{PERMISSION_ITEM}(?: +{PERMISSION_ITEM})* *)?\))"
    r"(?:; *report-to=[a-z0-9_.*-]+)?"
)
"""A member of ``Permissions-Policy``, a structured dictionary (RFC 9651, section 3.2):
https://www.w3.org/TR/permissions-policy-1/#permissions-policy-http-header-field"""


def mend_known(name: str, value: str) -> str | None:
    """What to do about the value of a header, where the header is a known one."""
    key = name.lower()
    if key in CHOICES:
        return _mend_choice(key, value)
    mend = _MENDS.get(key)
    return mend(value) if mend else None


def mend_directives(directives: Mapping[str, Iterable[str]]) -> str | None:
    """What to do about the directives of a Content-Security-Policy."""
    mends = (_mend_directive(name, list(words)) for name, words in directives.items())
    return next((mend for mend in mends if mend), None)


def _mend_csp(value: str) -> str | None:
    parts = [part.split() for part in value.split(";") if part.strip()]
    names = [name.lower() for name, *_ in parts]
    for name in names:
        if names.count(name) > 1:
            return (
                f"directive {name} stands there twice, the second is ignored: keep one."
            )
    return mend_directives({name.lower(): words for name, *words in parts})


def _mend_directive(name: str, words: list[str]) -> str | None:
    if name not in CSP_DIRECTIVES:
        return f"there is no directive {name}{_did_you_mean(name, CSP_DIRECTIVES)}"
    mend = next((mend for mend in map(_mend_word, words) if mend), None)
    if mend:
        return f"directive {name}: {mend}"
    if name in CSP_SOURCE_DIRECTIVES:
        return _mend_together(name, words)
    return None


def _mend_word(word: str) -> str | None:
    if re.search(r"[\s;,]", word) or not word.isascii() or not word:
        return (
            f"{word!r} is not one source: write a source for each, without ; or comma."
        )
    bare = word.strip("'")
    known = bare.lower() in CSP_KEYWORDS or NONCE_OR_HASH.fullmatch(bare)
    if known and word != f"'{bare}'":
        return f"{word} counts only in single quotes: write '{bare}'."
    if "'" in word and not known:
        return f"there is no keyword {word}{_did_you_mean(bare, CSP_KEYWORDS)}"
    return None


def _mend_together(name: str, words: list[str]) -> str | None:
    if "'none'" in words and len(words) > 1:
        return (
            f"directive {name}: 'none' stands alone or not at all: {' '.join(words)}."
        )
    trusted = any(NONCE_OR_HASH.fullmatch(word.strip("'")) for word in words)
    if "'strict-dynamic'" in words and not trusted:
        return f"directive {name}: 'strict-dynamic' lets nothing run without a nonce or hash: add one."
    return None


def _mend_hsts(value: str) -> str | None:
    known = {"max-age", "includesubdomains", "preload"}
    parts = [part.strip().partition("=") for part in value.split(";") if part.strip()]
    given = {name.strip().lower(): number.strip(' "') for name, _, number in parts}
    for name, _, _ in parts:
        if name.strip().lower() not in known:
            return f"there is no directive {name!r}: write max-age, includeSubDomains or preload, with ; between."
    if not given.get("max-age", "").isdecimal() or len(given) < len(parts):
        return "directive max-age: write it once, with a number of seconds: max-age=63072000."
    too_short = int(given["max-age"]) < A_YEAR or "includesubdomains" not in given
    if "preload" in given and too_short:
        return (
            f"directive preload needs max-age={A_YEAR} or more, and includeSubDomains."
        )
    return None


def _mend_permissions(value: str) -> str | None:
    for part in value.split(","):
        if not PERMISSION.fullmatch(part.strip()):
            return (
                f"directive {part.strip()!r} is not of the form camera=(), camera=(self)"
                ' or camera=("https://example.com"); a comma separates two.'
            )
    return None


def _mend_choice(key: str, value: str) -> str | None:
    choices = CHOICES[key]
    words = [value]
    if key == "referrer-policy":  # several: the last one that the browser knows counts
        words = [word.strip() for word in value.lower().split(",")]
    elif key in {"cross-origin-embedder-policy", "cross-origin-opener-policy"}:
        words = [re.sub(r'; *report-to="[\w.-]+"$', "", value)]
    elif key.startswith("x-"):  # of these, browsers take upper and lower case
        words = [
            next((each for each in choices if each.lower() == value.lower()), value)
        ]
    for word in words:
        if word not in choices:
            return f"there is no value {word!r}: write one of {', '.join(choices)}."
    return None


def _did_you_mean(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word.lower(), known, 1)
    return f", did you mean {close[0]}?" if close else "."


_MENDS: Mapping[str, Callable[[str], str | None]] = {
    "content-security-policy": _mend_csp,
    "content-security-policy-report-only": _mend_csp,
    "permissions-policy": _mend_permissions,
    "strict-transport-security": _mend_hsts,
}
