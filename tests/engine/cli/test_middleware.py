"""``flask headers check`` and what is around the app: middlewares and mounted apps."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from my_flask_app.response_headers import (
    PageCaching,
    ResponseHeaders,
    TrustRequestId,
    override_headers,
)
from my_flask_app.response_headers.cli import client
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.profiler import ProfilerMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.wrappers import Request, Response

from .conftest import (
    NAME,
    VALUE,
    Run,
    add_policy,
    bare_app,
    change_headers,
    make_app,
    without,
)
from .test_check import MISSING, violations

Wrap = Callable[[Any], Any]


class SocketIOMiddleware:
    """What Flask-SocketIO 5 puts around an app: it answers one prefix by itself."""

    def __init__(self, engineio_app: object, flask_app: Flask) -> None:
        self.flask_app = flask_app
        self.engineio_app = engineio_app
        self.wsgi_app = flask_app.wsgi_app
        self.engineio_path = "/socket.io/"
        self.static_files: dict[str, str] = {}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer a request."""
        environ = environ.copy()
        environ["flask.app"] = self.flask_app
        if environ["PATH_INFO"].startswith(self.engineio_path):
            start_response("400 BAD REQUEST", [("Content-Type", "text/plain")])
            return [b'"The client is using an unsupported version"']
        return self.wsgi_app(environ, start_response)


class WhiteNoise:
    """What WhiteNoise 6 has of an app and of its files."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.files = {"/robots.txt": object(), "/favicon.ico": object()}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer a request."""
        if environ["PATH_INFO"] in self.files:
            start_response("200 OK", [])
            return [b"file"]
        return self.application(environ, start_response)


