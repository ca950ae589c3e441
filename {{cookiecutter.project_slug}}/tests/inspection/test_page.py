"""The page ``/_headers``, which is there in debug mode only."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest

from {{ cookiecutter.package_name }} import create_app, precedence

from .conftest import NAME, POLICY, VALUE, new_app
from tests.wire import ask

if TYPE_CHECKING:
    from flask import Flask

PATH = "/_headers"


@pytest.fixture
def debugged(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Make the app as ``flask run --debug`` does."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    return new_app()


def has_page(app: Flask) -> bool:
    return PATH in [rule.rule for rule in app.url_map.iter_rules()]


def test_it_is_there_in_debug_mode_only(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app()
    assert not has_page(app)
    assert ask(app, PATH).code == 404
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert has_page(create_app())


def test_it_shows_who_set_what(debugged: Flask) -> None:
    wire = ask(debugged, PATH)
    page = wire.body.decode()
    assert wire.code == 200
    assert "<h2>0 faults</h2>" in page
    assert "<code>GET /static/README.txt</code>" in page
    assert "<td>policy</td>" in page
    assert f'<td class="value">{VALUE}</td>' in page
    assert f'<th scope="col">{NAME}</th>' in page
    assert wire.values(NAME) == [VALUE]


def test_it_marks_faults(debugged: Flask) -> None:
    own = {NAME: "its own"}
    debugged.add_url_rule("/page", "page", lambda: ("", own))
    debugged.add_url_rule("/more", "more", lambda: ("", own | {"X-Secure": "1"}))
    page = ask(debugged, PATH).body.decode()
    assert "<h2>3 faults</h2>" in page
    assert page.count('<td class="fault"><strong>fault</strong>: view</td>') == 3


def test_it_does_not_ask_for_itself_or_for_the_debugger(debugged: Flask) -> None:
    page = ask(debugged, PATH).body.decode()
    assert "<code>/_headers</code>: the table's own page" in html.unescape(page)
    assert "ends in the debugger's page" in html.unescape(page)
    assert "(500)" not in page


@pytest.mark.parametrize("csp", [None, "default-src 'none'"])
def test_it_has_a_style_where_the_app_s_policy_allows_one(
    debugged: Flask, csp: str | None
) -> None:
    more = [("Content-Security-Policy", csp)] if csp else []
    precedence.init_app(debugged, [*POLICY, *more])
    wire = ask(debugged, PATH)
    assert (b"<style>" in wire.body) is (csp is None)
    assert b"style=" not in wire.body


def test_a_slip_in_the_table_is_told(
    debugged: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("{{ cookiecutter.package_name }}.asked.NOT_ASKED", {"slip"})
    with pytest.raises(LookupError, match="NOT_ASKED names 'slip'"):
        ask(debugged, PATH)
