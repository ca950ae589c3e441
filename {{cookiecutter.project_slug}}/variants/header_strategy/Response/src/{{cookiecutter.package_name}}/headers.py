"""HOW the headers get onto a response: the app's own ``Response`` class.

Whatever a view returns, Flask makes it an object of ``app.response_class``. That
object puts the headers on when it is turned into what the server sends. It cannot do
so when it is made: Flask turns many responses, those of errors among them, into
this class without calling its ``__init__``.
https://flask.palletsprojects.com/api/#flask.Flask.response_class
https://werkzeug.palletsprojects.com/wrappers/#werkzeug.wrappers.Response.get_wsgi_headers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, has_request_context

from .precedence import put_headers_on

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers


class AppResponse(Response):
    """A response that brings the app's headers."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers for the server, the app's own among them."""
        if has_request_context():  # outside of one, no app is asked
            put_headers_on(self)
        return super().get_wsgi_headers(environ)


def new_app(import_name: str, **options: Any) -> Flask:
    """Make a Flask app, with the options of ``Flask()``, that sets the headers."""
    app = Flask(import_name, **options)
    app.response_class = AppResponse
    return app
