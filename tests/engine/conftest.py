"""What the tests of the engine start from."""

from __future__ import annotations

import os

import pytest
from flask import Flask

from .apps import POLICY, make_app


@pytest.fixture(autouse=True)
def _without_flask_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def app() -> Flask:
    """Make an app that has a policy, and no routes of its own."""
    return make_app(POLICY)
