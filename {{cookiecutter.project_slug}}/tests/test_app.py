"""The app starts, is configured and says that it is alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from conftest import Fetch, MakeApp


def test_the_app_starts(flask_app: Flask) -> None:
    assert flask_app.url_map


def test_configuration_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, make_app: MakeApp
) -> None:
    monkeypatch.setenv("FLASK_SET_BY_A_TEST", "1")
    assert make_app().config.get("SET_BY_A_TEST") == 1


def test_configuration_that_is_passed_takes_precedence(
    monkeypatch: pytest.MonkeyPatch, make_app: MakeApp
) -> None:
    monkeypatch.setenv("FLASK_SET_BY_A_TEST", "1")
    assert make_app(SET_BY_A_TEST=2).config.get("SET_BY_A_TEST") == 2


def test_the_app_is_alive(flask_app: Flask, fetch: Fetch) -> None:
    if "/health" not in [rule.rule for rule in flask_app.url_map.iter_rules()]:
        pytest.skip("this app has no /health")
    code = fetch("/health").code
    assert code == 200, "/health must not need a login: what watches the app has none."
