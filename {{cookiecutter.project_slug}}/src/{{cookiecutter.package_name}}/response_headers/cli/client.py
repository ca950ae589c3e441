"""Send requests to the app as a server does, and read what is on the wire."""

from __future__ import annotations

import threading
from contextvars import Context
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder

from ..net import PROBE
from .plan import ProbeRequest, Skipped
from .tracing import ProbeResponse, is_news

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import WSGIApplication
    from flask import Flask

    from ..values import Row
    from .plan import Plan

LIMIT = 0.5
"""Seconds that a body has to start."""


def send(
    app: Flask, wsgi: WSGIApplication, plan: Plan, schemes: Iterable[str]
) -> tuple[list[ProbeResponse], list[Skipped]]:
    """Send requests to ``wsgi``, which leads to ``app``, over each scheme.

    Return the responses, and what was not checked. Each exception is logged only once.
    """
    app.logger.addFilter(is_news)
    logged: set[str] = set()
    requests = dict.fromkeys(step for step in plan if isinstance(step, ProbeRequest))
    responses = [
        response
        for request in requests
        for scheme in schemes
        for response in [_send(app, wsgi, scheme, ProbeResponse(request, logged))]
        if request.kind != "middleware" or response.app is not app
    ]
    skipped = [step for step in plan if isinstance(step, Skipped)]
    unchecked = [each for response in responses for each in _skipped_in(response)]
    # Most are the same over HTTP and HTTPS.
    return responses, skipped + list(dict.fromkeys(unchecked))


def _send(
    app: Flask, wsgi: WSGIApplication, scheme: str, response: ProbeResponse
) -> ProbeResponse:
    """Send a request and read the first chunk of the body, which may never come.

    It runs in a thread and a context of its own, as in a server: isolated from the
    current request and from the one before.
    """
    request = response.request
    environ = EnvironBuilder(
        request.path,
        base_url=f"{scheme}://{request.host or host_of(app)}/",
        method=request.method,
        headers=list(request.headers),
        environ_overrides={PROBE: response},
    ).get_environ()
    ready, started = threading.Event(), threading.Event()
    errors: list[BaseException] = []

    def start_response(status: str, headers: list[Row], _: Any = None) -> Any:
        response.start(app, environ, status, list(headers))
        return lambda _: None

    def exchange() -> None:
        try:
            body: Any = wsgi(environ, start_response)
            if response.error is None:  # a generator may not have started
                ready.set()
            try:
                response.first_chunk = next(filter(None, body), b"")
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
    response.waits = not started.wait(LIMIT)
    if not response.waits:
        thread.join()
        if errors:
            response.error = f"raised {errors[0]!r}"
    return response


def _skipped_in(response: ProbeResponse) -> Iterator[Skipped]:
    """Yield what was requested but could not be checked."""
    request, endpoint = response.request, response.endpoint
    if response.waits:
        yield Skipped(f"the body of {request}", f"it did not start within {LIMIT} s")
    if not response.error and request.endpoint not in {None, endpoint}:
        reason = f"{endpoint or 'no route'} handled it ({response.status}), not {request.endpoint}: set HEADERS_SAMPLES"
        yield Skipped(str(request), reason)


def host_of(app: Flask) -> str:
    """Return a host that the app answers to."""
    trusted = app.config.get("TRUSTED_HOSTS") or []
    hosts = [app.config.get("SERVER_NAME"), *trusted, "localhost"]
    return next(str(host).removeprefix(".") for host in hosts if host)
