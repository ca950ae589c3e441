"""Flask-DebugToolbar: https://flask-debugtoolbar.readthedocs.io/en/latest/."""

from __future__ import annotations

from flask import Blueprint, redirect
from flask_debugtoolbar import DebugToolbarExtension

DEBUG = True

toolbar = DebugToolbarExtension()
bp = Blueprint("pages", __name__)


@bp.get("/page")
def page():
    return "<!doctype html><html><body><h1>Hello</h1></body></html>"


@bp.get("/away")
def away():
    return redirect("/page")


def init_app(app):
    toolbar.init_app(app)
    app.register_blueprint(bp)


def check(wire):
    assert 'id="flDebug"' in wire("GET", "/page").text
    assert 'id="flDebug"' in wire("GET", "/away").text
    wire("GET", "/_debug_toolbar/static/js/toolbar.js")
