"""The app's first page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.wire import ask

if TYPE_CHECKING:
    from flask import Flask


def test_the_first_page_says_hello(app: Flask) -> None:
    wire = ask(app)
    assert wire.status == "200 OK"
    assert wire.body == b"Hello World"
    assert wire.values("Content-Language") == ["en"]
