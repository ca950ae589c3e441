"""Validation of header names and values, when the app starts.

Werkzeug refuses a line break in a value only when the response is made, and does not
check names at all: a line break in a name is sent as another header. A browser ignores a
value that it does not understand, and nobody notices.

This file imports only the standard library.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A header's name: RFC 9110, section 5.6.2."""

PRINTABLE_LATIN_1 = re.compile(r"[ -~\xa0-\xff]*")
"""A header's value: RFC 9110, section 5.5, in the character set of WSGI (PEP 3333)."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SET_BY_SERVER = _words("""connection date keep-alive proxy-connection server status te
    trailer transfer-encoding upgrade""")

SET_BY_VIEW = _words("""accept-ranges age allow content-disposition content-encoding
    content-language content-length content-location content-md5 content-range
    content-type etag expires last-modified location set-cookie www-authenticate""")
"""Flask or a view sets these: they describe one response, not all of them."""

WELL_KNOWN = _words("""Access-Control-Allow-Credentials Access-Control-Allow-Headers
    Access-Control-Allow-Methods Access-Control-Allow-Origin
    Access-Control-Allow-Private-Network Access-Control-Expose-Headers
    Access-Control-Max-Age Cache-Control CDN-Cache-Control Clear-Site-Data
    Content-Security-Policy Content-Security-Policy-Report-Only
    Cross-Origin-Embedder-Policy Cross-Origin-Embedder-Policy-Report-Only
    Cross-Origin-Opener-Policy Cross-Origin-Opener-Policy-Report-Only
    Cross-Origin-Resource-Policy Document-Policy Document-Policy-Report-Only
    Feature-Policy Integrity-Policy Integrity-Policy-Report-Only No-Vary-Search
    Origin-Agent-Cluster Permissions-Policy Permissions-Policy-Report-Only
    Referrer-Policy Reporting-Endpoints Require-Document-Policy Server-Timing
    Service-Worker-Allowed Speculation-Rules Strict-Transport-Security
    Supports-Loading-Mode Surrogate-Control Timing-Allow-Origin X-Content-Type-Options
    X-DNS-Prefetch-Control X-Download-Options X-Frame-Options
    X-Permitted-Cross-Domain-Policies X-Robots-Tag X-XSS-Protection""")
"""Headers that browsers and caches act on. They ignore a misspelled name.

Short names, such as ``Link``, are not here: too many other names are close to them.
"""

A_YEAR = 31_536_000
"""Seconds: the minimum of https://hstspreload.org/."""

CSP_SOURCE_DIRECTIVES = _words("""base-uri child-src connect-src default-src
    fenced-frame-src font-src form-action frame-ancestors frame-src img-src manifest-src
    media-src object-src script-src script-src-attr script-src-elem style-src
    style-src-attr style-src-elem worker-src""")
"""Directives that list sources: https://www.w3.org/TR/CSP3/#csp-directives"""

CSP_DIRECTIVES = CSP_SOURCE_DIRECTIVES | _words("""report-to report-uri
    require-trusted-types-for sandbox trusted-types upgrade-insecure-requests webrtc""")

CSP_KEYWORDS = _words("""allow allow-duplicates block inline-speculation-rules none
    report-sample report-sha256 report-sha384 report-sha512 script self strict-dynamic
    trusted-types-eval unsafe-allow-redirects unsafe-eval unsafe-hashes unsafe-inline
    wasm-unsafe-eval""")
"""Words that need single quotes: https://www.w3.org/TR/CSP3/#grammardef-keyword-source"""

NONCE_OR_HASH = re.compile(r"(nonce|sha256|sha384|sha512)-[^']+")

PLACE = re.compile(
    r"[a-z][a-z0-9+.-]*:"
    r"|([a-z][a-z0-9+.-]*://)?(\*|(\*\.)?[\w-]+(\.[\w-]+)*\.?)(:(\d+|\*))?(/([^/].*)?)?",
    re.ASCII | re.IGNORECASE,
)
"""A scheme or a host: https://www.w3.org/TR/CSP3/#grammardef-host-source"""

START_OF_SOURCE = re.compile("'|(https?|wss?)://|(data|blob):")

IN_A_TABLE = "a comma", "write each source as a string of its own."
IN_A_TEXT = "a space or ;", "write a space between sources and ; between directives."
"""What may be missing between two sources, and how sources are written."""

LATIN_1 = "a value has printable Latin-1 characters only: replace it."
ONE_LINE = "a value is one line: write a long one as strings in ( ), without commas."
PUNYCODE = "write a host in Punycode (xn--...), and a path percent-encoded."

CHOICES = {
    "cross-origin-embedder-policy": "credentialless require-corp unsafe-none",
    "cross-origin-opener-policy": """noopener-allow-popups same-origin
        same-origin-allow-popups unsafe-none""",
    "cross-origin-resource-policy": "cross-origin same-origin same-site",
    "referrer-policy": """no-referrer no-referrer-when-downgrade origin
        origin-when-cross-origin same-origin strict-origin
        strict-origin-when-cross-origin unsafe-url""",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY SAMEORIGIN",
    "x-permitted-cross-domain-policies": """all by-content-type by-ftp-filename
        master-only none none-this-response""",
}
"""The allowed values of headers that have a few, by the header's name in lower case."""

