"""The nonce of a page: the value that its own scripts and styles carry.

A Content-Security-Policy that names the nonce lets these run, and nothing else: an
attacker cannot know it. https://www.w3.org/TR/CSP3/#security-nonces
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Literal

from flask import request

from .csp import HEADER, UPGRADE, Csp, amend, mounted_at
from .https import over_https
from .validation import HeaderError
from .values import Computed, Decided

if TYPE_CHECKING:
    from flask import Flask, Request, Response

    from .csp import Amendments, Directives
    from .values import Value

Kind = Literal["page", "page with nonce", "no page"]

NONCE = "'nonce-{nonce}'"
"""Stands in ``policy.py`` for the nonce of the page."""

_BYTES = 16  # 128 bits, the least that CSP 3 recommends (section 7.1)
_KEY = "app.csp_nonce"
_POLICY = "policy.py"


def csp_nonce() -> str:
    """Return the nonce of the current request, made when it is first asked for.

    A template writes it as the attribute ``nonce`` of its scripts and styles.
    """
    # The object is quicker to ask than the proxy that stands for it.
    return _nonce_of(request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


def _nonce_of(request: Request) -> str:
    environ = request.environ
    if _KEY not in environ:
        environ[_KEY] = secrets.token_hex(_BYTES)
    nonce: str = environ[_KEY]
    return nonce


def init_app(app: Flask) -> None:
    """Give ``csp_nonce()`` to the app's templates."""
    app.add_template_global(csp_nonce)


def is_page(response: Response) -> bool:
    """Whether a response is HTML, which a browser shows as a page."""
    kind = response.headers.get("Content-Type", "")
    if kind == "text/html; charset=utf-8":  # as Flask writes it, and quick to tell
        return True
    return response.mimetype in {"text/html", "application/xhtml+xml"}


def has_nonce(page: Response, request: Request) -> bool:
    """Whether a page has a nonce, or is to have one.

    The template of a streamed page runs after the headers are sent: it gets one in any
    case. A static file (``direct_passthrough``) has none. The pages that Flask makes for
    errors look streamed, too, but their length is known.
    """
    if page.direct_passthrough:
        return False
    if _KEY in request.environ:
        return True
    return page.is_streamed and page.content_length is None


def kind_of(response: Response, request: Request) -> Kind:
    """Tell what a response is as far as a nonce goes; this decides values."""
    if not is_page(response):
        return "no page"
    return "page with nonce" if has_nonce(response, request) else "page"


def is_unchanged_page(response: Response, _request: Request) -> bool:
    """Whether a response may say (304) that a page is unchanged; this decides values."""
    return response.status_code == 304 and (
        is_page(response) or "ETag" not in response.headers
    )


class WithNonce(Computed):
    """A text in which the nonce of each request takes its place."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value_for(self, _response: Response, request: Request) -> str:
        """Return the text with the nonce."""
        return self._text.replace("{nonce}", _nonce_of(request))


class PageCsp(Decided):
    """A policy for pages, what a page with a nonce has instead, one for all the rest.

    Raises:
        HeaderError: a directive or a source would not be understood, or the nonce
            stands where there is none.
    """

    facts = (kind_of, is_unchanged_page, over_https, mounted_at)

    def __init__(
        self,
        pages: Directives,
        with_nonce: Directives,
        others: Directives,
        *,
        upgrade: bool = True,
    ) -> None:
        for directives in (pages, others):
            _refuse_nonce(directives)
        self._tables = pages, with_nonce, others
        self._upgrade = upgrade
        self._policies = {
            "page": Csp(pages, upgrade=upgrade),
            "page with nonce": Csp({**pages, **with_nonce}, upgrade=upgrade),
            "no page": Csp(others, upgrade=upgrade),
        }

    def value_of(
        self,
        kind: Kind,
        unchanged: bool,  # noqa: FBT001 - a fact
        *facts: Any,
    ) -> str | Computed | None:
        """Return the policy for a kind of response.

        A page that has not changed (304) gets none: the browser shows the page it has,
        under the policy that came with it. Another one would update that (RFC 9111,
        section 3.2), and with it the nonce that the page's scripts carry.
        """
        if unchanged:
            return None
        text = self._policies[kind].value_of(*facts)
        return WithNonce(text) if text and kind == "page with nonce" else text

    def amended(self, amendments: Amendments) -> PageCsp:
        """A policy with directives changed, for pages and for all the rest.

        Raises:
            HeaderError: a directive or a source would not be understood.
        """
        pages, with_nonce, others = self._tables
        whole = amend({**pages, **with_nonce}, amendments)
        changed = {name: whole[name] for name in with_nonce if name in whole}
        upgrade = self._upgrade and amendments.get(UPGRADE, ()) is not None
        return PageCsp(
            amend(pages, amendments),
            changed,
            amend(others, amendments),
            upgrade=upgrade,
        )


def to_try_out(directives: Directives, reports: Directives) -> list[tuple[str, Value]]:
    """Make the row of Content-Security-Policy-Report-Only, none without directives.

    It goes out with pages. Where a page has no nonce, what relies on one allows nothing.

    Raises:
        HeaderError: a directive or a source would not be understood.
    """
    if not directives:
        return []
    whole = {**directives, **reports}
    plain = {
        name: ["'none'"] if NONCE in words else words for name, words in whole.items()
    }
    return [(f"{HEADER}-Report-Only", PageCsp(plain, whole, {}, upgrade=False))]


def _refuse_nonce(directives: Directives) -> None:
    for name, words in directives.items():
        if NONCE in words:
            mend = (
                f"directive {name}: NONCE stands in WITH_NONCE only, the rest has none."
            )
            raise HeaderError(_POLICY, HEADER, words, mend)


class PageCaching(Decided):
    """Cache-Control for pages: one with a nonce is not kept, any other is asked again.

    A page that a cache keeps would show its nonce to whoever gets it from there. All
    but pages goes without, static files have Flask's own.
    """

    facts = (kind_of,)

    def value_of(self, kind: Kind) -> str | None:
        """Return what caches may do with a response of a kind."""
        return {"page": "no-cache", "page with nonce": "no-store"}.get(kind)
