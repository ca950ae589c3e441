"""What a response pays for: the steps of the strategies, each against a bare request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, request_finished
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from .apps import (
    HEADERS,
    PATH,
    REQUESTS,
    Project,
    Row,
    bare_app,
    generated,
    requests_to,
    rows_of,
)
from .measuring import Table, compare, repeated


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure the steps for ten headers, and for those of the policy ``web``."""
    ten = generated(folder, "after_request", "custom")
    yield _steps("ten headers", ten, ten.app(HEADERS), rounds)
    web = generated(folder, "after_request", "web")
    yield _steps("the policy web", web, web.app(), rounds)


def _steps(title: str, project: Project, app: Flask, rounds: int) -> Table:
    """Measure each step by itself, in a request to an app.

    Werkzeug looks through every value for a line break when it is put on a response, and
    once more when the headers are copied for the server.
    """
    rows = rows_of(app)
    put, sent = Headers(), Headers(rows)
    response = Response("Hello World")
    policy = project.module("response_headers.header_policy")
    resolved = policy.headers_for(app, None)
    req: Any = None

    def fill() -> None:
        put[:] = rows

    steps: dict[str, Callable[[], object]] = {
        "Werkzeug: put them on a response": fill,
        "Werkzeug: copy them for the server": lambda: Headers(sent),
        "which ones, and their values": lambda: resolved.rows_for(response, req),
        "make_response: a signal": _signal(response),
        "the safety net": _net(project, app, rows),
    }
    with app.test_request_context(PATH):
        req = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        things = {"bare Flask": requests_to(bare_app())}
        things |= {name: repeated(step, REQUESTS) for name, step in steps.items()}
        table = compare("", things, rounds=rounds)
    return Table(f"A response with {title}, step by step", table.lines[1:])


def _signal(response: Response) -> Callable[[], object]:
    """Send the signal that ``make_response`` listens to."""
    app = Flask("signal")
    return lambda: request_finished.send(
        app, _async_wrapper=app.ensure_sync, response=response
    )


def _net(project: Project, app: Flask, rows: list[Row]) -> Callable[[], object]:
    """Pass a response to the net that the strategy has put the headers on."""
    net = project.module("response_headers.net")
    policy = project.module("response_headers.header_policy")
    environ = EnvironBuilder(PATH).get_environ()
    status, headers = "200 OK", [*rows, ("Content-Length", "11")]
    applied = policy.Applied(headers, rows, frozenset(), len(rows), status)
    environ[policy._APPLIED] = applied  # noqa: SLF001

    def inner(_: object, start: Callable[..., object]) -> list[bytes]:
        start(status, headers)
        return [b""]

    return lambda: net._serve(app, inner, environ, lambda *_: None)  # noqa: SLF001
