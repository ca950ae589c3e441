"""A strategy that looks right and misses half of the responses, for the tests.

Flask makes many responses an object of the app's class without calling its
``__init__``: those of errors, redirects and views that return ``flask.Response``.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response

from .header_policy import current_request, merge_policy

NAME = "broken"


class PolicyResponse(Response):
    """A response that adds the headers when it is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if current_request():
            self.headers[:] = merge_policy(list(self.headers), self)


def init_app(app: Flask) -> None:
    """Set the class."""
    app.response_class = PolicyResponse
