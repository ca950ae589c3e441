"""Flask-Session: https://flask-session.readthedocs.io/en/latest/."""

from __future__ import annotations

import tempfile

from cachelib.file import FileSystemCache
from flask import Blueprint, session
from flask_session import Session

CONFIG = {
    "SESSION_TYPE": "cachelib",
    "SESSION_CACHELIB": FileSystemCache(tempfile.mkdtemp()),
}

bp = Blueprint("sessions", __name__)


@bp.post("/set")
def set_key():
    session["key"] = "value"
    return "ok"


@bp.get("/get")
def get_key():
    return session.get("key", "not set")


@bp.post("/clear")
def clear():
    session.clear()
    return "ok"


def init_app(app):
    Session(app)
    app.register_blueprint(bp)


def check(wire):
    assert wire("GET", "/get").text == "not set"
    (cookie,) = wire("POST", "/set").headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {*cookie.split("; ")}
    assert wire("GET", "/get").text == "value"
    wire("POST", "/clear")
    assert wire("GET", "/get").text == "not set"
