"""Each route of the app carries its headers. Yours are found by themselves.

These tests run ``flask headers check``. In the app's configuration, ``HEADERS_SAMPLES``
has parameters for routes, and ``HEADERS_SKIP`` names the endpoints to skip.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask


def test_each_route_carries_its_headers(flask_app: Flask) -> None:
    """Call the views with the methods that change nothing."""
    check(flask_app)


def test_each_method_carries_its_headers(flask_app: Flask) -> None:
    """Call each route with each method, with something harmless in place of its view."""
    for endpoint, view in flask_app.view_functions.items():
        flask_app.view_functions[endpoint] = wraps(view)(lambda **_: "")
    untested = check(flask_app, "--unsafe")
    if untested:
        pytest.skip("\n".join(untested))


def check(app: Flask, *options: str) -> list[str]:
    """Run the command, and return what it says about routes that it did not test."""
    args = ["headers", "check", *options]
    result = app.test_cli_runner().invoke(args=args, catch_exceptions=False)
    if "No such command" in result.output:
        hint = "flask headers was removed: delete tests/test_routes.py as well."
        pytest.fail(hint, pytrace=False)
    if result.exit_code:
        pytest.fail(result.output, pytrace=False)
    lines: list[str] = result.output.splitlines()
    return lines[:-1]  # the last one is a summary
