"""How the cost of a request grows with headers, routes and blueprints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask

from tests.conftest import STRATEGIES

from .apps import HEADERS, PATH, Project, bare_app, floor_app, requests_to
from .measuring import Table, compare


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure each strategy, and bare Flask of the same size."""
    projects = {
        strategy: Project(folder, strategy, "custom") for strategy in STRATEGIES
    }
    things: dict[str, Any] = {"bare Flask": bare_app()}
    for count in (1, 10, 20, 40):
        rows = [(f"X-Header-{n}", "a value of some length") for n in range(count)]
        things[f"{count} headers, the floor"] = floor_app(rows)
        for strategy, project in projects.items():
            things[f"{count} headers, {strategy}"] = project.app(rows)
    yield _table("With more headers", things, rounds)

    things = {"bare Flask": bare_app()}
    for count in (1, 100, 2000):
        things[f"{count} routes, bare Flask"] = _with_routes(bare_app(), count)
        for strategy, project in projects.items():
            app = project.app(HEADERS)
            override = project.module("overrides").override_headers({"X-Header-1": "x"})
            things[f"{count} routes, {strategy}"] = _with_routes(app, count, override)
    yield _table("With more routes, each with an override", things, rounds)

    things = {"bare Flask": bare_app()}
    for count in (0, 20, 200):
        things[f"{count} blueprints, bare Flask"] = _with_blueprints(bare_app(), count)
        for strategy, project in projects.items():
            app = project.app(HEADERS)
            overrides = project.module("overrides")
            things[f"{count} blueprints, {strategy}"] = _with_blueprints(
                app, count, overrides.override_blueprint_headers
            )
    yield _table("With more blueprints, each with an override", things, rounds)


def _table(title: str, apps: dict[str, Any], rounds: int) -> Table:
    things = {name: requests_to(app) for name, app in apps.items()}
    return compare(title, things, rounds=rounds)


def _with_routes(app: Flask, count: int, decorate: Any = None) -> Flask:
    for number in range(count):
        view = eval("lambda: ''")  # noqa: S307 - a function of its own for each
        app.add_url_rule(
            f"/route/{number}", f"r{number}", decorate(view) if decorate else view
        )
    return app


def _with_blueprints(app: Flask, count: int, override: Any = None) -> Flask:
    for number in range(count):
        bp = Blueprint(f"b{number}", __name__)
        bp.add_url_rule(f"/blueprint/{number}", "page", lambda: "")
        if override:
            override(bp, {"X-Header-1": "x"})
        app.register_blueprint(bp)
    assert any(rule.rule == PATH for rule in app.url_map.iter_rules())
    return app
