"""Trust the headers of a configured number of proxies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from .request_id import TrustRequestId

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Trust as many proxies as ``PROXY_HOPS`` says, by default none.

    They set the scheme and the address of the client in ``X-Forwarded-Proto`` and
    ``X-Forwarded-For``. Anyone can send these, so only the last values count, which the
    app's own proxies have added. The ID of a request is taken from ``X-Request-ID``.
    https://werkzeug.palletsprojects.com/middleware/proxy_fix/

    Raises:
        ValueError: ``PROXY_HOPS`` is not a whole number, or is negative.
    """
    hops = app.config.get("PROXY_HOPS", 0)
    if type(hops) is not int or hops < 0:
        msg = f"FLASK_PROXY_HOPS is {hops!r}: use the number of proxies in front of the app, 0 or more."
        raise ValueError(msg)
    if hops:
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)
        app.wsgi_app = TrustRequestId(proxied)  # type: ignore[method-assign]
