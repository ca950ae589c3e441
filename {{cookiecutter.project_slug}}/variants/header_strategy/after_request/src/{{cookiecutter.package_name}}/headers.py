"""HOW the headers get onto a response: ``@app.after_request``.

Flask calls ``after_request`` functions with every finished response, in the reverse
order of their registration. The one here is registered before all others, so it runs
after them: it sees what the view and every other function made of the response.
https://flask.palletsprojects.com/api/#flask.Flask.after_request
"""

from __future__ import annotations

import copy
import sys
from typing import TYPE_CHECKING, Any

from flask import (
    Flask,
    Response,
    after_this_request,
    current_app,
    got_request_exception,
    request_started,
)

from .precedence import put_headers_on

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def new_app(import_name: str, **options: Any) -> Flask:
    """Make a Flask app, with the options of ``Flask()``, that sets the headers."""
    app = Flask(import_name, **options)

    @app.after_request
    def add_headers(response: Response) -> Response:
        put_headers_on(response, app)
        return response

    request_started.connect(_see_errors_first, app)
    got_request_exception.connect(_see_errors_first, app)
    return app


def _see_errors_first(*_: object, **__: object) -> None:
    """See the page for an unhandled exception before any other function does.

    If the exception came from another function that Flask calls after the view, that
    function raises again on the error page, and those after it are not called. What
    ``after_this_request`` registers when the request starts is called before them all.
    Where the request could not even start, the exception is the moment.
    """
    after_this_request(_add_headers_to_error)


def _add_headers_to_error(response: Response) -> Response:
    """Pass on a copy, if an exception is being handled.

    Should one of the functions that get the copy raise, Flask sends the original: it
    then sends what has become of the copy, with the headers.
    """
    if sys.exception() is None:
        return response
    passed_on = copy.copy(response)

    def get_wsgi_response(environ: WSGIEnvironment) -> Any:
        put_headers_on(passed_on, current_app)
        return passed_on.get_wsgi_response(environ)

    vars(response)["get_wsgi_response"] = get_wsgi_response
    return passed_on
