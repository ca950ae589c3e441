"""The route for whoever watches the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .test_response_kinds import assert_carries_policy
from .wire import ask

if TYPE_CHECKING:
    from flask import Flask


def test_the_app_says_that_it_answers(app: Flask) -> None:
    wire = ask(app, "/health")
    assert (wire.code, wire.body) == (200, b"ok\n")
    assert wire.values("Content-Type") == ["text/plain; charset=utf-8"]
    assert_carries_policy(wire)
