"""The app's routes. Add yours here."""

from __future__ import annotations

from flask import Blueprint
from flask.wrappers import Response as Page

from .first_page import first_page

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> Page:
    """Say hello, with one header more than the policy has."""
    page = Page(*first_page())
    page.headers["Content-Language"] = "en"
    return page


@bp.get("/health")
def health() -> tuple[str, dict[str, str]]:
    """Liveness endpoint.

    It checks no dependencies: restarting the app would not fix a database outage.
    """
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}
