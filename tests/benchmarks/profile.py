"""What a response pays for: the steps of the strategies, each against a bare request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, after_this_request, request, request_started
from werkzeug.datastructures import Headers

from .apps import HEADERS, PATH, REQUESTS, Project, bare_app, requests_to, rows_of
from .measuring import Table, compare, repeated


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure the steps for ten headers, and for those of the policy ``web``."""
    ten = Project(folder, "after_request", "custom")
    yield _steps("ten headers", ten, ten.app(HEADERS), rounds)
    web = Project(folder, "after_request", "web")
    yield _steps("the policy web", web, web.app(), rounds)


def _steps(title: str, project: Project, app: Flask, rounds: int) -> Table:
    """Measure each step by itself, in a request to an app.

    Werkzeug looks through every value for a line break when it is put on a response, and
    once more when the headers are copied for the server.
    """
    rows = rows_of(app)
    put, sent = Headers(), Headers(rows)
    response = Response("Hello World")
    wanted = project.module("precedence").wanted_by(app, None)
    asked: Any = None

    def fill() -> None:
        put[:] = rows

    steps: dict[str, Callable[[], object]] = {
        "Werkzeug: put them on a response": fill,
        "Werkzeug: copy them for the server": lambda: Headers(sent),
        "which ones, and their values": lambda: wanted.rows_for(response, asked),
        "Flask: a function for each request": _after_a_signal(response),
    }
    with app.test_request_context(PATH):
        asked = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        things = {"bare Flask": requests_to(bare_app())}
        things |= {name: repeated(step, REQUESTS) for name, step in steps.items()}
        table = compare("", things, rounds=rounds)
    return Table(f"A response with {title}, step by step", table.lines[1:])


def _after_a_signal(response: Response) -> Callable[[], object]:
    """What ``after_request`` has to do for hooks that raise."""
    app = Flask("signal")

    def function(response: Response) -> Response:
        sys.exception()
        return response

    def started(*_: object, **__: object) -> None:
        after_this_request(function)

    request_started.connect(started, app, weak=False)

    def step() -> None:
        request_started.send(app, _async_wrapper=app.ensure_sync)
        app.ensure_sync(function)(response)

    return step
