"""The app's first answer."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("views", __name__)


@bp.get("/")
def hello() -> tuple[dict[str, str], dict[str, str]]:
    """Say hello, with a header of this answer's own."""
    return {"message": "Hello World"}, {"Content-Language": "en"}
