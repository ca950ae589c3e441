"""The page ``/_headers``, which is there in debug mode only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from {{ cookiecutter.package_name }} import create_app
from {{ cookiecutter.package_name }}.precedence import wanted_by

from .conftest import NAMES, OWN
from tests.wire import ask

if TYPE_CHECKING:
    from flask import Flask

PATH = "/_headers"


@pytest.fixture
def debugged(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Make the app as ``flask run --debug`` does."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    return create_app()


def test_outside_of_debug_mode_there_is_no_such_page() -> None:
    app = create_app()
    assert ask(app, PATH).code == 404
    assert PATH not in [rule.rule for rule in app.url_map.iter_rules()]


def test_it_shows_who_set_what(debugged: Flask) -> None:
    wire = ask(debugged, PATH)
    page = wire.body.decode()
    assert wire.code == 200
    assert "<h2>0 faults</h2>" in page
    assert "<code>GET /static/README.txt</code>" in page
    assert "<td>policy</td>" in page
    assert f'<td class="value">{OWN[1]}</td>' in page
    for name, value in wire.headers:
        if name in NAMES:
            assert f'<th scope="col">{name}</th>' in page
            assert wire.values(name) == [value]


def test_it_marks_faults(debugged: Flask) -> None:
    debugged.add_url_rule("/page", "page", lambda: ("", {OWN[0]: "its own"}))
    page = ask(debugged, PATH).body.decode()
    assert "<h2>1 fault</h2>" in page
    assert '<td class="fault"><strong>fault</strong>: view</td>' in page


def test_it_goes_out_under_the_app_s_own_policy(debugged: Flask) -> None:
    wire = ask(debugged, PATH)
    names = wanted_by(debugged, None).names
    csp = wire.values("Content-Security-Policy")
    assert len(csp) == ("content-security-policy" in names)
    style = b"<style" in wire.body
    assert style is (not csp or "'nonce-" in csp[0])


def test_a_slip_in_the_table_is_told(
    debugged: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("{{ cookiecutter.package_name }}.asked.NOT_ASKED", {"slip"})
    with pytest.raises(LookupError, match="NOT_ASKED names 'slip'"):
        ask(debugged, PATH)