class Slotted:
    """A middleware without a ``__dict__``, as Sentry's."""

    __slots__ = ("app",)

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Answer a request."""
        return self.app(environ, start_response)


def closure(wsgi: Any) -> Any:
    """Wrap an application in a function, as OpenTelemetry does."""
    hooks = [print]

    def middleware(environ: Any, start_response: Any) -> Any:
        return wsgi(environ, start_response) if hooks else never_set

    if not hooks:
        never_set = None
    return middleware


def call(wsgi: Any, environ: Any, start_response: Any) -> Any:
    return wsgi(environ, start_response)


def plain_wsgi(_environ: Any, start_response: Any) -> Iterator[bytes]:
    """Answer as a generator does, which starts with its first chunk."""
    start_response("404 Not Found", [])
    yield b""


MIDDLEWARES: dict[str, Wrap] = {
    "none": lambda wsgi: wsgi,
    "ProxyFix": ProxyFix,
    "ProfilerMiddleware": lambda wsgi: ProfilerMiddleware(wsgi, None),
    "TrustRequestId": TrustRequestId,
    "slots": Slotted,
    "a closure": closure,
    "functools.partial": lambda wsgi: functools.partial(call, wsgi),
    "several": lambda wsgi: closure(ProxyFix(Slotted(wsgi))),
}


def other_app() -> Flask:
    """Make an app without a policy."""
    other = Flask("other", static_folder=None)
    other.add_url_rule("/page", "page", lambda: "page")
    other.add_url_rule("/item/<int:number>", "item", lambda number: f"{number}")
    return other


@pytest.mark.parametrize("wrap", MIDDLEWARES.values(), ids=MIDDLEWARES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the profiler's, on 3.15
def test_an_app_that_is_mounted_without_the_policy_is_found(
    app: Flask, run: Run, wrap: Wrap
) -> None:
    mounts: Any = {"/admin": other_app(), "/wsgi": plain_wsgi}
    app.wsgi_app = wrap(DispatcherMiddleware(app.wsgi_app, mounts))  # type: ignore[method-assign]
    found = violations(run, "--all")
    paths = ["/admin/page (200)", "/admin/item/1 (200)", "/admin/no/such/page (404)"]
    for path in [*paths, "/wsgi/ (404)"]:
        assert f"GET {path}: {MISSING}" in found
    unseen = f"not checked: what is inside {__name__}.plain_wsgi\n"
    assert run("check").output.count(unseen) == 1


@pytest.mark.parametrize("wrap", MIDDLEWARES.values(), ids=MIDDLEWARES)
def test_an_app_that_is_mounted_inside_the_safety_net_has_the_policy(
    wrap: Wrap,
) -> None:
    app = bare_app()
    werkzeug = Request.application(lambda _: Response("Werkzeug"))
    mounts: Any = {"/admin": other_app(), "/wsgi": plain_wsgi, "/wz": werkzeug}
    app.wsgi_app = wrap(DispatcherMiddleware(app.wsgi_app, mounts))  # type: ignore[method-assign]
    add_policy(app)
    shown = app.test_cli_runner().invoke(args=["headers", "show"]).output
    assert "200 GET /admin/page " in shown
    assert "404 GET /wsgi/ " in shown
    assert "200 GET /wz/ " in shown
    done = app.test_cli_runner().invoke(args=["headers", "check"])
    assert done.output.endswith("; violations: 0\n"), done.output


def test_only_the_outermost_of_several_unknown_middlewares_is_reported(
    app: Flask, run: Run
) -> None:
    mounts: Any = {"/wsgi": Slotted(closure(plain_wsgi))}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]
    output = run("check").output
    assert output.count("not checked: what is inside ") == 1
    assert f"not checked: what is inside {__name__}.Slotted\n" in output


def test_a_generator_that_starts_late_is_waited_for(
    app: Flask, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late_wsgi(environ: Any, start_response: Any) -> Iterator[bytes]:
        time.sleep(0.2)
        yield from plain_wsgi(environ, start_response)

    monkeypatch.setattr(client, "LIMIT", 0.1)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/wsgi": late_wsgi})  # type: ignore[method-assign]
    assert f"GET /wsgi/ (404): {MISSING}" in violations(run)


def test_mounted_apps_can_be_skipped(app: Flask, run: Run) -> None:
    mounts: Any = {"/admin": other_app(), "/wsgi": plain_wsgi}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]
    app.config["HEADERS_SKIP"] = {"/admin", "/wsgi"}
    assert violations(run) == []
    assert "not checked: /admin, it is in HEADERS_SKIP\n" in run("check").output


def test_an_app_that_is_mounted_with_a_policy_is_compared_with_its_own(
    app: Flask, run: Run
) -> None:
    other = make_app()
    override = override_headers({NAME: "another", "X-Secure": None})
    other.add_url_rule("/page", "page", override(lambda: ""))
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/v2": other})  # type: ignore[method-assign]
    assert violations(run) == []
    change_headers(other, without(NAME))
    missing = f"{NAME}: expected another, found nothing"
    assert f"GET /v2/page (200): {missing}" in violations(run)


def test_the_answers_of_socket_io_are_found(app: Flask, run: Run) -> None:
    app.wsgi_app = SocketIOMiddleware(object(), app)  # type: ignore[method-assign]
    found = violations(run, "--all")
    assert f"GET /socket.io/ (400): {MISSING}" in found
    assert {line.split()[1] for line in found} == {"/socket.io/"}
    app.config["HEADERS_SKIP"] = ["/socket.io/"]
    assert violations(run) == []


def test_the_answers_of_socket_io_inside_the_safety_net_have_the_policy() -> None:
    app = bare_app()
    override = override_headers({NAME: None, "X-Added": "1"})
    app.add_url_rule("/page", "page", override(lambda: "page"))
    app.wsgi_app = SocketIOMiddleware(object(), app)  # type: ignore[method-assign]
    add_policy(app)
    shown = app.test_cli_runner().invoke(args=["headers", "show"]).output
    assert "400 GET /socket.io/ " in shown
    done = app.test_cli_runner().invoke(args=["headers", "check"])
    assert done.output.endswith("; violations: 0\n"), done.output


def test_the_files_of_whitenoise_are_found(app: Flask, run: Run) -> None:
    app.wsgi_app = WhiteNoise(app.wsgi_app)  # type: ignore[method-assign]
    found = violations(run, "--all")
    assert f"GET /robots.txt (200): {MISSING}" in found
    assert {line.split()[1] for line in found} == {"/robots.txt"}


def test_a_middleware_may_set_cache_control_where_the_policy_does_not() -> None:
    app = bare_app()
    app.add_url_rule("/file", "file", lambda: ("", {"Content-Type": "text/plain"}))
    ResponseHeaders([("Cache-Control", PageCaching())]).init_app(app)

    def add(rows: list[Any]) -> list[Any]:
        plain = ("Content-Type", "text/plain") in rows
        return [*rows, ("Cache-Control", "max-age=60")] if plain else rows

    change_headers(app, add)
    done = app.test_cli_runner().invoke(args=["headers", "check"])
    assert done.output.endswith("; violations: 0\n"), done.output


def test_files_that_a_middleware_serves_are_reported(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    app.wsgi_app = SharedDataMiddleware(app.wsgi_app, {"/files": str(tmp_path)})  # type: ignore[method-assign]
    unseen = f"not checked: what is inside {SharedDataMiddleware.__module__}."
    assert unseen in run("check").output
    assert violations(run) == []


def test_a_path_that_a_middleware_leaves_to_the_app_is_not_reported(
    app: Flask, run: Run
) -> None:
    class Counting(Slotted):
        """A middleware that mentions a path."""

        def __init__(self, wsgi: Any) -> None:
            super().__init__(wsgi)
            self.ignored = ["/health", "/metrics"]

    before = run("check").output
    app.wsgi_app = Counting(app.wsgi_app)  # type: ignore[method-assign]
    assert run("check").output == before


def test_a_middleware_that_hides_the_app_is_reported(app: Flask, run: Run) -> None:
    hidden = {id(app): app.wsgi_app}

    class Hiding:
        """A middleware that does not have the application itself."""

        def __call__(self, environ: Any, start_response: Any) -> Any:
            return hidden[id(app)](environ, start_response)

    app.wsgi_app = Hiding()  # type: ignore[method-assign]
    name = f"{__name__}.{Hiding.__qualname__}"
    assert f"not checked: what is inside {name}\n" in run("check").output
    assert violations(run) == []


def test_an_app_at_an_unknown_path_is_reported(app: Flask, run: Run) -> None:
    class Switch:
        """A middleware that chooses between two apps."""

        def __init__(self) -> None:
            self.first, self.second = app.wsgi_app, other_app()
            inner = self.first
            self.answer = inner

        def __call__(self, environ: Any, start_response: Any) -> Any:
            return self.answer(environ, start_response)

    app.wsgi_app = Switch()  # type: ignore[method-assign]
    unseen = "not checked: what is inside <Flask 'other'>\n"
    assert unseen in run("check").output
    assert violations(run) == []


def test_a_middleware_that_leads_back_to_the_app_is_looked_into_once(
    app: Flask, run: Run
) -> None:
    class Sockets:
        """A middleware that has both the application and the app."""

        def __init__(self, inner: Any) -> None:
            self.inner, self.app = inner, app

        def __call__(self, environ: Any, start_response: Any) -> Any:
            return self.inner(environ, start_response)

    app.wsgi_app = Sockets(app.wsgi_app)  # type: ignore[method-assign]
    assert violations(run) == []


# What the server runs


@pytest.mark.parametrize("name", ["whole", "make_whole()"])
def test_what_the_server_runs_can_be_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    served = make_app()
    served.add_url_rule("/page", "page", override_headers({NAME: "1"})(lambda: ""))
    served.add_url_rule("/own", "own", lambda: ("", {NAME: "theirs"}))
    whole = DispatcherMiddleware(served, {"/admin": other_app().wsgi_app})
    module: Any = sys.modules[__name__]
    monkeypatch.setattr(module, "whole", whole, raising=False)
    monkeypatch.setattr(module, "make_whole", lambda: whole, raising=False)
    found = violations(run, "--all", "--wsgi", f"{__name__}:{name}")
    assert f"GET /admin/no/such/page (404): {MISSING}" in found
    assert {line.split()[1] for line in found} == {
        "/admin/no/such/page",
        "/admin/page",
        "/admin/item/1",
        "/own",
    }


def test_the_app_may_be_mounted_at_a_path(
    app: Flask, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.add_url_rule("/page", "page", lambda: ("", {NAME: "theirs"}))
    whole = DispatcherMiddleware(NotFound(), {"/app": app})
    monkeypatch.setattr(sys.modules[__name__], "whole", whole, raising=False)
    found = violations(run, "--all", "--wsgi", f"{__name__}:whole")
    overwritten = f"{NAME}: expected {VALUE!r}, found theirs (view)"
    assert f"GET /app/page (200): {overwritten}" in found
    assert f"GET / (404): {MISSING}" in found  # what NotFound() answers
    assert {line.split()[1] for line in found} == {"/app/page", "/"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:app", "cannot be imported: No module named"),
        (f"{__name__}:other_app", "is not a WSGI application: name one, or add ()"),
        (__name__, "is not a WSGI application"),
    ],
)
def test_what_is_not_a_wsgi_application_is_refused_in_one_line(
    run: Run, name: str, message: str
) -> None:
    done = run("check", "--wsgi", name)
    assert done.exit_code == 2
    assert f"{name!r} {message}" in done.output
