"""The app's first page."""

from __future__ import annotations

from flask import Blueprint, Response

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> Response:
    """Say hello, with a header of this page's own."""
    response = Response("Hello World")
    response.headers["Content-Language"] = "en"
    return response
