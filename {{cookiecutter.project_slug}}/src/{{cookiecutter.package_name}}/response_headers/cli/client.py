"""Send requests to the app as a server does, and read what is on the wire."""

from __future__ import annotations

import itertools
import threading
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder

from ..net import PROBE
from .tracing import Trace, log_once

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from flask import Flask

    from ..values import Row
    from .plan import ProbeRequest

LIMIT = 0.5
"""Seconds that a body has to start."""


@dataclass(frozen=True)
class SentHeader:
    """A header that was sent, and what set it."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True)
class ProbeResponse:
    """What was sent for a probe request, and what was seen of it inside the app."""

    request: ProbeRequest
    trace: Trace
    status: int
    headers: list[SentHeader]
    error: str | None  # what went wrong in place of a response
    waits: bool  # whether the body did not start in time
    start: bytes  # the first chunk of the body, most often all of it

    def sent(self, name: str) -> list[SentHeader]:
        """Return every header that was sent under a name."""
        return [sent for sent in self.headers if sent.name.lower() == name.lower()]


def send(
    app: Flask,
    wsgi: WSGIApplication,
    requests: Iterable[ProbeRequest],
    schemes: Iterable[str],
) -> list[ProbeResponse]:
    """Send requests to ``wsgi``, which leads to ``app``, over each scheme."""
    log_once(app)
    logged: set[str] = set()
    responses = [
        _send(app, wsgi, request, scheme, Trace(request.raises, logged))
        for request in requests
        for scheme in schemes
    ]
    return [
        each
        for each in responses
        if not (each.request.kind == "middleware" and each.trace.app is app)
    ]


def _send(
    app: Flask, wsgi: WSGIApplication, request: ProbeRequest, scheme: str, trace: Trace
) -> ProbeResponse:
    builder = EnvironBuilder(
        request.path,
        base_url=f"{scheme}://{request.host or host_of(app)}/",
        method=request.method,
        headers=list(request.headers),
    )
    body: list[bytes] = []
    environ = builder.get_environ() | {PROBE: trace}
    error, waits = _exchange(app, wsgi, environ, trace, body)
    headers: list[SentHeader] = []
    for row in trace.headers:
        copies = sum((sent.name, sent.value) == row for sent in headers)
        headers.append(SentHeader(*row, trace.origin(row, copies)))
    status = int((trace.status or "500").split()[0])
    start = b"" if waits else b"".join(body)
    return ProbeResponse(request, trace, status, headers, error, waits, start)


def _exchange(
    app: Flask,
    wsgi: WSGIApplication,
    environ: WSGIEnvironment,
    trace: Trace,
    start: list[bytes],
) -> tuple[str | None, bool]:
    """Send a request and add the first chunk of the body, which may never come, to a list.

    It runs in a thread and a context of its own, as in a server: isolated from the
    current request and from the one before.
    """
    ready, started = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def start_response(status: str, headers: list[Row], _: Any = None) -> Any:
        trace.start(app, environ, status, list(headers))
        return lambda _: None

    def exchange() -> None:
        try:
            body: Any = wsgi(environ, start_response)
            if trace.status is not None:  # a generator may not have started
                ready.set()
            try:
                start.extend(itertools.islice(filter(None, body), 1))
            finally:
                started.set()
                getattr(body, "close", lambda: None)()
        except BaseException as error:  # noqa: BLE001 - of any view
            errors.append(error)
        finally:
            ready.set()
            started.set()

    thread = threading.Thread(target=Context().run, args=(exchange,), daemon=True)
    thread.start()
    ready.wait()
    if not started.wait(LIMIT):
        return None, True
    thread.join()
    if errors:
        return f"raised {errors[0]!r}", False
    return (None if trace.status else "did not call start_response()"), False


def host_of(app: Flask) -> str:
    """Return a host that the app answers to."""
    trusted = app.config.get("TRUSTED_HOSTS") or []
    for host in [app.config.get("SERVER_NAME"), *trusted]:
        if host:
            return str(host).removeprefix(".")
    return "localhost"
