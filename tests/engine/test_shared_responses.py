"""Requests that share a response object, at the same time, do not mix their headers."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask, Response, abort, make_response, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from my_flask_app.response_headers import (
    RequestId,
    TrustRequestId,
    Value,
    override_headers,
)

from .apps import POLICY, bare_app, set_policy
from .wire import RawResponse, fetch

THREADS = 8
REQUESTS = 100

ROWS: list[tuple[str, Value]] = [*POLICY, ("X-Request-ID", RequestId())]


class SlowSessions(SecureCookieSessionInterface):
    """Sessions that take a while to save: other threads get their turn meanwhile."""

    def save_session(self, _app: Flask, _session: SessionMixin, _: Response) -> None:
        """Save nothing, slowly."""
        time.sleep(0.002)


def plain(_app: Flask) -> None:
    """Add nothing."""


def slow_sessions(app: Flask) -> None:
    app.secret_key = "only for this test"  # noqa: S105
    app.session_interface = SlowSessions()


def returned(shared: Response) -> ResponseReturnValue:
    return shared


def aborted(shared: Response) -> ResponseReturnValue:
    abort(shared)


def in_a_tuple(shared: Response) -> ResponseReturnValue:
    return shared, 200, {}


def made(shared: Response) -> ResponseReturnValue:
    return make_response(shared)


def fetch_from_threads(app: Flask) -> dict[str, RawResponse]:
    """Send requests from many threads and return each response by the id sent."""
    barrier = Barrier(THREADS)

    def fetch_many(thread: int) -> dict[str, RawResponse]:
        ids = [f"{thread}-{number}" for number in range(REQUESTS)]
        barrier.wait(60)
        return {
            sent: fetch(app, "/page", headers={"X-Request-ID": sent}) for sent in ids
        }

    responses: dict[str, RawResponse] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for each in pool.map(fetch_many, range(THREADS)):
            responses |= each
    return responses


def assert_each_has_its_own_headers(app: Flask) -> None:
    app.wsgi_app = TrustRequestId(app.wsgi_app)  # type: ignore[method-assign]
    responses = fetch_from_threads(app)
    assert len(responses) == THREADS * REQUESTS
    for sent, response in responses.items():
        rows = [*POLICY, ("X-Request-ID", sent)]
        assert response.headers[: len(rows)] == rows
        names = [name for name, _ in response.headers]
        assert len(names) == len(set(names)) == len(rows) + 2
        assert response.body == b"shared"


@pytest.mark.parametrize("sessions", [plain, slow_sessions])
@pytest.mark.parametrize("view", [returned, aborted, in_a_tuple, made])
def test_a_response_that_a_view_shares_with_many_threads(
    view: Callable[[Response], ResponseReturnValue], sessions: Callable[[Flask], None]
) -> None:
    shared = Response("shared")
    app = bare_app()
    sessions(app)
    app.add_url_rule("/page", "page", lambda: view(shared))
    set_policy(app, ROWS)
    assert_each_has_its_own_headers(app)


@pytest.mark.parametrize("sessions", [plain, slow_sessions])
def test_a_response_that_a_hook_shares_with_many_threads(
    sessions: Callable[[Flask], None],
) -> None:
    shared = Response("shared")
    app = bare_app()
    sessions(app)
    app.after_request(lambda _: shared)
    app.add_url_rule("/page", "page", lambda: "not sent")
    set_policy(app, ROWS)
    assert_each_has_its_own_headers(app)


@pytest.mark.parametrize("view", [returned, aborted, made])
def test_a_shared_response_is_left_as_it_was(
    view: Callable[[Response], ResponseReturnValue],
) -> None:
    shared = Response("shared")
    before = list(shared.headers)
    app = bare_app()
    app.add_url_rule("/page", "page", lambda: view(shared))
    set_policy(app, ROWS)
    fetch(app, "/page")
    assert list(shared.headers) == before


def test_a_response_is_shared_with_an_app_that_has_no_policy_or_another() -> None:
    shared = Response("shared")
    apps = [bare_app() for _ in range(3)]
    for app in apps:
        app.add_url_rule("/page", "page", lambda: shared)
    bare, first, second = apps
    set_policy(first, [("X-App", "first")])
    set_policy(second, [("X-App", "second")])
    for _ in range(2):
        assert fetch(first, "/page").values("X-App") == ["first"]
        assert fetch(second, "/page").values("X-App") == ["second"]
        assert fetch(bare, "/page").values("X-App") == []


def test_the_session_of_one_user_does_not_reach_another() -> None:
    shared = Response("shared")
    app = bare_app(SECRET_KEY="only for this test")  # noqa: S106

    @app.get("/login/<name>")
    def login(name: str) -> Response:
        session["name"] = name
        return shared

    app.add_url_rule("/page", "page", lambda: shared)
    set_policy(app, POLICY)
    for name in ("first", "second"):
        response = fetch(app, f"/login/{name}")
        (cookie,) = response.values("Set-Cookie")
        assert response.values("Vary") == ["Accept, Accept-Language, Cookie"]
        assert fetch(app, "/page").values("Set-Cookie") == []
        payload = cookie.removeprefix("session=").partition(".")[0]
        assert name in base64.b64decode(payload + "==").decode()


def test_routes_that_share_a_response_in_threads_keep_their_overrides() -> None:
    shared = Response("shared")
    app = bare_app()
    slow_sessions(app)
    for number in range(THREADS):
        view = override_headers({"X-Route": f"{number}", "X-Frame-Options": None})(
            lambda: shared
        )
        app.add_url_rule(f"/{number}", f"{number}", view)
    app.add_url_rule("/plain", "plain", lambda: shared)
    set_policy(app, POLICY)

    def fetch_many(number: int) -> None:
        for _ in range(20):
            response = fetch(app, f"/{number}")
            assert response.values("X-Route") == [f"{number}"]
            assert response.values("X-Frame-Options") == []
            plain = fetch(app, "/plain")
            assert plain.values("X-Route") == []
            assert plain.values("X-Frame-Options") == ["DENY"]

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(fetch_many, range(THREADS)))


def test_the_same_response_answers_http_and_https_requests_by_turns() -> None:
    shared = Response("shared")
    app = bare_app()
    app.add_url_rule("/page", "page", lambda: (shared, {"X-Host": request.host}))
    set_policy(app, POLICY)
    for host in ("a.example", "b.example", "a.example"):
        response = fetch(app, "/page", base_url=f"http://{host}/")
        assert response.values("X-Host") == [host]
