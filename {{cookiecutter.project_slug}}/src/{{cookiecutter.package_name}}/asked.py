"""What ``flask headers`` and the tests ask the app for. This is a file to edit."""

from __future__ import annotations

from typing import Any

PARAMETERS: dict[str, dict[str, Any]] = {
    "static": {"filename": "README.txt"},
}
"""For each endpoint that has parameters, a value for each, as ``url_for()`` takes them."""

NOT_ASKED: set[str] = set()
"""Endpoints to leave alone, such as one that sends mail or waits behind a login."""
