"""How the cost of a request grows with headers, routes and blueprints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask

from tests.conftest import STRATEGIES

from .apps import HEADERS, bare_app, floor_app, generated, requests_to
from .measuring import Table, compare


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure each strategy, and bare Flask of the same size."""
    projects = {
        strategy: generated(folder, strategy, "custom") for strategy in STRATEGIES
    }
    things: dict[str, Any] = {"bare Flask": bare_app()}
    for count in (1, 10, 20, 40):
        rows = [(f"X-Header-{n}", "a value of some length") for n in range(count)]
        things[f"{count} headers, the floor"] = floor_app(rows)
        for strategy, project in projects.items():
            things[f"{count} headers, {strategy}"] = project.app(rows)
    yield _table("With more headers", things, rounds)

    for noun, counts, grow, overriding in (
        ("routes", (1, 100, 2000), _with_routes, "override_headers"),
        ("blueprints", (0, 20, 200), _with_blueprints, "override_blueprint_headers"),
    ):
        things = {"bare Flask": bare_app()}
        for count in counts:
            things[f"{count} {noun}, bare Flask"] = grow(bare_app(), count, None)
            for strategy, project in projects.items():
                override = getattr(project.module("response_headers"), overriding)
                app = grow(project.app(HEADERS), count, override)
                things[f"{count} {noun}, {strategy}"] = app
        yield _table(f"With more {noun}, each with an override", things, rounds)


def _table(title: str, apps: dict[str, Any], rounds: int) -> Table:
    things = {name: requests_to(app) for name, app in apps.items()}
    return compare(title, things, rounds=rounds)


def _with_routes(app: Flask, count: int, override: Any) -> Flask:
    for number in range(count):
        view = eval("lambda: ''")  # noqa: S307 - a function of its own for each
        if override:
            view = override({"X-Header-1": "x"})(view)
        app.add_url_rule(f"/route/{number}", f"r{number}", view)
    return app


def _with_blueprints(app: Flask, count: int, override: Any) -> Flask:
    for number in range(count):
        bp = Blueprint(f"b{number}", __name__)
        bp.add_url_rule(f"/blueprint/{number}", "page", lambda: "")
        if override:
            override(bp, {"X-Header-1": "x"})
        app.register_blueprint(bp)
    return app
