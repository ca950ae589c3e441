"""How headers get onto a response: ``make_response()``.

Flask calls ``app.make_response()`` with whatever a view, an error handler or Flask itself
returns. The response that it makes belongs to this request alone, and gets the headers
when the functions that run after the view are done with it.
https://flask.palletsprojects.com/api/#flask.Flask.make_response
https://flask.palletsprojects.com/api/#flask.request_finished
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from flask import request_finished

from .header_policy import apply_policy, copy_response, current_environ

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

_MADE = "response_headers.made"


def init_app(app: Flask) -> None:
    """Note each response that the app makes."""
    # With a strong reference the app would never be freed.
    flask_make_response: Any = WeakMethod(app.make_response)

    def make_response(rv: ResponseReturnValue) -> Response:
        response: Response = flask_make_response()(rv)
        if response is rv or isinstance(rv, tuple):  # other requests may share it
            response = copy_response(response)
        current_environ()[_MADE] = response
        return response

    app.make_response = make_response  # type: ignore[method-assign]


@request_finished.connect
def add_headers(_app: Flask, response: Response, **_: object) -> None:
    """Set the headers, if the response is still the one that was made."""
    if current_environ().get(_MADE) is response:
        apply_policy(response)
