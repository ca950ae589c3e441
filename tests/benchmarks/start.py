"""What it costs to import the package and to make an app: time, and memory."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from flask import Blueprint, Flask

from tests.conftest import POLICIES, STRATEGIES

from .apps import generated
from .measuring import Once, Table, compare, repeated

BARE = "bare Flask"

TIMED = """
import time
start = time.perf_counter()
{statements}
print(time.perf_counter() - start)
"""

APPS = 20
"""Apps of one round, for the time."""

APPS_IN_MEMORY = 5
"""The same, for the memory, which differs less."""


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure every combination."""
    for policy in POLICIES:
        projects = {
            strategy: generated(folder, strategy, policy) for strategy in STRATEGIES
        }
        targets = dict.fromkeys(projects, 1.3)
        imports = {BARE: _timed("import flask", folder)}
        for name, project in projects.items():
            statement = f"import {project.package}"
            imports[name] = _timed(statement, project.folder / "src")
        title = f"Import, in a process of its own: {policy}"
        yield compare(title, imports, rounds=rounds, at_most=targets)

        made = {name: project.module().create_app for name, project in projects.items()}
        rules = [rule.rule for rule in made[STRATEGIES[0]]().url_map.iter_rules()]
        makers: dict[str, Callable[[], Flask]] = {
            f"{BARE} with the same {len(rules)} routes": partial(_bare, rules),
            **made,
        }
        things = {name: repeated(make, APPS) for name, make in makers.items()}
        title = f"create_app(), when the package is imported: {policy}"
        yield compare(title, things, rounds=rounds, at_most=targets)

        sizes = {name: _size_of(make) for name, make in makers.items()}
        yield compare(f"Memory of one app: {policy}", sizes, rounds=min(rounds, 3))


def _bare(rules: list[str]) -> Flask:
    """Make an app that has the routes of a generated one, and its configuration."""
    app = Flask(__name__)
    app.config.from_prefixed_env()
    for number, rule in enumerate(rules):
        if not rule.startswith("/static/"):
            bp = Blueprint(f"b{number}", __name__)
            bp.add_url_rule(rule, "page", lambda: "Hello World")
            app.register_blueprint(bp)
    return app


def _timed(statements: str, folder: Path) -> Once:
    """Run statements in a process of its own, in a folder: the seconds they take."""
    script = TIMED.format(statements=statements)

    def once() -> float:
        done = subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            cwd=folder,
            stdout=subprocess.PIPE,
        )
        return float(done.stdout)

    return once


def _size_of(make: Callable[[], Flask]) -> Once:
    """The bytes that stay when an app has been made."""

    def once() -> float:
        tracemalloc.start()
        apps = [make() for _ in range(APPS_IN_MEMORY)]
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size / len(apps)

    return once
