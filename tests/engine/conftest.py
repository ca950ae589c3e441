"""What the tests of the engine start from."""

from __future__ import annotations

import gc
import os

import pytest


@pytest.fixture(autouse=True)
def _without_flask_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)


def pytest_collection_finish() -> None:
    """Spare the garbage collector the thousands of tests: that is a tenth of the time."""
    gc.freeze()