PERMISSION_ITEM = r'(?:\*|self|src|"https?://[^"\s]+")'
PERMISSION = re.compile(
    rf"[a-z][a-z0-9-]*=(?:{PERMISSION_ITEM}"
    rf"|\( *(?:{PERMISSION_ITEM}(?: +{PERMISSION_ITEM})* *)?\))"
    r"(?:; *report-to=[a-z0-9_.*-]+)?"
)
"""A member of ``Permissions-Policy``, a structured dictionary (RFC 9651, section 3.2):
https://www.w3.org/TR/permissions-policy-1/#permissions-policy-http-header-field"""

DUPLICATE = "duplicate header name (names are case-insensitive): keep one."


class HeaderError(ValueError):
    """A header that cannot be sent, and how to fix it.

    ``where`` names the file or the call that has the header.
    """

    def __init__(self, where: str, name: object, value: object, hint: str) -> None:
        given = repr(value)
        given = given if len(given) <= 120 else f"{given[:120]}..."
        super().__init__(f"{where}: header {name!r}: {given}: {hint}")


def check_dict(where: str, given: object, example: str) -> None:
    """Raise a ``TypeError`` for what is not a dict."""
    if not isinstance(given, Mapping):
        msg = f"{where}: {given!r} is not a dict. Pass a dict such as {example}."
        raise TypeError(msg)


class ExactName(str):
    """A header name that is meant as it is, although it looks like a misspelled one.

    >>> (ExactName("X-Frame-Option"), "1")
    """

    __slots__ = ()


def check_name(where: str, name: object, value: object) -> None:
    """Raise a ``HeaderError`` for a name that cannot be sent, or looks misspelled."""
    if not isinstance(name, str):
        hint = "a name is a string in quotes."
    elif not TOKEN.fullmatch(name):
        hint = "a name has letters, digits and -, but no spaces and no colon."
        if bad := TOKEN.sub("", name):
            hint = character_hint(name, bad[0], hint)
    elif name.lower() in SET_BY_SERVER:
        hint = "the server sets this header: remove it."
    elif name.lower() in SET_BY_VIEW:
        hint = "this header describes one response: set it in the view."
    elif not isinstance(name, ExactName) and (meant := intended_name(name)):
        hint = f"did you mean {meant}? If not, write ExactName({name!r})."
    else:
        return
    raise HeaderError(where, name, value, hint)


def check_value(where: str, name: str, value: object) -> None:
    """Raise a ``HeaderError`` for a value that no browser would get, or understand."""
    hint: str | None = None
    if not isinstance(value, str):
        hint = "a value is a string in quotes, or an object such as RequestId() or Csp({...}); None is for overrides."
    elif bad := PRINTABLE_LATIN_1.sub("", value):
        hint = character_hint(value, bad[0], ONE_LINE if bad[0] in "\r\n" else LATIN_1)
    elif value.lower().startswith(f"{name.lower()}:"):
        hint = "the value has the name in it: remove that, and the colon."
    elif value != value.strip():
        hint = "remove the spaces around the value: they would be lost in transit."
    elif check := _HINTS.get(name.lower()):
        hint = check(value)
    if hint:
        raise HeaderError(where, name, value, hint)


def character_hint(text: str, bad: str, fix: str) -> str:
    """Return where a character is that cannot be sent, its name, and what to do."""
    name = "a line break" if bad in "\r\n" else unicodedata.name(bad, "not printable")
    return f"character {text.index(bad) + 1} is {bad!r} ({name}): {fix}"


def check_line(where: str, name: str, value: str) -> None:
    """Raise a ``HeaderError`` for a line break in a value that was built.

    It is all that is checked for each response, because it is quick.
    """
    if "\n" in value or "\r" in value:
        hint = "a value must be one line: fix the object that builds it."
        raise HeaderError(where, name, value, hint)


@lru_cache(maxsize=256)  # the same few names, in each app and each override
def intended_name(name: str) -> str | None:
    """Return the well-known name that a name is a misspelling of, if it is one."""
    known = {each.lower(): each for each in WELL_KNOWN}
    if name.lower().removeprefix("x-") in known or name.lower() in known:
        return None
    close = get_close_matches(name.lower().replace("_", "-"), known, 1, cutoff=0.88)
    return known[close[0]] if close else None


