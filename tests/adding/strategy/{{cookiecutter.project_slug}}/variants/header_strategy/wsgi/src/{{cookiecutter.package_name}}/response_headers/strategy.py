"""How headers get onto a response: a WSGI middleware.

Whatever made a response, Flask passes its status and headers to the server by calling
``start_response``. The middleware takes the server's place and adds the headers.
https://flask.palletsprojects.com/api/#flask.Flask.wsgi_app
https://peps.python.org/pep-3333/#the-start-response-callable
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .header_policy import merge_on_wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

NAME = "wsgi"


class HeadersMiddleware:
    """Adds the headers to what is sent to the server."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._wsgi_app = app.wsgi_app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            headers = merge_on_wire(self._app, environ, status, headers)
            return start_response(status, headers, *error)

        return self._wsgi_app(environ, start)


def init_app(app: Flask) -> None:
    """Put the middleware around the app."""
    app.wsgi_app = HeadersMiddleware(app)  # type: ignore[method-assign]
