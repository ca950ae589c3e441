"""The app's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from {{ cookiecutter.package_name }} import create_app

if TYPE_CHECKING:
    import pytest


def test_configuration_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLASK_MAX_CONTENT_LENGTH", "1000")
    assert create_app().config["MAX_CONTENT_LENGTH"] == 1000


def test_configuration_given_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLASK_MAX_CONTENT_LENGTH", "1000")
    app = create_app({"MAX_CONTENT_LENGTH": 2000})
    assert app.config["MAX_CONTENT_LENGTH"] == 2000
