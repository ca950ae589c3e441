"""The proxies before the app: how many there are, and what is believed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from flask import Flask


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


def is_behind_one(app: Flask) -> bool:
    """Whether there is a proxy that is believed."""
    return bool(app.config.get("PROXY_HOPS"))
