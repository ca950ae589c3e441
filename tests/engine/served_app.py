"""An app for ``test_server.py``, with what Flask leaves to the server."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask, request
from my_flask_app.response_headers import ResponseHeaders

from .apps import POLICY
from .response_kinds import fail


def failing_stream() -> Iterator[str]:
    yield ""
    fail()


def breaking_stream() -> Iterator[str]:
    yield "one "
    fail()


def working_stream() -> Iterator[str]:
    yield ""
    yield "one "
    yield "two"


def handle(_error: Exception) -> str:
    if request.path == "/handler":
        fail()
    return "handled"


app = Flask(__name__)
app.register_error_handler(500, handle)
app.add_url_rule("/handler", "handler", fail)
app.add_url_rule("/failing-stream", "failing_stream", failing_stream)
app.add_url_rule("/breaking-stream", "breaking_stream", breaking_stream)
app.add_url_rule("/stream", "stream", working_stream)
app.add_url_rule("/page", "page", lambda: "text")
ResponseHeaders(POLICY).init_app(app)
