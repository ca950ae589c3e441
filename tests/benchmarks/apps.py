"""The apps that are measured: generated ones, and those they are compared with."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask, Response
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.conftest import TEMPLATE

from .measuring import Once

Row = tuple[str, str]

HEADERS: list[Row] = [
    (f"X-Header-{number}", "a value of some length") for number in range(10)
]
"""Ten headers whose values are known when the app starts."""

PATH = "/hello"
REQUESTS = 50
"""Requests of one round."""

_count = itertools.count()


def bare_app(name: str = "bare") -> Flask:
    """Make an app that sets no header."""
    app = Flask(name)
    app.add_url_rule(PATH, "hello", lambda: "Hello World")
    return app


def floor_app(rows: list[Row]) -> Flask:
    """Make an app that adds headers in the cheapest way found, and does nothing else."""
    app = bare_app()

    @app.after_request
    def add(response: Response) -> Response:
        response.headers[:0] = rows
        return response

    return app


def naive_app(rows: list[Row]) -> Flask:
    """Make an app that adds headers one by one, where they are not there yet."""
    app = bare_app()

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in rows:
            response.headers.setdefault(name, value)
        return response

    return app


def generate(folder: Path, *options: str, template: Path = TEMPLATE) -> None:
    """Run cookiecutter as a user does."""
    command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input"]
    subprocess.run(
        [*command, "--default-config", "--output-dir", str(folder), *options],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Project:
    """A generated project, imported."""

    def __init__(self, folder: Path, strategy: str, policy: str) -> None:
        self.package = f"bench_{next(_count)}"
        answers = {"header_strategy": strategy, "header_policy": policy}
        answers |= {"package_name": self.package, "project_slug": self.package}
        options = [f"{name}={answer}" for name, answer in answers.items()]
        generate(folder, *options)
        self.folder = folder / self.package
        sys.path.insert(0, str(self.folder / "src"))

    def module(self, name: str = "") -> ModuleType:
        """Import the package, or a module of it."""
        return importlib.import_module(f"{self.package}{'.' * bool(name)}{name}")

    def app(
        self,
        rows: list[Row] | None = None,
        override: dict[str, str] | None = None,
        *,
        nonce: bool = False,
        logged: bool = False,
    ) -> Flask:
        """Make its app, with a page that may have an override or a nonce.

        ``rows`` take the place of its policy. Bare Flask logs no requests, so it does not.
        """
        headers = self.module("response_headers")
        app: Flask = self.module().create_app({"LOG_REQUESTS": logged})
        view: Callable[[], str] = lambda: "Hello World"  # noqa: E731
        if nonce:
            view = lambda: f"Hello World {headers.csp_nonce()}"  # noqa: E731
        if override:
            view = headers.override_headers(override)(view)
        app.add_url_rule(PATH, "bench", view)
        if rows is not None:
            headers.ResponseHeaders(rows).init_app(app)
        return app

    def with_nonce_among(self, rows: list[Row]) -> Flask:
        """Make its app with as many headers, one of which has the nonce of the page."""
        policy = self.module("policy")
        csp = [row for row in policy.HEADERS if row[0] == "Content-Security-Policy"]
        return self.app([*csp, *rows[1:]], nonce=True)


@cache
def generated(folder: Path, strategy: str, policy: str) -> Project:
    """Generate a project, or return the one that is there."""
    return Project(folder, strategy, policy)


def rows_of(app: Any) -> list[Row]:
    """What an app adds to the headers that Flask sends by itself."""
    flask_s = {"content-type", "content-length"}
    _, _, headers = run_wsgi_app(app, EnvironBuilder(PATH).get_environ())
    return [(name, value) for name, value in headers if name.lower() not in flask_s]


def requests_to(app: Any) -> Once:
    """Ask an app as a server does, as often as a round takes: seconds."""
    environ = EnvironBuilder(PATH).get_environ()

    def once() -> float:
        start = time.perf_counter()
        for _ in range(REQUESTS):
            for _part in app(dict(environ), lambda *_: None):
                pass
        return time.perf_counter() - start

    return once
