"""Trust ``X-Forwarded-*`` from a configured number of proxies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from .response_headers import TrustRequestId

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Trust as many proxies as ``PROXY_HOPS`` says. The default is none.

    A proxy sends the scheme and the address of its client, and an id of the request.
    Clients can send the same headers, so only the last values count, those that the
    app's own proxies added.
    https://werkzeug.palletsprojects.com/middleware/proxy_fix/

    Raises:
        ValueError: ``PROXY_HOPS`` is not a whole number of 0 or more.
    """
    hops = app.config.get("PROXY_HOPS", 0)
    if type(hops) is not int or hops < 0:
        msg = f"FLASK_PROXY_HOPS is {hops!r}: set it to the number of proxies in front of the app, 0 or more."
        raise ValueError(msg)
    if hops:
        trusting = TrustRequestId(ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops))
        app.wsgi_app = trusting  # type: ignore[method-assign]
