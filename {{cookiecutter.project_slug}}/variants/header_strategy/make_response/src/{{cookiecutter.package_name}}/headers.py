"""HOW the headers get onto a response: ``make_response``.

Flask calls ``Flask.make_response`` with whatever a view, an error handler or Flask
itself answers, to make it a response object. The headers go on there.
https://flask.palletsprojects.com/api/#flask.Flask.make_response

Your own functions work on bare responses. What ``flask.make_response()`` returns inside
a view has only the headers that the view gives it; it passes here again when the view
returns it. A function that Flask calls after the view gets the response without the
policy's headers, and they go on again when it returns.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, has_request_context, request
from werkzeug.wrappers import Response as AnyResponse

from .precedence import put_headers_on, take_headers_off

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

_busy_with: ContextVar[object] = ContextVar("busy_with", default=None)
"""The environ of the request for which a function of yours is running."""


class App(Flask):
    """A Flask app that puts the headers on when it makes a response."""

    def make_response(self, rv: ResponseReturnValue) -> Response:
        """Make a response of what a view returned, and put the headers on."""
        response = super().make_response(rv)
        busy_with = _busy_with.get()
        if busy_with is None or busy_with is not _current_environ():
            put_headers_on(response, self)
        return response

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Note when a function of yours runs: Flask passes each through here.

        https://flask.palletsprojects.com/api/#flask.Flask.ensure_sync
        """
        run = super().ensure_sync(func)

        def noted(*args: Any, **kwargs: Any) -> Any:
            token = _busy_with.set(_current_environ())
            try:
                if args and isinstance(args[0], Response):
                    return self._run_on_bare(run, *args, **kwargs)
                return run(*args, **kwargs)
            finally:
                _busy_with.reset(token)

        return noted

    def _run_on_bare(
        self,
        run: Callable[..., Any],
        response: Response,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Take the headers off a response while a function has it."""
        take_headers_off(response)
        try:
            returned = run(response, *args, **kwargs)
        finally:
            put_headers_on(response, self)
        if isinstance(returned, AnyResponse) and returned is not response:
            returned = super().make_response(returned)
            put_headers_on(returned, self)
        return returned


def new_app(import_name: str, **options: Any) -> Flask:
    """Make a Flask app, with the options of ``Flask()``, that sets the headers."""
    return App(import_name, **options)


def _current_environ() -> object:
    return request.environ if has_request_context() else None
