"""HOW the headers get onto a response: a WSGI middleware inside the app.

Whatever made a response, Flask hands its status and headers to the server by calling
``start_response``, in the request's context. The middleware is called in the server's
stead, and calls it with the headers added.
https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
https://peps.python.org/pep-3333/#the-start-response-callable
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request, request_finished

from .precedence import with_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_FINISHED = "headers.finished"


class Head(Response):
    """Stands in for a response of which only status and headers are known."""


class HeadersMiddleware:
    """Adds the app's headers to what goes to the server."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._wsgi_app = app.wsgi_app
        request_finished.connect(_note, app)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request."""

        def start(
            status: str, headers: list[tuple[str, str]], *error: Any
        ) -> Callable[[bytes], object]:
            # Where another function has raised on the error page, too, it is not noted.
            response = environ.get(_FINISHED) or Head(None, status, headers)
            rows = with_headers(headers, response, self._app)
            return start_response(status, rows, *error)

        return self._wsgi_app(environ, start)


def new_app(import_name: str, **options: Any) -> Flask:
    """Make a Flask app, with the options of ``Flask()``, that sets the headers."""
    app = Flask(import_name, **options)
    app.wsgi_app = HeadersMiddleware(app)  # type: ignore[method-assign]
    return app


def _note(_app: Flask, response: Response, **_: object) -> None:
    """Note the finished response: what is sent may depend on more than its head."""
    request.environ[_FINISHED] = response
