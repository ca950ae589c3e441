"""Every error is a page, and keeps its own headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from flask import abort, make_response
from jinja2 import DictLoader
from my_flask_app import create_app
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    TooManyRequests,
    Unauthorized,
)

from tests.engine.response_kinds import KINDS, STATIC, Kind, fail
from tests.engine.wire import RawResponse, fetch

from .test_problems import OWN_RESPONSE, RetryWith, SeeOther, raising

if TYPE_CHECKING:
    from flask import Flask

UNTRUSTED = {"a host that is not trusted"}
"""Kinds in which no URL can be made, so the page is Werkzeug's."""


def assert_is_page(response: RawResponse, title: str = "") -> str:
    """Check that a response is a page of the app, and return that."""
    page = response.body.decode()
    assert response.values("Content-Type") == ["text/html; charset=utf-8"]
    assert response.values("Content-Length") == [str(len(response.body))]
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert f"<title>{title or response.code}" in page
    assert re.search(r'<link rel="stylesheet" href="/static/style.css', page)
    assert page.count('<a class="button" href="/">Home</a>') == 1
    assert "nonce" not in page
    return page


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in KINDS
        if kind.status >= 400 and kind.name not in OWN_RESPONSE | UNTRUSTED
    ],
    ids=lambda kind: kind.name,
)
def test_an_error_of_this_kind_is_a_page(app: Flask, kind: Kind) -> None:
    kind.prepare(app)
    response = fetch(app, **kind.request)
    assert response.code == kind.status
    assert "on purpose" not in assert_is_page(response)


def test_a_page_has_the_error_s_name_and_description(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: abort(409, "It is <taken> \u2603."))
    page = assert_is_page(fetch(app, "/page"), "409 Conflict</title>")
    assert "<h1>Conflict</h1>" in page
    assert "<p>It is &lt;taken&gt; \u2603.</p>" in page


def test_a_status_that_is_not_known_has_a_page(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(RetryWith()))
    assert "once more" in assert_is_page(fetch(app, "/page"))


class Teapot(HTTPException):
    """An error without a description."""

    code = 418


def test_an_error_without_a_description_has_a_page(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(Teapot()))
    assert "None" not in assert_is_page(fetch(app, "/page"))


def test_a_wrong_method_keeps_allow(app: Flask) -> None:
    response = fetch(app, "/", "DELETE")
    assert_is_page(response, "405 Method Not Allowed")
    assert sorted(response.values("Allow")[0].split(", ")) == ["GET", "HEAD", "OPTIONS"]


def test_an_unsatisfiable_range_keeps_content_range(app: Flask) -> None:
    response = fetch(app, STATIC, headers={"Range": "bytes=9999-"})
    assert_is_page(response, "416 ")
    assert response.values("Content-Range")[0].startswith("bytes */")


def test_too_many_requests_keeps_retry_after(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(TooManyRequests(retry_after=7)))
    response = fetch(app, "/page")
    assert_is_page(response, "429 Too Many Requests")
    assert response.values("Retry-After") == ["7"]


def test_unauthorized_keeps_www_authenticate(app: Flask) -> None:
    challenge = WWWAuthenticate("basic", {"realm": "app"})
    app.add_url_rule("/page", "page", raising(Unauthorized(www_authenticate=challenge)))
    response = fetch(app, "/page")
    assert_is_page(response, "401 Unauthorized")
    assert response.values("WWW-Authenticate") == [challenge.to_header()]


def test_an_exception_has_the_id_of_the_request_and_not_its_message(app: Flask) -> None:
    app.add_url_rule("/page", "page", fail)
    response = fetch(app, "/page")
    page = assert_is_page(response, "500 Internal Server Error")
    (request_id,) = response.values("X-Request-ID")
    assert f"<code>{request_id}</code>" in page
    assert "on purpose" not in page
    assert "<code>" not in assert_is_page(fetch(app, "/no/such/page"))


def test_head_has_the_headers_of_the_page_and_no_body(app: Flask) -> None:
    get, head = fetch(app, "/no/such/page"), fetch(app, "/no/such/page", "HEAD")
    assert head.code == 404
    assert head.body == b""
    assert head.values("Content-Length") == get.values("Content-Length")


def test_a_mounted_app_links_to_its_own_home(app: Flask) -> None:
    mounted = {"SCRIPT_NAME": '/a "shop"'}
    page = fetch(app, "/no/such/page", environ_overrides=mounted).body.decode()
    assert 'href="/a%20%22shop%22/">Home</a>' in page


def test_an_error_with_a_page_of_its_own_keeps_it(app: Flask) -> None:
    error = BadRequest(response=make_own_page(app))
    app.add_url_rule("/page", "page", raising(error))
    response = fetch(app, "/page")
    assert response.code == 400
    assert response.body == b"<h1>Own</h1>"


def make_own_page(app: Flask) -> object:
    """Make a response."""
    with app.test_request_context():
        return make_response("<h1>Own</h1>", 400)


class Json(HTTPException):
    """An error with a body of its own."""

    code = 422

    def get_response(self, *_: object) -> object:  # type: ignore[override]
        """Return JSON."""
        response = super().get_response()
        response.data = "{}"
        response.content_type = "application/json"
        return response


def test_an_error_that_is_no_html_stays_as_it_is(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(Json()))
    response = fetch(app, "/page")
    assert response.code == 422
    assert response.body == b"{}"


def test_a_redirect_is_no_page(app: Flask) -> None:
    app.add_url_rule("/page/", "page", lambda: "text")
    response = fetch(app, "/page")
    assert response.code == 308
    assert response.values("Location") == ["http://localhost/page/"]
    assert b"style.css" not in response.body


def test_a_redirect_that_is_raised_is_no_page(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(SeeOther()))
    response = fetch(app, "/page")
    assert response.code == 303
    assert b"style.css" not in response.body


BROKEN = {
    "missing": {},
    "with a mistake": {"error.html": "{% if %}"},
    "that raises": {"error.html": "{{ 1 / 0 }}"},
    "with a wrong endpoint": {"error.html": "{{ url_for('no such endpoint') }}"},
}


@pytest.mark.parametrize("templates", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize(("path", "code"), [("/no/such/page", 404), ("/page", 500)])
def test_with_a_template_that_fails_flask_s_page_is_sent(
    app: Flask,
    caplog: pytest.LogCaptureFixture,
    templates: dict[str, str],
    path: str,
    code: int,
) -> None:
    app.jinja_loader = DictLoader(templates)  # type: ignore[assignment]
    app.add_url_rule("/page", "page", fail)
    response = fetch(app, path)
    assert response.code == code
    assert response.body.startswith(b"<!doctype html>\n<html lang=en>\n")
    assert response.values("Content-Length") == [str(len(response.body))]
    assert response.values("Custom-Header") == ["Some value"]
    assert [text for text in caplog.messages if text.startswith("error.html: ")]


def test_in_debug_mode_an_exception_is_left_to_the_debugger() -> None:
    app = create_app({"DEBUG": True})
    app.add_url_rule("/page", "page", fail)
    with pytest.raises(RuntimeError, match="on purpose"):
        fetch(app, "/page")
    assert_is_page(fetch(app, "/no/such/page"), "404 Not Found")


def test_a_handler_of_the_app_comes_first(app: Flask) -> None:
    def own(_: HTTPException) -> tuple[str, int]:
        return "own", 404

    app.register_error_handler(404, own)
    assert fetch(app, "/no/such/page").body == b"own"
