"""An app in which everything sets headers, and the command run on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, Flask, session
from my_flask_app.response_headers import (
    HttpsOnly,
    ResponseHeaders,
    Value,
    override_blueprint_headers,
    override_headers,
)

if TYPE_CHECKING:
    from click.testing import Result

Run = Callable[..., "Result"]

NAME, VALUE = "X-Own", "its value"
"""A header of the policy that is sent with every response."""

POLICY: list[tuple[str, Value]] = [
    (NAME, VALUE),
    ("X-Secure", HttpsOnly("1")),
    ("Vary", "X-Asked"),
    ("Cache-Control", "no-store"),
]


def bare_app(**options: Any) -> Flask:
    """Make an app with one page and without a policy."""
    app = Flask(__name__, **{"static_folder": "../static"} | options)
    app.secret_key = "only for this test"  # noqa: S105
    app.add_url_rule("/", "hello", lambda: "Hello World")
    return app


def add_policy(app: Flask) -> Flask:
    """Let an app send the policy."""
    ResponseHeaders(POLICY, where="policy").init_app(app)
    return app


def make_app(**options: Any) -> Flask:
    """Make an app with one page and a policy."""
    return add_policy(bare_app(**options))


def change_headers(app: Flask, change: Callable[[list[Any]], list[Any]]) -> None:
    """Add a middleware around the app, which changes the headers."""
    inner = app.wsgi_app

    def middleware(environ: Any, start: Any) -> Any:
        def start_changed(status: str, rows: list[Any], *more: Any) -> Any:
            return start(status, change(rows), *more)

        return inner(environ, start_changed)

    app.wsgi_app = middleware  # type: ignore[method-assign,assignment]


def without(name: str) -> Callable[[list[Any]], list[Any]]:
    """Return a change that removes a header."""
    return lambda rows: [row for row in rows if row[0] != name]


def log_in() -> str:
    session["user"] = "1"
    return ""


@pytest.fixture
def app() -> Flask:
    """Make an app with a blueprint in which everything sets headers."""
    app = make_app()
    bp = Blueprint("shop", __name__, url_prefix="/shop")
    override_blueprint_headers(bp, {"X-Blueprint": "1"})
    override = override_headers({"X-Route": "1"})

    def view(**_: Any) -> tuple[str, dict[str, str]]:
        return "", {"X-View": "1", "Vary": "Accept"}

    bp.add_url_rule("/", "view", override(view))
    bp.add_url_rule("/item/<int:number>", "item", view)
    bp.add_url_rule("/buy", "buy", view, methods=["POST"])
    bp.add_url_rule("/log-in", "log_in", log_in)
    app.register_blueprint(bp)
    return app


@pytest.fixture
def run(app: Flask) -> Run:
    """Return a function that runs ``flask headers`` on the app."""

    def run_one(*command: str, **options: Any) -> Result:
        return app.test_cli_runner().invoke(args=["headers", *command], **options)

    return run_one
