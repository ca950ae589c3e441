"""Every error is a problem in JSON, and keeps its own headers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from flask import abort, json, make_response
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    TooManyRequests,
    Unauthorized,
)

from tests.engine.response_kinds import KINDS, STATIC, Kind, fail
from tests.engine.wire import RawResponse, fetch

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

OWN_RESPONSE = {
    # These have a handler or a response of their own.
    "abort(Response)",
    "an error handler that returns a tuple",
    "an error handler that calls make_response()",
    "an abort in a blueprint with a handler",
    "a registered handler in debug mode",
    "after_request sets a header and another one raises",
    "abort() with a response of the view's own class",
    # An extension handles errors instead of the app.
    "app.handle_exception replaced",
    "app.handle_exception replaced, after_request raises",
    "an exception in an API with its own error handling",
    "an abort in an API with its own error handling",
    "after_request raises in an API with its own error handling",
}


def problem(response: RawResponse) -> Any:
    """Return the problem that a response must be."""
    assert response.values("Content-Type") == ["application/problem+json"]
    assert response.values("Content-Length") == [str(len(response.body))]
    return json.loads(response.body)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if kind.status >= 400 and kind.name not in OWN_RESPONSE],
    ids=lambda kind: kind.name,
)
def test_an_error_of_this_kind_is_a_problem(app: Flask, kind: Kind) -> None:
    kind.prepare(app)
    body = problem(fetch(app, **kind.request))
    assert body["type"] == "about:blank"
    assert body["status"] == kind.status
    assert body["title"]
    assert "on purpose" not in body["detail"]


def raising(error: Exception) -> Callable[[], NoReturn]:
    """Make a view that raises."""

    def view() -> NoReturn:
        raise error

    return view


def test_a_problem_has_the_error_s_description(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: abort(409, 'It is "taken" \u2603.'))
    assert problem(fetch(app, "/page")) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": 'It is "taken" \u2603.',
    }


def test_a_wrong_method_keeps_allow(app: Flask) -> None:
    response = fetch(app, "/", "DELETE")
    assert problem(response)["status"] == 405
    assert sorted(response.values("Allow")[0].split(", ")) == ["GET", "HEAD", "OPTIONS"]


def test_an_unsatisfiable_range_keeps_content_range(app: Flask) -> None:
    response = fetch(app, STATIC, headers={"Range": "bytes=9999-"})
    assert problem(response)["status"] == 416
    assert response.values("Content-Range")[0].startswith("bytes */")


def test_too_many_requests_keeps_retry_after(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(TooManyRequests(retry_after=7)))
    response = fetch(app, "/page")
    assert problem(response)["status"] == 429
    assert response.values("Retry-After") == ["7"]


def test_unauthorized_keeps_www_authenticate(app: Flask) -> None:
    challenge = WWWAuthenticate("basic", {"realm": "app"})
    error = Unauthorized(www_authenticate=challenge)
    app.add_url_rule("/page", "page", raising(error))
    response = fetch(app, "/page")
    assert problem(response)["status"] == 401
    assert response.values("WWW-Authenticate") == [challenge.to_header()]


def test_an_exception_s_message_is_not_sent(app: Flask) -> None:
    app.add_url_rule("/page", "page", fail)
    assert problem(fetch(app, "/page"))["title"] == "Internal Server Error"


def test_an_error_with_a_response_of_its_own_keeps_it(app: Flask) -> None:
    def view() -> NoReturn:
        raise BadRequest(response=make_response({"errors": ["a"]}, 400))

    app.add_url_rule("/page", "page", view)
    response = fetch(app, "/page")
    assert response.code == 400
    assert json.loads(response.body) == {"errors": ["a"]}


def test_a_redirect_is_not_a_problem(app: Flask) -> None:
    app.add_url_rule("/page/", "page", lambda: "text")
    response = fetch(app, "/page")
    assert response.code == 308
    assert response.values("Location") == ["http://localhost/page/"]


class SeeOther(HTTPException):
    """An exception of an app that is no error."""

    code = 303


def test_a_redirect_that_is_raised_is_not_a_problem(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(SeeOther()))
    response = fetch(app, "/page")
    assert response.code == 303
    assert response.values("Content-Type") == ["text/html; charset=utf-8"]


class RetryWith(HTTPException):
    """A status that Python does not know."""

    code = 449
    description = "once more"


def test_the_title_is_the_phrase_of_the_status(app: Flask) -> None:
    # Python's phrase of 414 differs from Werkzeug's.
    app.add_url_rule("/long", "long", lambda: abort(414))
    app.add_url_rule("/retry", "retry", raising(RetryWith()))
    assert problem(fetch(app, "/long"))["title"] == HTTPStatus(414).phrase
    assert problem(fetch(app, "/retry"))["title"] == RetryWith().name
