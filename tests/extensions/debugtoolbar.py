"""Flask-DebugToolbar: https://flask-debugtoolbar.readthedocs.io/en/latest/."""

from __future__ import annotations

import re

from flask import Blueprint, redirect
from flask_debugtoolbar import DebugToolbarExtension
from flask_debugtoolbar.panels.versions import VersionDebugPanel

from . import policy
from .response_headers import csp_nonce, override_blueprint_headers

DEBUG = True

toolbar = DebugToolbarExtension()
bp = Blueprint("pages", __name__)


@bp.get("/page")
def page():
    return "<!doctype html><html><body><h1>Hello</h1></body></html>"


@bp.get("/away")
def away():
    return redirect("/page")


def add_nonces(response):
    """Give the toolbar's scripts the nonce, and take its style attributes away."""
    if response.mimetype == "text/html" and response.is_sequence:
        page, found, bar = response.get_data(as_text=True).partition(
            '<div id="flDebug"'
        )
        if found:
            bar = bar.replace("<script", f'<script nonce="{csp_nonce()}"')
            bar = re.sub(' style="display: ?none;"', " hidden", bar)
            bar = bar.replace(' style="width:20%"', ' width="20%"')
            response.set_data(page + found + bar)
    return response


def init_app(app):
    if app.debug:
        app.after_request(add_nonces)  # before the toolbar, so that it runs after it
        toolbar.init_app(app)
        bp_of_toolbar = app.blueprints["debugtoolbar"]
        override_blueprint_headers(bp_of_toolbar, policy.EXTENSION_PAGES)
    app.register_blueprint(bp)


def check(wire):
    # For each page it reads what every installed package says of itself.
    VersionDebugPanel.has_content = False
    assert 'id="flDebug"' in wire("GET", "/page").text
    assert 'id="flDebug"' in wire("GET", "/away").text
    page = wire("GET", "/")
    nonce = page.text.partition('id="flDebug"')[2].partition('nonce="')[2][:32]
    assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
    wire("GET", "/_debug_toolbar/static/js/toolbar.js")
