"""The page ``/_headers``, which exists in debug mode only."""

from __future__ import annotations

import html
import re
from time import sleep

import pytest
from flask import Flask, render_template_string
from my_flask_app.response_headers import (
    NONCE,
    Csp,
    PageCsp,
    ResponseHeaders,
    Value,
    override_headers,
)
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tests.engine.wire import fetch

from .conftest import NAME, POLICY, VALUE, change_headers, make_app, without

PATH = "/_headers"
CSP = "Content-Security-Policy"
PAGES = PageCsp({"style-src": ["'self'"]}, {"style-src": ["'self'", NONCE]}, {})


@pytest.fixture
def debugged(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Make the app as ``flask run --debug`` does."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    return make_app()


def text_of(markup: str) -> str:
    """What a reader sees of a piece of HTML."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", markup)).split())


def read(app: Flask, query: str = "") -> str:
    """Fetch the page, and return what a reader sees."""
    return text_of(markup(app, query))


def markup(app: Flask, query: str = "") -> str:
    return fetch(app, PATH + query).body.decode().partition("</style>")[2]


def table(app: Flask, query: str = "") -> dict[str, dict[str, str]]:
    """Return the marks of each header in the table, by column."""
    part = markup(app, query).partition("<table")[2].partition("</table>")[0]
    rows = [re.findall("<t[hd].*?</t[hd]>", row) for row in part.split("</tr>")]
    (_, *heads), *rest = ([text_of(cell) for cell in row] for row in rows if row)
    return {name: dict(zip(heads, cells, strict=True)) for name, *cells in rest}


@pytest.mark.parametrize(("debug", "status"), [("0", 404), ("1", 200)])
def test_it_exists_in_debug_mode_only(
    monkeypatch: pytest.MonkeyPatch, debug: str, status: int
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", debug)
    app = make_app()
    assert (PATH in [rule.rule for rule in app.url_map.iter_rules()]) is (debug == "1")
    assert fetch(app, PATH).code == status


def test_it_shows_what_set_each_header(debugged: Flask) -> None:
    page = read(debugged)
    assert "6 requests over HTTP, measured at " in page
    assert "0 violations Each response has the headers of the policy" in page
    assert f"200 GET /static/README.txt P {NAME} {VALUE} P Vary X-Asked" in page
    heads = ["/", "/static/README.txt", "404", "405", "OPTIONS", "redirect"]
    assert table(debugged)[NAME] == dict.fromkeys(heads, "P")
    assert table(debugged)["Allow"]["/"] == ""
    assert table(debugged)["Allow"]["OPTIONS"] == "F"
    assert fetch(debugged, PATH).values(NAME) == [VALUE]


def test_it_says_how_long_the_requests_took(debugged: Flask) -> None:
    def show_slowly() -> str:
        sleep(0.2)
        return ""

    debugged.add_url_rule("/slow", "slow", show_slowly)
    found = re.search(r"measured at \d\d:\d\d:\d\d, in (\S+) s", read(debugged))
    assert found
    assert float(found[1]) >= 0.2


def test_it_marks_violations(debugged: Flask) -> None:
    theirs = {NAME: "theirs"}
    debugged.add_url_rule("/page", "page", lambda: ("", theirs))
    debugged.add_url_rule("/more", "more", lambda: ("", theirs | {"X-Secure": "1"}))
    page = read(debugged)
    one = f"GET /more (200) , GET /page (200) : {NAME}: expected 'its value', found"
    assert f"3 violations {one} theirs (view) GET /more (200) : X-Secure" in page
    marks = table(debugged)
    assert [marks[NAME][each] for each in ("/", "/page", "/more")] == ["P", "V!", "V!"]
    assert marks["X-Secure"]["/more"] == "V!"
    assert marks["X-Secure"]["/page"] == ""


def test_it_marks_what_is_missing_or_sent_twice(debugged: Flask) -> None:
    change_headers(debugged, without("Cache-Control"))
    change_headers(debugged, lambda rows: [*rows, (NAME, VALUE)])
    marks = table(debugged)
    assert marks["Cache-Control"]["404"] == "-!"
    assert marks[NAME]["404"] == "P! M!"


def test_responses_with_the_same_marks_share_a_column(debugged: Flask) -> None:
    for number in range(1, 8):
        debugged.add_url_rule(f"/{number}", f"page{number}", lambda: "Hello")
    debugged.add_url_rule("/json", "json", lambda: ({}, {"X-View": "1"}))
    debugged.add_url_rule("/new", "new", lambda: ("", 201))
    debugged.add_url_rule("/gone", "gone", lambda: ("", 404))
    debugged.add_url_rule("/euro", "euro", lambda: ({}, {"X-View": "€"}))
    marks = table(debugged)
    others = {"/new": "", "/gone": "", "404": ""}
    expected = {
        "8 \N{MULTIPLICATION SIGN} /": "",
        "/json": "V",
        "/euro": "V!",
        **others,
    }
    assert marks["X-View"] == marks["X-View"] | expected
    page = read(debugged)
    assert "200 GET / and 7 more GET /, GET /1, GET /2, " in page
    assert "Content-Length 11 5 200" in page


def test_pages_of_a_mounted_app_share_a_column(debugged: Flask) -> None:
    other = Flask("other")
    for path in ("/a", "/b"):
        other.add_url_rule(path, path, lambda: "Hello")
    mounts = DispatcherMiddleware(debugged.wsgi_app, {"/other": other})
    debugged.wsgi_app = mounts  # type: ignore[method-assign]
    assert "2 \N{MULTIPLICATION SIGN} /other/a" in table(debugged)["Content-Type"]


def test_it_shows_three_of_many_values(debugged: Flask) -> None:
    for number in range(1, 6):
        debugged.add_url_rule(f"/{number}", f"page{number}", lambda n=number: "x" * n)
    assert "F Content-Length 11 1 2 and 3 more" in read(debugged)


def test_it_shows_one_directive_a_line_and_no_nonce(debugged: Flask) -> None:
    csp = PageCsp({"style-src": ["'self'"]}, {"style-src": ["'self'", NONCE]}, {})
    ResponseHeaders([*POLICY, (CSP, csp)], where="policy").init_app(debugged)
    for number in (1, 2):
        view = lambda: render_template_string("{{ csp_nonce() }}")  # noqa: E731
        debugged.add_url_rule(f"/{number}", f"page{number}", view)
    directives = "<div>style-src 'self' 'nonce-…';\nupgrade-insecure-requests</div>"
    page = html.unescape(
        fetch(debugged, PATH, base_url="https://localhost").body.decode()
    )
    assert page.count(directives) == 1


def test_it_does_not_request_itself_or_the_debugger(debugged: Flask) -> None:
    debugged.add_url_rule("/fail", "fail", lambda: str(1 / 0))
    page = read(debugged)
    assert "/_headers : it would send these requests again" in page
    assert "500 : in debug mode exceptions end in the debugger's page" in page
    assert "GET /fail : it ends in the debugger's page: raised Zero" in page
    assert "(500)" not in page


def test_what_was_not_checked_for_the_same_reason_is_one_line(debugged: Flask) -> None:
    for number in range(1, 8):
        debugged.add_url_rule(f"/{number}", f"buy{number}", str, methods=["POST"])
    line = "POST /1 , POST /2 , POST /3 , POST /4 , POST /5 and 2 more: it may change"
    assert line in read(debugged)


@pytest.mark.parametrize("route", ["item", "/item/<int:number>"])
def test_it_shows_one_route(debugged: Flask, route: str) -> None:
    def show_number(number: int) -> str:
        return str(number)

    debugged.add_url_rule("/item/<int:number>", "item", show_number)
    link = 'href="?route=/item/%3Cint%3Anumber%3E"'
    assert link in markup(debugged)
    page = read(debugged, f"?route={route}")
    assert "1 request over" in page
    assert f"Only {route} : show all routes" in page
    assert [*table(debugged, f"?route={route}")[NAME]] == ["/item/1"]
    assert f'href="{PATH}"' in markup(debugged, f"?route={route}")


def test_an_unknown_route_is_not_found(debugged: Flask) -> None:
    response = fetch(debugged, f"{PATH}?route=helo")
    assert response.code == 404
    error = "'helo' is neither an endpoint nor a URL rule. Use one of: /, "
    assert error in html.unescape(response.body.decode())


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
    page = read(debugged)
    assert "1 violation override of route page: it removes X-Nothing" in page
