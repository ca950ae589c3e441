"""What every test starts from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from {{ cookiecutter.package_name }} import create_app

if TYPE_CHECKING:
    from flask import Flask


CHOICES = {
    "policies": "{{ cookiecutter.header_policy }}",
    "use_cors": "{{ cookiecutter.use_cors }}",
}

# Generated anew with another choice, a project keeps the tests of the first.
collect_ignore = [
    str(folder)
    for kind, choice in CHOICES.items()
    for folder in (Path(__file__).parent / kind).glob("*/")
    if folder.name != choice
]


@pytest.fixture(autouse=True)
def _no_configuration_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def app() -> Flask:
    """Make the app as a server gets it: errors become pages."""
    return create_app({"PROPAGATE_EXCEPTIONS": False})
