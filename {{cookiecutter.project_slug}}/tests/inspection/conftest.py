"""An app with one of everything that sets headers, and the command run on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, Flask, Request, Response, session

from {{ cookiecutter.package_name }} import asked, headers, inspection, precedence
from {{ cookiecutter.package_name }}.overrides import (
    override_blueprint_headers,
    override_headers,
)
from {{ cookiecutter.package_name }}.values import Computed, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

NAME, VALUE = "X-Own", "its value"
"""A header of the policy that goes out everywhere."""


class OverHttps(Computed):
    """A value that goes out over HTTPS only."""

    def value_for(self, _response: Response, request: Request) -> str | None:
        """Return the value where the request came over HTTPS."""
        return "1" if request.is_secure else None


POLICY: list[tuple[str, Value]] = [
    (NAME, VALUE),
    ("X-Secure", OverHttps()),
    ("Vary", "X-Asked"),
    ("Cache-Control", "no-store"),
]


def new_app(**options: Any) -> Flask:
    """Make an app that has nothing but the command and a policy that these tests know."""
    options = {"static_folder": "../static"} | options
    app = headers.new_app(inspection.__name__, **options)
    app.config.from_mapping({"SECRET_KEY": "secret"})
    app.add_url_rule("/", "hello", lambda: "Hello World")
    inspection.init_app(app)
    precedence.init_app(app, POLICY)
    return app


def change_headers(app: Flask, change: Callable[[list[Any]], list[Any]]) -> None:
    """Put a middleware around the app, which changes the headers."""
    inner = app.wsgi_app

    def middleware(environ: Any, start: Any) -> Any:
        def start_changed(status: str, rows: list[Any], *more: Any) -> Any:
            return start(status, change(rows), *more)

        return inner(environ, start_changed)

    app.wsgi_app = middleware  # type: ignore[method-assign,assignment]


@pytest.fixture
def app() -> Flask:
    """Make an app with a blueprint in which everything sets headers."""
    app = new_app()
    bp = Blueprint("shop", __name__, url_prefix="/shop")
    override_blueprint_headers(bp, {"X-Blueprint": "1"})
    override = override_headers({"X-Route": "1"})

    def view(**_: Any) -> tuple[str, dict[str, str]]:
        return "", {"X-View": "1", "Vary": "Accept"}

    def log_in() -> str:
        session["user"] = "1"
        return ""

    bp.add_url_rule("/", "view", override(view))
    bp.add_url_rule("/item/<int:number>", "item", view)
    bp.add_url_rule("/buy", "buy", view, methods=["POST"])
    bp.add_url_rule("/log-in", "log_in", log_in)
    app.register_blueprint(bp)
    return app


@pytest.fixture(autouse=True)
def _own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test a table that it may change."""
    monkeypatch.setattr(asked, "PARAMETERS", dict(asked.PARAMETERS))
    monkeypatch.setattr(asked, "NOT_ASKED", set(asked.NOT_ASKED))


@pytest.fixture
def run(app: Flask) -> Callable[..., Result]:
    """Return a function that runs ``flask headers`` on the app."""

    def run_one(*command: str, **options: Any) -> Result:
        return app.test_cli_runner().invoke(args=["headers", *command], **options)

    return run_one
