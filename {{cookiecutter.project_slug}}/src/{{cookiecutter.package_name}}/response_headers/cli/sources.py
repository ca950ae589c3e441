"""Sources of a Content-Security-Policy: what one matches, and which one a URL needs.

https://www.w3.org/TR/CSP3/#match-url-to-source-list
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..csp import fallbacks
from ..validation import NONCE_OR_HASH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from urllib.parse import SplitResult

KEYWORDS = {
    "blob": "blob:",
    "data": "data:",
    "eval": "'unsafe-eval'",
    "inline": "'unsafe-inline'",
    "wasm-eval": "'wasm-unsafe-eval'",
}
"""What browsers report in place of a URL, and the source that allows it."""

_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_ALSO = {"http": ["https"], "ws": ["wss", "http", "https"], "wss": ["https"]}
"""The schemes that a source with a scheme allows besides its own."""

_SELF = {"http": ["http", "https", "ws", "wss"], "https": ["https", "wss"]}
"""The schemes that ``'self'`` allows on a page."""

_URL = re.compile(
    r"(https?|wss?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?([/?#][!-~]*)?",
    re.ASCII | re.IGNORECASE,
)
_SOURCE = re.compile(r"(?:([a-zA-Z]+)://)?((?:\*\.)?[\w.-]+)(?::(\d+|\*))?(/.*)?")
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


def parse_url(text: str) -> SplitResult | None:
    """Return the parts of a URL with a host, ``None`` for anything else.

    It is stricter than browsers are, which report no other form.
    """
    with suppress(ValueError):  # the port, or an IPv6 address
        if _URL.fullmatch(text) and urlsplit(text).port != 0:
            return urlsplit(text)
    return None


def parse_policy(header: str) -> dict[str, list[str]]:
    """Return the sources of each directive of a header."""
    parts = (part.split() for part in header.split(";"))
    return {name.lower(): words for name, *words in filter(None, parts)}


def sources_of(
    directives: Mapping[str, Sequence[str]], directive: str
) -> Sequence[str] | None:
    """Return the sources that hold for a directive, ``None`` if everything is allowed."""
    names = [directive, *fallbacks(directive)]
    return next((directives[name] for name in names if name in directives), None)


def source_for(blocked: str, page: SplitResult) -> str | None:
    """Return the narrowest source that allows what was blocked, if there is one."""
    url = parse_url(blocked)
    if url is None:
        return KEYWORDS.get(blocked)
    if _matches("'self'", url, page):
        return "'self'"
    if not _HOST.fullmatch(url.hostname or ""):
        return None
    port = "" if _port(url) == _PORTS[url.scheme] else f":{url.port}"
    return f"{url.scheme}://{url.hostname}{port}"


def allows(sources: Sequence[str] | None, blocked: str, page: SplitResult) -> bool:
    """Whether sources allow what was blocked on a page, were it not for a nonce."""
    if sources is None:
        return True
    dynamic = "'strict-dynamic'" in sources  # no host and no inline script beside it
    if url := parse_url(blocked):
        return not dynamic and any(_matches(each, url, page) for each in sources)
    if blocked == "inline":
        hashes = any(NONCE_OR_HASH.fullmatch(each.strip("'")) for each in sources)
        return "'unsafe-inline'" in sources and not hashes and not dynamic
    if blocked == "wasm-eval" and "'unsafe-eval'" in sources:
        return True
    return KEYWORDS.get(blocked) in sources


def _matches(source: str, url: SplitResult, page: SplitResult) -> bool:
    if source == "'self'":
        ports = {_port(url), _port(page)}
        same = len(ports) == 1 or ports == {"80", "443"}
        same_host = url.hostname == page.hostname and same
        return same_host and url.scheme in _SELF.get(page.scheme, ())
    found = _SOURCE.fullmatch(source)
    if source == "*" or not found:
        return source == "*" or url.scheme in _schemes(source.rstrip(":").lower())
    scheme, host, port, path = found.groups(default="")
    name, url_path = url.hostname or "", url.path or "/"
    return (
        url.scheme in _schemes(scheme.lower() or page.scheme)
        and (
            name.endswith(host[1:].lower()) if host[0] == "*" else name == host.lower()
        )
        and (port or _PORTS[url.scheme]) in {_port(url), "*"}
        and (path in {"", url_path} or (path[-1] == "/" and url_path.startswith(path)))
    )


def _schemes(allowed: str) -> list[str]:
    return [allowed, *_ALSO.get(allowed, ())]


def _port(url: SplitResult) -> str:
    return str(url.port or _PORTS[url.scheme])
