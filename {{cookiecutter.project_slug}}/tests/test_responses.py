"""A response of each kind carries the policy: pages, errors, redirects, files.

The routes are those of this file, added to your app.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from flask import Blueprint, abort, redirect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from werkzeug import Response

    from conftest import Fetch, RawResponse

PREFIX = "/routes-of-the-tests"

bp = Blueprint(
    "routes_of_the_tests",
    __name__,
    url_prefix=PREFIX,
    static_folder=Path(__file__).parent,
    static_url_path="/files",
)


@bp.get("/text")
def text() -> str:
    """Return a string."""
    return "text"


@bp.get("/json")
def json() -> dict[str, str]:
    """Return JSON."""
    return {"key": "value"}


@bp.get("/stream")
def stream() -> Iterator[str]:
    """Return a body of unknown length."""
    yield "text"


@bp.get("/redirect")
def elsewhere() -> Response:
    """Redirect."""
    return redirect("/", 302)


@bp.get("/abort")
def stop() -> NoReturn:
    """Abort."""
    abort(410)


@bp.get("/exception")
def fail() -> NoReturn:
    """Raise an exception that nothing handles."""
    msg = "A test raises this on purpose."
    raise RuntimeError(msg)


KINDS = [
    pytest.param("/text", {}, 200, id="text"),
    pytest.param("/json", {}, 200, id="JSON"),
    pytest.param("/stream", {}, 200, id="stream"),
    pytest.param("/redirect", {}, 302, id="redirect"),
    pytest.param("/text", {"method": "HEAD"}, 200, id="HEAD"),
    pytest.param("/text", {"method": "OPTIONS"}, 200, id="OPTIONS"),
    pytest.param("/abort", {}, 410, id="abort"),
    pytest.param("/exception", {}, 500, id="exception"),
    pytest.param("/no/such/page", {}, 404, id="unknown page"),
    pytest.param("/text", {"method": "PUT"}, 405, id="wrong method"),
    pytest.param("/files/conftest.py", {}, 200, id="file"),
    pytest.param(
        "/files/conftest.py", {"headers": {"If-None-Match": "*"}}, 304, id="same file"
    ),
]


@pytest.mark.parametrize(("path", "arguments", "code"), KINDS)
def test_a_response_of_this_kind_carries_the_policy(
    flask_app: Flask, fetch: Fetch, path: str, arguments: dict[str, Any], code: int
) -> None:
    flask_app.register_blueprint(bp)
    check(fetch(PREFIX + path, **arguments), code)


def test_what_a_before_request_function_returns_carries_the_policy(
    flask_app: Flask, fetch: Fetch
) -> None:
    flask_app.before_request(lambda: ("early", 203))
    check(fetch(PREFIX), 203)


def check(response: RawResponse, code: int) -> None:
    """Check a response, which may be another one of your app, such as a login's."""
    response.assert_carries_policy()
    if response.code != code:
        assert response.code < 500, f"{response.request}: see the log below."
        pytest.skip(f"{response.status} was sent instead. It carries the policy.")
