"""Flask-Talisman on top: https://github.com/wntrblm/flask-talisman."""

from __future__ import annotations

from flask_talisman import Talisman

talisman = Talisman()


def init_app(app):
    talisman.init_app(app)


def check(wire):
    home = wire("GET", "/")
    assert (
        home.headers["Content-Security-Policy"]
        == "default-src 'self'; object-src 'none'"
    )
    wire("GET", "/missing", 404)
    assert wire("GET", "/", 302, base_url="http://localhost").headers["Location"]
