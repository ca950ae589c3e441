"""The app's first page."""

from __future__ import annotations

from flask import Blueprint, Response, after_this_request

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> str:
    """Say hello, with a header of this page's own."""

    @after_this_request
    def add_language(response: Response) -> Response:
        response.headers["Content-Language"] = "en"
        return response

    return "Hello World"
