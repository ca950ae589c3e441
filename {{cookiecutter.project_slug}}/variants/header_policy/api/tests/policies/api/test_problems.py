"""Every error is a problem in JSON, and keeps the headers that tell what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from flask import abort, json, make_response
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, TooManyRequests, Unauthorized

from tests.response_kinds import KINDS, STATIC, Kind, fail
from tests.wire import Wire, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

NOT_THE_APPS = {
    # These answer by themselves: with the user's own handler or response.
    "abort(Response)",
    "an error handler that returns a tuple",
    "an error handler that calls make_response()",
    "an abort in a blueprint with a handler",
    "a registered handler in debug mode",
    "after_request sets a header and another one raises",
}


def problem(wire: Wire) -> Any:
    """The problem of a response, which must be one."""
    assert wire.values("Content-Type") == ["application/problem+json"]
    assert wire.values("Content-Length") == [str(len(wire.body))]
    return json.loads(wire.body)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if kind.status >= 400 and kind.name not in NOT_THE_APPS],
    ids=lambda kind: kind.name,
)
def test_an_error_of_this_kind_is_a_problem(app: Flask, kind: Kind) -> None:
    kind.prepare(app)
    found = problem(ask(app, **kind.request))
    assert found["type"] == "about:blank"
    assert found["status"] == kind.status
    assert found["title"]
    assert "on purpose" not in found["detail"]


def raising(error: Exception) -> Callable[[], NoReturn]:
    """Make a view that raises."""

    def view() -> NoReturn:
        raise error

    return view


def test_a_problem_tells_what_the_error_tells(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: abort(409, 'It is "taken" \u2603.'))
    assert problem(ask(app, "/page")) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": 'It is "taken" \u2603.',
    }


def test_a_wrong_method_keeps_allow(app: Flask) -> None:
    wire = ask(app, "/", "DELETE")
    assert problem(wire)["status"] == 405
    assert sorted(wire.values("Allow")[0].split(", ")) == ["GET", "HEAD", "OPTIONS"]


def test_a_range_that_is_not_there_keeps_content_range(app: Flask) -> None:
    wire = ask(app, STATIC, headers={"Range": "bytes=9999-"})
    assert problem(wire)["status"] == 416
    assert wire.values("Content-Range")[0].startswith("bytes */")


def test_too_many_requests_keeps_retry_after(app: Flask) -> None:
    app.add_url_rule("/page", "page", raising(TooManyRequests(retry_after=7)))
    wire = ask(app, "/page")
    assert problem(wire)["status"] == 429
    assert wire.values("Retry-After") == ["7"]


def test_unauthorized_keeps_www_authenticate(app: Flask) -> None:
    challenge = WWWAuthenticate("basic", {"realm": "app"})
    error = Unauthorized(www_authenticate=challenge)
    app.add_url_rule("/page", "page", raising(error))
    wire = ask(app, "/page")
    assert problem(wire)["status"] == 401
    assert wire.values("WWW-Authenticate") == [challenge.to_header()]


def test_an_exception_tells_nothing_of_itself(app: Flask) -> None:
    app.add_url_rule("/page", "page", fail)
    assert problem(ask(app, "/page"))["title"] == "Internal Server Error"


def test_an_error_with_an_answer_of_its_own_keeps_it(app: Flask) -> None:
    def view() -> NoReturn:
        raise BadRequest(response=make_response({"errors": ["a"]}, 400))

    app.add_url_rule("/page", "page", view)
    wire = ask(app, "/page")
    assert wire.code == 400
    assert json.loads(wire.body) == {"errors": ["a"]}


def test_a_redirect_is_no_problem(app: Flask) -> None:
    app.add_url_rule("/page/", "page", lambda: "text")
    wire = ask(app, "/page")
    assert wire.code == 308
    assert wire.values("Location") == ["http://localhost/page/"]
