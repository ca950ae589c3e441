"""The nonce of a page: the value that its own scripts and styles carry.

A Content-Security-Policy that names the nonce lets these run, and nothing else: an
attacker cannot know it. https://www.w3.org/TR/CSP3/#security-nonces
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from flask import request

from .csp import HEADER, UPGRADE, Csp, amend
from .validation import HeaderError
from .values import Computed

if TYPE_CHECKING:
    from flask import Flask, Response

    from .csp import Amendments, Directives

NONCE = "'nonce-{nonce}'"
"""Stands in ``policy.py`` for the nonce of the page."""

_BYTES = 16  # 128 bits, the least that CSP 3 recommends (section 7.1)
_KEY = "app.csp_nonce"
_POLICY = "policy.py"


def csp_nonce() -> str:
    """Return the nonce of the current request, made when it is first asked for.

    A template writes it as the attribute ``nonce`` of its scripts and styles.
    """
    environ = request.environ
    if _KEY not in environ:
        environ[_KEY] = secrets.token_urlsafe(_BYTES)
    nonce: str = environ[_KEY]
    return nonce


def init_app(app: Flask) -> None:
    """Give ``csp_nonce()`` to the app's templates."""
    app.add_template_global(csp_nonce)


def is_page(response: Response) -> bool:
    """Whether a response is HTML, which a browser shows as a page."""
    return response.mimetype in {"text/html", "application/xhtml+xml"}


def has_nonce(response: Response) -> bool:
    """Whether a page has a nonce, or is to have one.

    The template of a streamed page runs after the headers are sent: it gets one in any
    case. A static file (``direct_passthrough``) has none. The pages that Flask makes for
    errors look streamed, too, but their length is known.
    """
    if not is_page(response) or response.direct_passthrough:
        return False
    streamed = response.is_streamed and response.content_length is None
    return streamed or _KEY in request.environ


class PageCsp(Computed):
    """A policy for pages, what a page with a nonce has instead, one for all the rest.

    Raises:
        HeaderError: a directive or a source would not be understood, or the nonce
            stands where there is none.
    """

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
        self._pages = Csp(pages, upgrade=upgrade)
        self._with_nonce = Csp({**pages, **with_nonce}, upgrade=upgrade)
        self._others = Csp(others, upgrade=upgrade)

    def value_for(self, response: Response) -> str | None:
        """Return the policy for a response.

        A page that has not changed (304) gets none: the browser shows the page it has,
        under the policy that came with it. Another one would update that (RFC 9111,
        section 3.2), and with it the nonce that the page's scripts carry.
        """
        is_file = not is_page(response) and "ETag" in response.headers
        if response.status_code == 304 and not is_file:
            return None
        if not is_page(response):
            return self._others.text()
        if not has_nonce(response):
            return self._pages.text()
        text = self._with_nonce.text()
        return text and text.replace("{nonce}", csp_nonce())

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


def to_try_out(directives: Directives, reports: Directives) -> PageCsp:
    """Make a policy for Content-Security-Policy-Report-Only, none without directives.

    It goes out with pages. Where a page has no nonce, what relies on one allows nothing.

    Raises:
        HeaderError: a directive or a source would not be understood.
    """
    whole = {**directives, **reports} if directives else {}
    plain = {
        name: ["'none'"] if NONCE in words else words for name, words in whole.items()
    }
    return PageCsp(plain, whole, {}, upgrade=False)


def _refuse_nonce(directives: Directives) -> None:
    for name, words in directives.items():
        if NONCE in words:
            mend = (
                f"directive {name}: NONCE stands in WITH_NONCE only, the rest has none."
            )
            raise HeaderError(_POLICY, HEADER, words, mend)


class PageCaching(Computed):
    """Cache-Control for pages: one with a nonce is not kept, any other is asked again.

    A page that a cache keeps would show its nonce to whoever gets it from there. All
    but pages goes without, static files have Flask's own.
    """

    def value_for(self, response: Response) -> str | None:
        """Return what caches may do with a response."""
        if not is_page(response):
            return None
        return "no-store" if has_nonce(response) else "no-cache"
