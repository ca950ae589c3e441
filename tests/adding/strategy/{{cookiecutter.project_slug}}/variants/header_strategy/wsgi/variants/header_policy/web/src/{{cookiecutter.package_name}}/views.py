"""The app's first page."""

from __future__ import annotations

from flask import Blueprint, render_template
from werkzeug.wrappers import Response as Page

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> Page:
    """Say hello, with a header of this page's own."""
    page = Page(render_template("hello.html"), mimetype="text/html")
    page.headers["Content-Language"] = "en"
    return page
