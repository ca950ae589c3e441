"""The safety net: what goes to the server carries the policy, whatever made it.

A strategy sees the responses that Flask finishes. This WSGI middleware sees all: those
of an extension that replaces a method of Flask, those that a later function changed, and
the two kinds that Flask leaves to the server, an exception that the handler for 500
raises and a stream that raises before its first byte.
https://peps.python.org/pep-3333/
"""

from __future__ import annotations

from copy import copy
from functools import lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.exceptions import InternalServerError
from werkzeug.wsgi import ClosingIterator

from .header_policy import OWN, current_request, merge_on_wire
from .request_id import request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Response
    from flask.typing import ResponseReturnValue

    from .values import Row

PROBE = "response_headers.probe"
"""With this key in the environ, exceptions are raised instead of answered, and a stream
starts before its first byte: ``flask headers`` has to see both."""


def init_app(app: Flask) -> None:
    """Put the net around the app."""
    if "wsgi_app" in vars(app):  # a middleware is there
        app.wsgi_app = partial(_serve, app, app.wsgi_app)  # type: ignore[method-assign]
    add_methods(app, FlaskWithNet)


def add_methods(app: Flask, base: type[Flask]) -> None:
    """Replace the class of an app by one that has the methods of ``base``, too.

    Assigning a function to ``app.wsgi_app`` would create a reference cycle: the app would
    live until the garbage collector runs. With a weak reference in that function,
    ``create_app().wsgi_app`` would not keep the app alive.
    """
    app.__class__ = _derived((base, type(app)))


@lru_cache(maxsize=16)
def _derived(bases: tuple[type[Flask], ...]) -> type[Flask]:
    return type(bases[-1].__name__, bases, {"__module__": bases[-1].__module__})


class FlaskWithNet(Flask):
    """An app with the net around its ``wsgi_app``."""

    def wsgi_app(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request."""
        return _serve(self, super().wsgi_app, environ, start_response)

    def make_response(self, rv: ResponseReturnValue) -> Response:
        """Make a response, or a copy of a view's, which other requests may share."""
        response = super().make_response(rv)
        if response is rv or isinstance(rv, tuple):
            response = copy(response)
            response.headers = response.headers.copy()
        req = current_request()
        if req is not None:
            req.environ[OWN] = response
        return response


def _serve(
    app: Flask,
    wsgi_app: WSGIApplication,
    environ: WSGIEnvironment,
    start_response: StartResponse,
) -> Iterable[bytes]:
    """Answer a request, with the headers that the response lacks."""
    held: list[Any] = []  # the head of a stream; None if no head is to be held any more

    def start(status: str, headers: list[Row], *exc_info: Any) -> Any:
        headers = merge_on_wire(app, environ, status, headers)
        if not (held or exc_info) and _is_stream(environ, status, headers):
            held.append((status, headers))
            return partial(_write, start_response, held, [])
        held[:] = [None]
        return start_response(status, headers, *exc_info)

    try:
        body = wsgi_app(environ, start)
    except StopIteration:  # a websocket library's way to end a request
        raise
    except Exception as error:
        if held == [None] or PROBE in environ or propagates(app):
            raise
        return [_answer_exception(app, environ, start_response, error)]
    if not held:
        held.append(None)
    elif held[0] and isinstance(body, ClosingIterator) and not propagates(app):
        start_held = partial(_start_held, start_response, held)
        answer = partial(_answer_exception, app, environ, start_response)
        try:
            return ClosingIterator(_stream(body, start_held, answer), body.close)
        except BaseException:
            body.close()  # the server cannot: it gets no body
            raise
    elif held[0]:
        _start_held(start_response, held)
    return body


def _start_held(start_response: StartResponse, held: list[Any]) -> Any:
    head, held[0] = held[0], None
    return head and start_response(*head)


def _write(
    start_response: StartResponse, held: list[Any], write: list[Any], data: bytes
) -> None:
    """Write to the server, as PEP 3333 lets older applications do."""
    if not write:
        write.append(_start_held(start_response, held))
    write[0](data)


def _stream(
    body: ClosingIterator,
    start: Callable[[], Any],
    answer: Callable[[Exception], bytes],
) -> Iterator[bytes]:
    """Return a streamed body, or that of a 500 if it raises before its first byte.

    Until then the server sends nothing either (PEP 3333), so the response starts with
    the first byte. Starting it twice would be allowed, but gunicorn sends both heads. The
    first byte is not left to the server's iteration: granian sends what has been started
    when the app returns.
    """
    chunks = iter(body)
    try:
        first = next(filter(None, chunks), b"")
    except Exception as error:  # noqa: BLE001 - of any view
        return iter([answer(error)])
    start()
    return chain([first], chunks)


def _is_stream(environ: WSGIEnvironment, status: str, headers: list[Row]) -> bool:
    """Whether a response has a body of unknown length, to be held back."""
    for name, _ in reversed(headers):  # most often it is the last one
        if name == "Content-Length":
            return False
    has_body = environ["REQUEST_METHOD"] != "HEAD" and status[:3] not in {"204", "304"}
    return has_body and PROBE not in environ


def propagates(app: Flask) -> bool:
    """Whether exceptions are left to the server, or to its debugger, as in tests."""
    configured = app.config["PROPAGATE_EXCEPTIONS"]
    return app.testing or app.debug if configured is None else bool(configured)


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
