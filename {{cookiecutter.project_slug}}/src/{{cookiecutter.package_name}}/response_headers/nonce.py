"""The nonce of a page, and the headers that depend on it.

A Content-Security-Policy with a nonce lets only those scripts and styles run that carry
it, and an attacker cannot guess it. https://www.w3.org/TR/CSP3/#security-nonces
"""

from __future__ import annotations

import secrets
from copy import deepcopy
from typing import TYPE_CHECKING, Literal

from flask import request

from .csp import HEADER, NONCE, UPGRADE, amend, check_directives, render
from .values import CachedValue, DynamicValue, is_secure, script_root

if TYPE_CHECKING:
    from flask import Request, Response

    from .csp import Amendments, Directives
    from .values import Value

PageKind = Literal["page", "page with nonce", "script", "no page"]

_PAGES = {"text/html", "application/xhtml+xml"}
_SCRIPTS = {"text/javascript", "application/javascript", "application/x-javascript"}

_BYTES = 16  # 128 bits: the minimum of CSP 3, section 7.1
_KEY = "response_headers.csp_nonce"


def csp_nonce() -> str:
    """Return the nonce of the current request. It is made on first use.

    A template writes it into the ``nonce`` attribute of its scripts and styles.
    """
    # The object is quicker than the proxy that stands for it.
    return _nonce_of(request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


def is_page(response: Response) -> bool:
    """Whether a response is HTML, which a browser shows as a page."""
    content_type = response.headers.get("Content-Type", "")
    if content_type == "text/html; charset=utf-8":  # Flask's own, and quick to compare
        return True
    return _media_type(content_type) in _PAGES


def has_nonce(page: Response, request: Request) -> bool:
    """Whether a page has a nonce, or may get one.

    A streamed template runs after the headers are sent, so it may. A file
    (``direct_passthrough``) has none. Flask's error pages look streamed, but have a
    length.
    """
    if page.direct_passthrough:
        return False
    if _KEY in request.environ:
        return True
    return page.is_streamed and page.content_length is None


def page_kind(response: Response, request: Request) -> PageKind:
    """Return what a response is with regard to its policy: a cache key."""
    if is_page(response):
        return "page with nonce" if has_nonce(response, request) else "page"
    media_type = _media_type(response.headers.get("Content-Type", ""))
    return "script" if media_type in _SCRIPTS else "no page"


def is_not_modified(response: Response, _request: Request) -> bool:
    """Whether the browser is told to use the response that it has: a cache key."""
    return response.status_code == 304


class PageCsp(CachedValue):
    """A policy for pages, the directives of pages with a nonce, and one for the rest.

    ``scripts`` are the directives of JavaScript files beside those of the rest. They are
    for workers, whose policy is that of the response with their script:
    https://www.w3.org/TR/CSP3/#initialize-global-object-csp

    Raises:
        HeaderError: browsers would ignore a directive or a source, or the nonce is in
            a policy for responses that have none.
    """

    vary_on = (page_kind, is_not_modified, is_secure, script_root)

    def __init__(
        self,
        pages: Directives,
        with_nonce: Directives,
        others: Directives,
        scripts: Directives | None = None,
        *,
        upgrade: bool = True,
    ) -> None:
        check_directives("PageCsp(pages)", pages)
        check_directives("PageCsp(with_nonce)", with_nonce, nonce=True)
        check_directives("PageCsp(others)", others)
        check_directives("PageCsp(scripts)", scripts or {})
        self._upgrade = upgrade
        tables: dict[PageKind, Directives] = {
            "page": pages,
            "page with nonce": {**pages, **with_nonce},
            "no page": others,
            "script": {**others, **(scripts or {})},
        }
        self._tables = deepcopy(tables)

    def build(
        self,
        kind: PageKind,
        not_modified: bool,  # noqa: FBT001 - a cache key
        https: bool,  # noqa: FBT001
        root: str,
    ) -> str | DynamicValue | None:
        """Return the policy for a kind of response.

        A 304 gets none. The browser uses the page that it has, and its policy: another
        one would replace that (RFC 9111, section 3.2), and with it the nonce.
        """
        if not_modified:
            return None
        text = render(self._tables[kind], root, https=https, upgrade=self._upgrade)
        return _WithNonce(text) if text and kind == "page with nonce" else text

    def amended(self, amendments: Amendments) -> PageCsp:
        """Return this policy with some directives changed, for all responses.

        Raises:
            HeaderError: browsers would ignore a directive or a source.
        """
        upgrade = self._upgrade and amendments.get(UPGRADE, ()) is not None
        tables = [amend(table, amendments) for table in self._tables.values()]
        return PageCsp(*tables, upgrade=upgrade)


def report_only(directives: Directives, reports: Directives) -> list[tuple[str, Value]]:
    """Make the row of ``Content-Security-Policy-Report-Only``: none without directives.

    It is sent with pages. On a page without a nonce, a directive that needs one is
    ``'none'``.

    Raises:
        HeaderError: browsers would ignore a directive or a source.
    """
    check_directives("report_only()", directives, nonce=True)
    if not directives:
        return []
    whole = {**directives, **reports}
    plain = {
        name: ["'none'"] if NONCE in words else words for name, words in whole.items()
    }
    return [(f"{HEADER}-Report-Only", PageCsp(plain, whole, {}, upgrade=False))]


class PageCaching(CachedValue):
    """``Cache-Control`` for pages: ``no-store`` with a nonce, otherwise ``no-cache``.

    A cached page would show its nonce to everyone. Other responses get no such header.
    """

    vary_on = (page_kind,)

    def build(self, kind: PageKind) -> str | None:
        """Return what caches may do with a kind of response."""
        return {"page": "no-cache", "page with nonce": "no-store"}.get(kind)


class _WithNonce(DynamicValue):
    """A string with a placeholder for the nonce of each request."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_value(self, _response: object, request: Request) -> str:
        """Return the string with the nonce."""
        return self._text.replace("{nonce}", _nonce_of(request))


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _nonce_of(request: Request) -> str:
    environ = request.environ
    if _KEY not in environ:
        environ[_KEY] = secrets.token_hex(_BYTES)
    nonce: str = environ[_KEY]
    return nonce
