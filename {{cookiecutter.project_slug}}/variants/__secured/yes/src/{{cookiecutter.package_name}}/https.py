"""What goes out over HTTPS only, and how the app knows that it is asked over HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from .validation import check_header
from .values import Decided

if TYPE_CHECKING:
    from flask import Flask, Request, Response


def over_https(_response: Response, request: Request) -> bool:
    """Whether the request came over HTTPS; this decides values."""
    return request.is_secure


class HttpsOnly(Decided):
    """A header that is sent over HTTPS only: over HTTP browsers must ignore it.

    For Strict-Transport-Security: RFC 6797, section 7.2.

    Raises:
        HeaderError: the value cannot be sent.
    """

    facts = (over_https,)

    def __init__(self, name: str, value: str) -> None:
        check_header("policy.py", name, value)
        self._value = value

    def value_of(self, https: bool) -> str | None:  # noqa: FBT001 - a fact
        """Return the value where the request came over HTTPS."""
        return self._value if https else None


def init_app(app: Flask) -> None:
    """Believe as many proxies as ``PROXY_HOPS`` says, none where it says nothing.

    A proxy tells the scheme and the address of its client in ``X-Forwarded-Proto`` and
    ``X-Forwarded-For``. Anyone can send these: only those that the app's own proxies
    have added, the last ones, count.
    https://werkzeug.palletsprojects.com/middleware/proxy_fix/

    Raises:
        ValueError: ``PROXY_HOPS`` is no whole number from 0.
    """
    hops = app.config.get("PROXY_HOPS", 0)
    if type(hops) is not int or hops < 0:
        msg = f"FLASK_PROXY_HOPS is {hops!r}: write how many proxies stand before the app, 0 or more."
        raise ValueError(msg)
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
