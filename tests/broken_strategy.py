"""A strategy that looks right and misses half of the responses, for the tests.

Flask makes many responses an object of the app's class without calling its
``__init__``: those of errors, redirects and views that return ``flask.Response``.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, has_request_context

from .precedence import put_headers_on


class AppResponse(Response):
    """A response that puts the headers on when it is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_request_context():
            put_headers_on(self, current_app)


def new_app(import_name: str, **options: Any) -> Flask:
    """Make a Flask app that sets the headers on some of its responses."""
    app = Flask(import_name, **options)
    app.response_class = AppResponse
    return app
