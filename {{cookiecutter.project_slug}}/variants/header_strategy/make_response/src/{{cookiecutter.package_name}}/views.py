"""The app's routes. Add yours here."""

from __future__ import annotations

from flask import Blueprint, Response, make_response

from .first_page import first_page

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> Response:
    """Say hello, with one header more than the policy has."""
    response = make_response(*first_page())
    response.headers["Content-Language"] = "en"
    return response


@bp.get("/health")
def health() -> tuple[str, dict[str, str]]:
    """Liveness endpoint.

    It checks no dependencies: restarting the app would not fix a database outage.
    """
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}
