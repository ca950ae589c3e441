"""The page ``/_headers``, which exists in debug mode only."""

from __future__ import annotations

import html

import pytest
from flask import Flask
from my_flask_app.response_headers import (
    NONCE,
    Csp,
    PageCsp,
    ResponseHeaders,
    Value,
    override_headers,
)

from tests.engine.wire import fetch

from .conftest import NAME, POLICY, VALUE, make_app

PATH = "/_headers"
CSP = "Content-Security-Policy"
PAGES = PageCsp({"style-src": ["'self'"]}, {"style-src": ["'self'", NONCE]}, {})


@pytest.fixture
def debugged(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Make the app as ``flask run --debug`` does."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    return make_app()


@pytest.mark.parametrize(("debug", "status"), [("0", 404), ("1", 200)])
def test_it_exists_in_debug_mode_only(
    monkeypatch: pytest.MonkeyPatch, debug: str, status: int
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", debug)
    app = make_app()
    assert (PATH in [rule.rule for rule in app.url_map.iter_rules()]) is (debug == "1")
    assert fetch(app, PATH).code == status


def test_it_shows_what_set_each_header(debugged: Flask) -> None:
    response = fetch(debugged, PATH)
    page = response.body.decode()
    assert response.code == 200
    assert "<h2>0 violations</h2>" in page
    assert "<code>GET /static/README.txt</code>" in page
    assert "<td>policy</td>" in page
    assert f'<td class="value">{VALUE}</td>' in page
    assert f'<th scope="col">{NAME}</th>' in page
    assert response.values(NAME) == [VALUE]


def test_it_marks_violations(debugged: Flask) -> None:
    theirs = {NAME: "theirs"}
    debugged.add_url_rule("/page", "page", lambda: ("", theirs))
    debugged.add_url_rule("/more", "more", lambda: ("", theirs | {"X-Secure": "1"}))
    page = fetch(debugged, PATH).body.decode()
    assert "<h2>3 violations</h2>" in page
    cell = '<td class="violation"><strong>violation</strong>: view</td>'
    assert page.count(cell) == 3


def test_it_does_not_request_itself_or_the_debugger(debugged: Flask) -> None:
    debugged.add_url_rule("/fail", "fail", lambda: str(1 / 0))
    page = html.unescape(fetch(debugged, PATH).body.decode())
    assert "<code>/_headers</code>, it would send these requests again" in page
    assert "<code>500</code>, in debug mode exceptions end in the debugger's" in page
    assert "<code>GET /fail</code>, it ends in the debugger's page: raised Zero" in page
    assert "(500)" not in page


@pytest.mark.parametrize(
    ("csp", "styled"),
    [
        (None, True),
        (PAGES, True),
        (Csp({"default-src": ["'none'"]}), False),
        ("default-src 'none'", False),
    ],
)
def test_it_has_a_style_if_the_app_s_policy_allows_one(
    debugged: Flask, csp: Value | None, *, styled: bool
) -> None:
    more: list[tuple[str, Value]] = [(CSP, csp)] if csp else []
    ResponseHeaders([*POLICY, *more], where="policy").init_app(debugged)
    response = fetch(debugged, PATH)
    assert (b"<style" in response.body) is styled
    assert b"style=" not in response.body
    if csp is PAGES:
        nonce = response.body.partition(b'<style nonce="')[2].partition(b'"')[0]
        assert f"'nonce-{nonce.decode()}'" in response.values(CSP)[0]


def test_a_setting_that_cannot_be_used_is_an_error(debugged: Flask) -> None:
    debugged.config["HEADERS_SKIP"] = ["slip"]
    with pytest.raises(ValueError, match="HEADERS_SKIP has 'slip'"):
        fetch(debugged, PATH)


def test_it_shows_overrides_that_remove_what_nothing_sets(debugged: Flask) -> None:
    view = override_headers({"X-Nothing": None})(lambda: "")
    debugged.add_url_rule("/page", "page", view)
    page = fetch(debugged, PATH).body.decode()
    assert "<h2>1 violation</h2>" in page
    assert "it removes X-Nothing, which nothing sets" in page
