"""What a request costs with each strategy, as a ratio to bare Flask.

Run with ``python -m tests.benchmarks.request_cost``. Raw WSGI, one process, a view
that returns ``Hello World``, ten headers. Rounds are interleaved, so that a busy
machine slows all of them alike; the figures are medians of the rounds.
"""

from __future__ import annotations

import importlib
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cookiecutter.main import cookiecutter
from flask import Flask, Response
from werkzeug.test import EnvironBuilder

TEMPLATE = Path(__file__).parent.parent.parent
STRATEGIES = ["after_request", "Response", "make_response"]
HEADERS = [(f"X-Header-{number}", "a value of some length") for number in range(10)]
ROUNDS = 41
REQUESTS = 400

Wsgi = Callable[[dict[str, Any], Any], Any]


def bare_app() -> Flask:
    """Make an app that sets no header."""
    app = Flask("bare")
    app.add_url_rule("/hello", "hello", lambda: "Hello World")
    return app


def floor_app() -> Flask:
    """Make an app that adds the headers in the cheapest way, and does nothing else."""
    app = bare_app()

    @app.after_request
    def add(response: Response) -> Response:
        response.headers[:0] = HEADERS
        return response

    return app


def naive_app() -> Flask:
    """Make an app that adds the headers one by one, where they are not there yet."""
    app = bare_app()

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS:
            response.headers.setdefault(name, value)
        return response

    return app


def generated_app(folder: Path, strategy: str) -> Flask:
    """Make the app of a project generated with a strategy, with the ten headers."""
    package = f"bench_{strategy.lower()}"
    answers = {"header_strategy": strategy, "header_policy": "custom"}
    project = cookiecutter(
        str(TEMPLATE),
        no_input=True,
        extra_context={"package_name": package, "project_slug": package, **answers},
        output_dir=str(folder),
        default_config=True,
    )
    sys.path.insert(0, f"{project}/src")
    app: Flask = importlib.import_module(package).create_app()
    importlib.import_module(f"{package}.precedence").init_app(app, HEADERS)
    app.add_url_rule("/hello", "bench", lambda: "Hello World")
    return app


def seconds(app: Wsgi) -> float:
    """How long one round of requests takes."""
    environ = EnvironBuilder("/hello").get_environ()
    start = time.perf_counter()
    for _ in range(REQUESTS):
        for _part in app(dict(environ), lambda *_: None):
            pass
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        apps: dict[str, Wsgi] = {
            "bare Flask": bare_app(),
            "the floor: ten headers put on, unchecked": floor_app(),
            **{name: generated_app(Path(folder), name) for name in STRATEGIES},
            "setdefault in a loop": naive_app(),
        }
        rounds: dict[str, list[float]] = {name: [] for name in apps}
        for _ in range(ROUNDS):
            for name, app in apps.items():
                rounds[name].append(seconds(app))
    packages = ", ".join(f"{name} {version(name)}" for name in ("flask", "werkzeug"))
    print(f"Python {platform.python_version()}, {packages}, {platform.machine()}")
    for name, times in rounds.items():
        ratios = [
            own / bare for own, bare in zip(times, rounds["bare Flask"], strict=True)
        ]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{middle:5.2f}  ({low:.2f} to {high:.2f})  {name}")


if __name__ == "__main__":
    main()
