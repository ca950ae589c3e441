"""HOW the headers get onto a response: the app's own ``Response`` class.

Whatever a view returns, Flask makes it an object of ``app.response_class``. That
object puts the headers on when it is turned into what the server sends. It cannot do
so when it is made: Flask turns many responses, those of errors among them, into
this class without calling its ``__init__``.
https://flask.palletsprojects.com/api/#flask.Flask.response_class
https://werkzeug.palletsprojects.com/wrappers/#werkzeug.wrappers.Response.get_wsgi_response
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import (
    Flask,
    Response,
    current_app,
    request_finished,
)

from .precedence import with_headers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIEnvironment


class AppResponse(Response):
    """A response that brings the app's headers."""

    def get_wsgi_response(
        self, environ: WSGIEnvironment
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Return body, status and headers for the server, the app's own among these."""
        body, status, headers = super().get_wsgi_response(environ)
        return body, status, with_headers(headers, self, current_app)

    @classmethod
    def force_type(
        cls, response: Any, environ: WSGIEnvironment | None = None
    ) -> Response:
        """Make a response of this class, and let it keep the class it has of a view's."""
        own = type(response)
        if isinstance(response, Response) and own is not Response:
            response.__class__ = own if issubclass(own, cls) else _both(own)
            return response
        forced: Response = super().force_type(response, environ)  # type: ignore[assignment]
        return forced


def _both(own: type[Response]) -> type[Response]:
    """A class that is the app's and the view's, made once."""
    if own not in _made:
        _made[own] = type(own.__name__, (AppResponse, own), {})
    return _made[own]


_made: dict[object, type[Response]] = {}


def new_app(import_name: str, **options: Any) -> Flask:
    """Make a Flask app, with the options of ``Flask()``, that sets the headers."""
    app = Flask(import_name, **options)
    app.response_class = AppResponse
    request_finished.connect(_make_own, app)
    return app


def _make_own(_app: Flask, response: Response, **_: object) -> None:
    """Make a response the app's own that another function put in its place."""
    AppResponse.force_type(response)
