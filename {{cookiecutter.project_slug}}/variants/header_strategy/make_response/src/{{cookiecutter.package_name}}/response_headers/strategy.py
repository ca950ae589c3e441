"""How headers get onto a response: ``make_response()``.

Flask calls ``app.make_response()`` with whatever a view, an error handler or Flask itself
returns. The response that it makes is recorded there. When the functions that run after
the view have run, and Flask sends ``request_finished``, the headers are added to it.
https://flask.palletsprojects.com/api/#flask.Flask.make_response
https://flask.palletsprojects.com/api/#flask.request_finished
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, request_finished

from .header_policy import OWN, apply_policy, current_request
from .net import add_methods

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

NAME = "make_response"


class FlaskWithPolicy(Flask):
    """An app that records each response that it makes."""

    def make_response(self, rv: ResponseReturnValue) -> Response:
        """Make a response of what a view returned."""
        response = super().make_response(rv)
        req = current_request()
        if req is not None:
            req.environ[OWN] = response
        return response


def init_app(app: Flask) -> None:
    """Make the app record its responses."""
    add_methods(app, FlaskWithPolicy)


@request_finished.connect
def add_headers(app: Flask, response: Response, **_: object) -> None:
    """Add the headers to the response that was made, if it is still that one.

    Of another one ``apply_policy`` would make a copy, for which it is too late.
    """
    if isinstance(app, FlaskWithPolicy):  # not another app of this process
        apply_policy(response)
