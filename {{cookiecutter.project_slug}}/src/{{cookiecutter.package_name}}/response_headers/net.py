"""The safety net: what goes to the server carries the policy, whatever made it.

A strategy sees the responses that Flask finishes. This WSGI middleware sees all: those
of an extension that replaces a method of Flask, those that a later function changed, and
the two kinds that Flask leaves to the server, an exception that the handler for 500
raises and a stream that raises before its first byte.
https://peps.python.org/pep-3333/
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import InternalServerError
from werkzeug.wsgi import ClosingIterator

from .header_policy import merge_on_wire
from .request_id import request_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

    from .values import Row


class SafetyNet:
    """A WSGI middleware that adds the headers that a response lacks.

    It holds weak references, so that an app is freed as soon as nobody uses it.
    """

    def __init__(self, app: Flask) -> None:
        self._app = weakref.ref(app)
        inner: Any = app.wsgi_app
        of_app = getattr(inner, "__self__", None) is app
        self._inner = weakref.WeakMethod(inner) if of_app else lambda: inner

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request."""
        app: Any = self._app()
        inner: Any = self._inner()
        started = False
        held: list[tuple[str, list[Row]]] = []  # until the stream has its first byte

        def start(status: str, headers: list[Row], *exc_info: Any) -> Any:
            nonlocal started
            headers = merge_on_wire(app, environ, status, headers)
            if not exc_info and _is_stream(environ, status, headers):
                held[:] = [(status, headers)]
                return write
            started = True
            return start_response(status, headers, *exc_info)

        def write(
            data: bytes,
        ) -> object:  # of PEP 3333, for applications from before it
            return start_response(*held.pop())(data)

        try:
            body: Iterable[bytes] = inner(environ, start)
        except StopIteration:  # a websocket library's way to end a request
            raise
        except Exception as error:
            if started or _propagates(app):
                raise
            return [_answer_exception(app, environ, start_response, error)]
        if not held:
            return body
        if isinstance(body, ClosingIterator) and not _propagates(app):
            return _Stream(app, environ, start_response, held, body)
        start_response(*held.pop())
        return body


class _Stream:
    """A streamed body that is answered with a 500 if it raises before its first byte.

    Until then the server sends nothing either (PEP 3333), so the response starts with
    the first byte. Starting it twice would be allowed, but gunicorn sends both heads.
    """

    def __init__(
        self,
        app: Flask,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        held: list[tuple[str, list[Row]]],
        body: ClosingIterator,
    ) -> None:
        self._app = app
        self._environ = environ
        self._start_response = start_response
        self._held = held
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        chunks = iter(self._body)
        try:
            first = next(filter(None, chunks), b"")
        except Exception as error:  # noqa: BLE001 - of any view
            yield _answer_exception(
                self._app, self._environ, self._start_response, error
            )
            return
        if self._held:
            self._start_response(*self._held.pop())
        yield first
        yield from chunks

    def close(self) -> None:
        self._body.close()


def _is_stream(environ: WSGIEnvironment, status: str, headers: list[Row]) -> bool:
    """Whether a response has a body of unknown length."""
    for name, _ in reversed(headers):  # most often it is the last one
        if name == "Content-Length":
            return False
    return environ["REQUEST_METHOD"] != "HEAD" and status[:3] not in {"204", "304"}


def _propagates(app: Flask) -> bool:
    """Whether exceptions are left to the server, or to its debugger, as in tests."""
    propagates = app.config["PROPAGATE_EXCEPTIONS"]
    return app.testing or app.debug if propagates is None else bool(propagates)


def _answer_exception(
    app: Flask,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    error: Exception,
) -> bytes:
    """Log an exception, start a plain 500 and return its body."""
    app.logger.error(
        "Exception on %s [%s]",
        environ.get("PATH_INFO"),
        environ["REQUEST_METHOD"],
        exc_info=error,
        extra={"request_id": request_id(environ)},
    )
    response = InternalServerError().get_response()
    _, status, headers = response.get_wsgi_response(environ)
    try:
        headers = merge_on_wire(app, environ, status, headers)
    except Exception:  # noqa: BLE001 - a value of the policy may be what raises
        raise error from None
    start_response(status, headers)
    return b"" if environ["REQUEST_METHOD"] == "HEAD" else response.get_data()
