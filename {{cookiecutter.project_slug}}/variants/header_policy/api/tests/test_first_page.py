"""The app's first answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import json

from tests.wire import ask

if TYPE_CHECKING:
    from flask import Flask


def test_the_first_answer_says_hello(app: Flask) -> None:
    wire = ask(app)
    assert wire.status == "200 OK"
    assert wire.values("Content-Type") == ["application/json"]
    assert json.loads(wire.body) == {"message": "Hello World"}
    assert wire.values("Content-Language") == ["en"]
