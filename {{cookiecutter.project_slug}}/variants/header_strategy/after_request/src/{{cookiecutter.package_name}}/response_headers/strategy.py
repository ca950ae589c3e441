"""How headers get onto a response: ``@app.after_request``.

Flask passes each finished response to the functions that ``after_request`` registered,
the last one first. The one here is the first, so it runs last: it sees what the view and
all others made of the response.
https://flask.palletsprojects.com/api/#flask.Flask.after_request
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .header_policy import apply_policy

if TYPE_CHECKING:
    from flask import Flask, Response

NAME = "after_request"


def init_app(app: Flask) -> None:
    """Register the function before all others."""
    app.after_request(add_headers)
    functions = app.after_request_funcs[None]
    functions.insert(0, functions.pop())


def add_headers(response: Response) -> Response:
    """Add the headers that a response lacks."""
    return apply_policy(response)
