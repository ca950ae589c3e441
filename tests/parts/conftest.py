"""What the tests of the parts start from."""

from __future__ import annotations

import os

import pytest
from flask import Flask
from my_flask_app import create_app

from tests.engine.wire import keep_templates

keep_templates()


@pytest.fixture(autouse=True)
def _without_flask_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def app() -> Flask:
    """Make the app as it is served: errors become responses."""
    return create_app({"PROPAGATE_EXCEPTIONS": False})
