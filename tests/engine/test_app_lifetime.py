"""Apps are freed when nobody uses them, and are independent of each other."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask, Response, request, signals
from flask.typing import ResponseReturnValue
from my_flask_app.response_headers import (
    PageCaching,
    PageCsp,
    ReportingEndpoints,
    RequestId,
    override_headers,
)

from .apps import POLICY, bare_app, make_app, set_policy
from .wire import fetch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

POLICIES = {
    "no headers": [],
    "strings": POLICY,
    "values of every kind": [
        ("Content-Security-Policy", PageCsp({"img-src": ["'self'"]}, {}, {})),
        ("Reporting-Endpoints", ReportingEndpoints("/reports")),
        ("Cache-Control", PageCaching()),
        ("X-Request-ID", RequestId()),
    ],
}


@pytest.fixture
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_without_collector")
@pytest.mark.parametrize("requests", [0, 1, 3])
@pytest.mark.parametrize("policy", POLICIES)
def test_an_app_is_freed_when_the_last_reference_to_it_goes(
    policy: str, requests: int
) -> None:
    app = make_app(POLICIES[policy])  # type: ignore[arg-type]
    app.add_url_rule("/page", "page", override_headers({"X-A": "1"})(lambda: "text"))
    app.add_url_rule("/stream", "stream", lambda: (part for part in ("one", "two")))
    for _ in range(requests):  # an error would be kept alive by its traceback
        for path in ("/page", "/stream", "/static/README.txt"):
            assert fetch(app, path).code == 200
    freed = weakref.ref(app)
    del app
    assert freed() is None


@pytest.mark.usefixtures("_without_collector")
def test_an_app_whose_policy_was_replaced_is_freed_too() -> None:
    app = make_app([])
    set_policy(app, POLICY)
    response = fetch(app, "/static/README.txt")
    assert response.values("X-Frame-Options") == ["DENY"]
    freed = weakref.ref(app)
    del app
    assert freed() is None


def test_the_wsgi_app_of_an_app_keeps_it_alive() -> None:
    """A middleware may get ``create_app().wsgi_app`` and nothing else."""
    wsgi_app = make_app(POLICY).wsgi_app
    gc.collect()
    response = fetch(wsgi_app, "/static/README.txt")
    assert response.code == 200
    assert response.values("X-Frame-Options") == ["DENY"]


@pytest.mark.usefixtures("_without_collector")
def test_a_response_is_freed_after_its_request() -> None:
    made: list[weakref.ref[Response]] = []

    def view() -> Response:
        response = Response("text")
        made.append(weakref.ref(response))
        return response

    app = make_app(POLICY)
    app.add_url_rule("/page", "page", view)
    fetch(app, "/page")
    assert [each() for each in made] == [None]


def test_a_response_class_that_a_view_defines_is_freed() -> None:
    classes: weakref.WeakSet[type[Response]] = weakref.WeakSet()

    def view() -> Response:
        class Inside(Response):
            """A response class of one request."""

        classes.add(Inside)
        return Inside("text")

    app = make_app(POLICY)
    app.add_url_rule("/page", "page", view)
    for _ in range(5):
        assert fetch(app, "/page").values("X-Frame-Options") == ["DENY"]
    gc.collect()
    assert len(classes) == 0


def test_apps_are_made_and_dropped_in_threads() -> None:
    """A signal connection for each app would race with the garbage collector."""
    failures: list[BaseException] = []

    def make_and_drop(thread: int) -> None:
        try:
            for number in range(50):
                value = f"{thread}-{number}"
                app = make_app([*POLICY, ("X-App", value)])
                app.add_url_rule("/page", "page", lambda: "text")
                response = fetch(app, "/page")
                assert response.values("X-App") == [value]
                assert response.headers[: len(POLICY)] == POLICY
                del app
        except BaseException as error:  # noqa: BLE001 - of another thread
            failures.append(error)

    threads = [threading.Thread(target=make_and_drop, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert not any(thread.is_alive() for thread in threads)


def test_an_app_adds_no_receiver_to_a_signal_of_flask() -> None:
    def receivers() -> dict[str, int]:
        return {
            name: len(signal.receivers)
            for name, signal in vars(signals).items()
            if hasattr(signal, "receivers")
        }

    before = receivers()
    assert "request_finished" in before
    apps = [make_app(POLICY) for _ in range(3)]
    for app in apps:
        fetch(app)
    assert receivers() == before


def test_two_apps_have_their_own_policies() -> None:
    first = make_app([("X-App", "first")])
    second = make_app([("X-App", "second"), ("X-Second", "1")])
    bare = bare_app()
    for app in (first, second, bare):
        app.add_url_rule("/page", "page", lambda: "text")
    for _ in range(2):
        assert fetch(first, "/page").values("X-App") == ["first"]
        assert fetch(second, "/page").values("X-App") == ["second"]
        assert fetch(bare, "/page").values("X-App") == []
        assert fetch(first, "/page").values("X-Second") == []


def test_an_app_is_mounted_in_another() -> None:
    inner, outer = make_app([("X-App", "inner")]), make_app([("X-App", "outer")])

    @outer.route("/mounted/<path:_rest>")
    def mounted(_rest: str) -> Flask:
        return inner

    response = fetch(outer, "/mounted/page")
    assert response.code == 404
    assert response.values("X-App") == ["inner"]  # a header of the view's response


def test_a_mounted_app_that_does_not_answer_itself_uses_its_own_routes() -> None:
    inner, outer = bare_app(), make_app([("X-App", "outer")])

    def maintenance(_environ: object, start_response: StartResponse) -> list[bytes]:
        start_response("503 Busy", [("Content-Length", "4")])
        return [b"busy"]

    inner.wsgi_app = maintenance  # type: ignore[assignment, method-assign]
    view = override_headers({"X-App": "override"})(lambda: "text")
    inner.add_url_rule("/page", "page", view)
    set_policy(inner, [("X-App", "inner")])
    outer.add_url_rule("/mounted", "page", lambda: inner)
    response = fetch(outer, "/mounted")
    assert response.code == 503
    assert response.values("X-App") == ["inner"]


class OwnFlask(Flask):
    """An app class that overrides what the engine uses."""

    def wsgi_app(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request, after a look at it."""
        environ["HTTP_X_SEEN"] = "wsgi_app"
        return super().wsgi_app(environ, start_response)

    def make_response(self, rv: ResponseReturnValue) -> Response:
        """Make a response, with a header of its own."""
        response = super().make_response(rv)
        response.headers["X-Made"] = "make_response"
        return response


def test_an_app_keeps_the_class_that_it_has() -> None:
    app = OwnFlask("tests.engine")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/page", "page", lambda: request.headers["X-Seen"])
    set_policy(app, POLICY)
    assert isinstance(app, OwnFlask)
    assert repr(app) == "<OwnFlask 'tests.engine'>"
    for path, code in {"/page": 200, "/missing": 404}.items():
        response = fetch(app, path)
        assert response.code == code
        assert response.headers[: len(POLICY)] == POLICY
        assert response.values("X-Made") == ["make_response"]
    assert fetch(app, "/page").body == b"wsgi_app"
    assert type(bare_app()) is Flask
