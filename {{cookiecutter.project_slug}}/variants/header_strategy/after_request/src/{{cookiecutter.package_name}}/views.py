"""The app's routes. Add yours here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, after_this_request

from .first_page import first_page

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> ResponseReturnValue:
    """Say hello, with one header more than the policy has."""

    @after_this_request
    def add_language(response: Response) -> Response:
        response.headers["Content-Language"] = "en"
        return response

    return first_page()


@bp.get("/health")
def health() -> tuple[str, dict[str, str]]:
    """Liveness endpoint.

    It checks no dependencies: restarting the app would not fix a database outage.
    """
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}
