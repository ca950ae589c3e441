"""HOW the headers get onto a response: ``make_response``.

Flask calls ``Flask.make_response`` with whatever a view, an error handler or Flask
itself answers, to make it a response object. The headers go on there.
https://flask.palletsprojects.com/api/#flask.Flask.make_response

Views call it too, through ``flask.make_response()``, to get a response they can work
on. That one stays bare, so that a view starts from its own headers, not from the
policy's: it passes here again when the view returns it.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from flask import Flask

from .precedence import put_headers_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from flask.typing import ResponseReturnValue

_in_a_view: ContextVar[bool] = ContextVar("in_a_view", default=False)


class App(Flask):
    """A Flask app that puts the headers on when it makes a response."""

    def make_response(self, rv: ResponseReturnValue) -> Response:
        """Make a response of what a view returned, and put the headers on."""
        response = super().make_response(rv)
        if not _in_a_view.get():
            put_headers_on(response)
        return response

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Note when a view runs: Flask passes every function it calls through here.

        https://flask.palletsprojects.com/api/#flask.Flask.ensure_sync
        """
        run = super().ensure_sync(func)

        def noted(*args: Any, **kwargs: Any) -> Any:
            token = _in_a_view.set(True)
            try:
                return run(*args, **kwargs)
            finally:
                _in_a_view.reset(token)

        return noted


def new_app(import_name: str, **options: Any) -> Flask:
    """Make a Flask app, with the options of ``Flask()``, that sets the headers."""
    return App(import_name, **options)
