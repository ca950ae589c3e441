"""A route for whoever watches the app: it answers as long as the app does.

It asks nothing of anything else: where a database is away, starting the app anew would
not bring it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from flask import Flask

bp = Blueprint("health", __name__)


@bp.get("/health")
def health() -> tuple[str, dict[str, str]]:
    """Say that the app answers."""
    return "ok\n", {"Content-Type": "text/plain; charset=utf-8"}


def init_app(app: Flask) -> None:
    """Add the route."""
    app.register_blueprint(bp)
