"""The app's first answer."""

from __future__ import annotations

from flask import Blueprint, Response, after_this_request

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> dict[str, str]:
    """Say hello, with a header of this answer's own."""

    @after_this_request
    def add_language(response: Response) -> Response:
        response.headers["Content-Language"] = "en"
        return response

    return {"message": "Hello World"}
