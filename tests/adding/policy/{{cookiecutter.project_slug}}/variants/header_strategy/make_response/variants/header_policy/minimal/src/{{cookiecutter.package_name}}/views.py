"""The app's first page."""

from __future__ import annotations

from flask import Blueprint, Response, make_response

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> Response:
    """Say hello, with a header of this page's own."""
    response = make_response("Hello World")
    response.headers["Content-Language"] = "en"
    return response