def directive_hint(name: object, words: object, layout: tuple[str, str]) -> str | None:
    """Return how to fix a directive of a Content-Security-Policy, if it needs it."""
    if name not in CSP_DIRECTIVES:
        meant = _did_you_mean(str(name), CSP_DIRECTIVES)
        return f"there is no directive {name!r}{meant}"
    if isinstance(words, str | bytes) or not isinstance(words, Sequence):
        hint: str | None = """write a list of sources, such as ["'self'", "data:"]."""
    else:
        sources = name in CSP_SOURCE_DIRECTIVES
        hints = (_word_hint(word, layout, sources=sources) for word in words)
        hint = next(filter(None, hints), None)
        if sources:
            hint = hint or _combination_hint(words)
    return f"directive {name}: {hint}" if hint else None


def _csp_hint(value: str) -> str | None:
    parts = [re.findall("[^ ]+", part) for part in value.split(";") if part.strip()]
    names = [name.lower() for name, *_ in parts]
    for name, (_, *words) in zip(names, parts, strict=True):
        if names.count(name) > 1:
            return f"directive {name} is there twice, and browsers ignore the second: keep one."
        if hint := directive_hint(name, words, IN_A_TEXT):
            return hint
    return None


def _word_hint(word: object, layout: tuple[str, str], *, sources: bool) -> str | None:
    separator, how = layout
    bare = str(word).strip("'\"`\u2018\u2019\u201c\u201d")
    if not isinstance(word, str):
        return f"{word!r} is no source: a source is a string in quotes."
    if bare.lower() in CSP_KEYWORDS or NONCE_OR_HASH.fullmatch(bare):
        hint = f"{word} needs a single quote on each side: write '{bare}'."
        return hint if word != f"'{bare}'" else None
    if bad := re.search("[^!-~]|[;,]", word):
        fix = how if bad[0].isascii() else PUNYCODE
        return f"{word!r} is not one source: {character_hint(word, bad[0], fix)}"
    is_place = PLACE.fullmatch(word) and word.count("://") < 2
    if is_place or (word and "'" not in word and not sources):
        return None
    if end := _end_of_source(word):
        return f"{separator} is missing between {word[:end]} and {word[end:]}."
    meant = _did_you_mean(bare, CSP_KEYWORDS)
    return f"there is no keyword, scheme or host {word!r}{meant}"


def _end_of_source(word: str) -> int:
    """Where the second source in a string starts, or 0 if there is none.

    Python joins strings that have no comma between them.
    """
    if word.startswith("'"):
        end = word.find("'", 1) + 1
        return end if end < len(word) else 0
    found = START_OF_SOURCE.search(word, 1)
    return found.start() if found else 0


def _combination_hint(sources: Sequence[str]) -> str | None:
    if "'none'" in sources and len(sources) > 1:
        return f"'none' cannot be combined with other sources: {' '.join(sources)}."
    trusted = any(NONCE_OR_HASH.fullmatch(source.strip("'")) for source in sources)
    if "'strict-dynamic'" in sources and not trusted:
        return "'strict-dynamic' blocks every script without a nonce or hash: add one."
    return None


def _hsts_hint(value: str) -> str | None:
    parts = [part.strip().partition("=") for part in value.split(";") if part.strip()]
    given = {name.strip().lower(): number.strip(' "') for name, _, number in parts}
    for name, _, _ in parts:
        if name.strip().lower() not in {"max-age", "includesubdomains", "preload"}:
            return f"there is no directive {name!r}: use max-age, includeSubDomains and preload, separated by ;."
    if not given.get("max-age", "").isdecimal() or len(given) < len(parts):
        return "directive max-age: write it once, in seconds: max-age=63072000."
    too_short = int(given["max-age"]) < A_YEAR or "includesubdomains" not in given
    if "preload" in given and too_short:
        return (
            f"directive preload needs max-age={A_YEAR} or more and includeSubDomains."
        )
    return None


def _permissions_hint(value: str) -> str | None:
    for part in map(str.strip, value.split(",")):
        if not PERMISSION.fullmatch(part):
            forms = 'camera=(), camera=(self) or camera=("https://example.com")'
            return f"{part!r} is not a directive: write {forms}, separated by commas."
    return None


def _choice_hint(key: str, value: str) -> str | None:
    choices = CHOICES[key].split()
    words = [value]
    if key == "referrer-policy":  # several: the last one that the browser knows counts
        words = [word.strip() for word in value.lower().split(",")]
    elif key in {"cross-origin-embedder-policy", "cross-origin-opener-policy"}:
        words = [re.sub(r'; *report-to="[\w.-]+"$', "", value)]
    elif key.startswith("x-"):  # browsers ignore the case of these
        words = [each for each in choices if each.lower() == value.lower()] or [value]
    for word in words:
        if word not in choices:
            return f"{word!r} is not allowed: use {' or '.join(choices)}."
    return None


def _did_you_mean(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word.lower(), known, 1)
    return f": did you mean {close[0]}?" if close else "."


_HINTS: Mapping[str, Callable[[str], str | None]] = {
    **{key: partial(_choice_hint, key) for key in CHOICES},
    "content-security-policy": _csp_hint,
    "content-security-policy-report-only": _csp_hint,
    "permissions-policy": _permissions_hint,
    "strict-transport-security": _hsts_hint,
}
