"""``flask headers check``: what it finds, and what it permits."""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

import flask
import pytest
from flask import Flask
from my_flask_app.response_headers import (
    NONCE,
    DynamicValue,
    PageCsp,
    ResponseHeaders,
    csp_nonce,
    override_headers,
)
from werkzeug.test import run_wsgi_app

from .conftest import NAME, VALUE, Run, bare_app, change_headers, make_app, without

MISSING = f"{NAME}: expected {VALUE!r}, found nothing"
OVERWRITTEN = f"{NAME}: expected {VALUE!r}, found theirs (view)"
THEIRS = "", {NAME: "theirs"}


def violations(run: Run, *options: str) -> list[str]:
    """Return the lines about violations."""
    done = run("check", *options)
    *lines, summary = done.output.splitlines()
    found = [line for line in lines if not line.startswith("not checked: ")]
    assert f"not checked: {len(lines) - len(found)}; violations: " in summary, lines
    assert summary.endswith("; violations: 0") is not bool(found)
    assert done.exit_code == bool(found)
    return found


def test_an_app_that_sends_its_policy_passes(run: Run) -> None:
    assert violations(run) == []


def test_a_view_that_overwrites_a_header_is_found(app: Flask, run: Run) -> None:
    app.add_url_rule("/page", "page", lambda: THEIRS, methods=["POST"])
    assert violations(run, "--unsafe") == [f"POST /page (200): {OVERWRITTEN}"]


@pytest.mark.parametrize(
    ("paths", "line"),
    [
        (["/page"], f"/page: {OVERWRITTEN}, in 2 responses"),
        (["/page", "/other"], f"{OVERWRITTEN}, in 4 responses"),
    ],
)
def test_one_cause_is_one_line(
    app: Flask, run: Run, paths: list[str], line: str
) -> None:
    for path in paths:
        app.add_url_rule(path, path, lambda: THEIRS)
    assert violations(run) == [line]


def test_all_responses_of_one_cause_can_be_listed(app: Flask, run: Run) -> None:
    app.add_url_rule("/page", "page", lambda: THEIRS)
    assert violations(run, "--all") == [
        f"{method} /page (200): {OVERWRITTEN}" for method in ("GET", "HEAD")
    ]
    assert run("check", "--all").output.endswith("; violations: 2\n")


def test_an_override_with_the_view_s_value_permits_it(app: Flask, run: Run) -> None:
    override = override_headers({NAME: "theirs", "X-Other": "1"})
    app.add_url_rule("/page", "page", override(lambda: THEIRS))
    assert violations(run) == []


def test_a_view_that_sets_a_dynamic_header_is_found_if_it_differs(
    app: Flask, run: Run
) -> None:
    app.add_url_rule("/page", "page", lambda: ("", {"X-Secure": "1"}))
    problem = "X-Secure: expected nothing, found 1 (view)"  # over HTTP
    assert violations(run) == [f"/page: {problem}, in 2 responses"]


def test_a_hook_that_replaces_the_response_is_found(app: Flask, run: Run) -> None:
    app.after_request(replace_response)
    problem = "a hook replaced the view's response and lost X-View"
    assert f"GET /shop/ (200): {problem}" in violations(run, "--all")


def replace_response(response: flask.Response) -> flask.Response:
    if flask.request.path == "/shop/":
        return flask.current_app.response_class("another")
    return response


def test_a_hook_that_loses_only_the_status_is_found(app: Flask, run: Run) -> None:
    def replace_all(_: flask.Response) -> flask.Response:
        return flask.current_app.response_class("another", 202)

    app.after_request(replace_all)
    app.config["HEADERS_SKIP"] = ["static"]  # its file would stay open
    problem = "a hook replaced the view's response and lost its status"
    assert f"GET / (202): {problem}" in violations(run, "--all")


def test_a_hook_may_replace_the_response_if_nothing_is_lost(
    app: Flask, run: Run
) -> None:
    def strip(response: flask.Response) -> flask.Response:
        if response.direct_passthrough:
            return response
        body = response.get_data().strip()
        make = flask.current_app.response_class
        return make(body, response.status_code, response.headers)

    app.after_request(strip)
    assert violations(run) == []


@pytest.mark.parametrize("copied", [copy.copy, lambda response: response])
def test_a_hook_may_remove_what_the_view_has_set(
    app: Flask, run: Run, copied: Callable[[Any], Any]
) -> None:
    def remove(response: flask.Response) -> Any:
        response = copied(response)
        response.headers.pop("X-View", None)
        return response

    app.after_request(remove)
    assert violations(run) == []
    assert "X-View" not in run("show").output


def test_a_second_copy_is_found(app: Flask, run: Run) -> None:
    change_headers(app, lambda rows: [*rows, (NAME, VALUE)])
    found = f"{VALUE!r} (policy) and {VALUE!r} (middleware)"
    (line,) = violations(run)
    assert line.startswith(f"{NAME}: expected {VALUE!r} once, found {found}, in ")


def test_a_header_that_a_hook_adds_twice_is_found(app: Flask, run: Run) -> None:
    def add(response: flask.Response) -> flask.Response:
        response.headers.add(NAME, "first")
        response.headers.add(NAME, "second")
        return response

    app.after_request(add)
    (line,) = violations(run)
    assert "once, found first (hook) and second (hook), in " in line


def test_a_header_that_is_removed_is_found_in_each_kind_of_response(
    app: Flask, run: Run
) -> None:
    change_headers(app, without(NAME))
    found = violations(run, "--all")
    kinds = ["GET / (200)", "GET / (500)", "TRACE / (405)", "GET /shop (308)"]
    kinds += ["TRACE /shop/ (405)", "OPTIONS /shop/ (200)", "HEAD /shop/ (200)"]
    kinds += [f"GET /static/README.txt ({code})" for code in (200, 206, 304, 416)]
    kinds += ["GET /no/such/page (404)", "GET /static/README.txt.not-there (404)"]
    for kind in kinds:
        assert f"{kind}: {MISSING}" in found
    assert violations(run) == [f"{MISSING}, in {len(found)} responses"]


@pytest.mark.parametrize("name", ["Vary", "Cache-Control", "X-Secure"])
def test_a_header_that_may_vary_is_found_if_it_is_removed(
    app: Flask, run: Run, name: str
) -> None:
    change_headers(app, without(name))
    assert f"{name}: expected " in violations(run)[0]
    assert ", found nothing, in " in violations(run)[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("Vary", "Accept", "X-Asked"), ("Cache-Control", "public", "no-store")],
)
def test_a_header_that_a_middleware_overwrites_is_found(
    app: Flask, run: Run, name: str, value: str, expected: str
) -> None:
    change_headers(app, lambda rows: [*without(name)(rows), (name, value)])
    line = f"GET / (200): {name}: expected {expected}, found {value} (middleware)"
    assert line in violations(run, "--all")


@pytest.mark.parametrize(
    "headers", [{"Cache-Control": "max-age=60"}, {"Vary": "Accept"}]
)
def test_a_view_may_set_what_is_its_own_to_set(
    app: Flask, run: Run, headers: dict[str, str]
) -> None:
    app.add_url_rule("/page", "page", lambda: ("", headers))
    assert violations(run) == []


def test_a_streamed_page_that_is_a_file_needs_no_nonce() -> None:
    app = bare_app()

    def view() -> flask.Response:
        page = iter([b"page"])
        return flask.Response(page, mimetype="text/html", direct_passthrough=True)

    app.add_url_rule("/file", "file", view)
    csp = PageCsp({"script-src": ["'none'"]}, {"script-src": [NONCE]}, {})
    rows = [("Content-Security-Policy", csp)]
    ResponseHeaders(rows, where="policy").init_app(app)
    done = app.test_cli_runner().invoke(args=["headers", "check"])
    assert done.output.endswith("; violations: 0\n"), done.output


@pytest.mark.parametrize(
    ("cached", "count"), [("page", 1), ("page and headers", 1), ("data", 0)]
)
def test_a_cached_page_with_an_old_nonce_is_found(cached: str, count: int) -> None:
    app = bare_app()
    cache: dict[str, Any] = {}

    def view() -> Any:
        data = cache.setdefault("data", "text")
        page = f'<script nonce="{csp_nonce()}">{data}</script>'
        return cache.setdefault("page", page) if cached == "page" else page

    app.add_url_rule("/page", "page", view, methods=["GET"])
    tables: Any = {"script-src": ["'none'"]}, {"script-src": [NONCE]}, {}
    csp = PageCsp(*tables, upgrade=False)
    ResponseHeaders([("Content-Security-Policy", csp)]).init_app(app)
    if cached == "page and headers":
        app.wsgi_app = keeping(app.wsgi_app)  # type: ignore[method-assign]
    found = app.test_cli_runner().invoke(args=["headers", "check"]).output
    assert found.count("GET /page (200): nonce of an earlier response") == count
    assert found.endswith("; violations: 0\n") is not bool(count)


def keeping(wsgi: Any) -> Any:
    """A middleware that keeps a page with its headers."""
    kept: list[Any] = []

    def middleware(environ: Any, start: Any) -> Any:
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("GET", "/page"):
            return wsgi(environ, start)
        if not kept:
            kept.append(run_wsgi_app(wsgi, environ, buffered=True))
        body, status, headers = kept[0]
        start(status, headers.to_wsgi_list())
        return list(body)

    return middleware


def test_a_value_that_no_server_can_send_is_found(app: Flask, run: Run) -> None:
    value = 'attachment; filename="Żółw.csv"'
    app.add_url_rule("/page", "page", lambda: ("", {"Content-Disposition": value}))
    problem = "expected Latin-1, which is all that a server sends"
    line = f"GET /page (200): Content-Disposition: {problem}, found {value!r}"
    assert line in violations(run, "--all")


def test_an_override_that_removes_a_header_which_nothing_sets_is_found(
    app: Flask, run: Run
) -> None:
    override = override_headers({"X-Slip": None})
    app.add_url_rule("/page", "page", override(lambda: ""))
    line = "override of route page: it removes X-Slip, which nothing sets"
    assert violations(run) == [line]


# Nothing that happens inside the app is needed to know what should be sent


def handled(*_: Any) -> Any:
    return flask.Response("handled", 500)


def fail(*_: Any) -> NoReturn:
    msg = "on purpose"
    raise RuntimeError(msg)


@pytest.mark.parametrize("moment", ["view", "after_request", "session"])
def test_a_header_is_missed_also_if_handle_exception_is_replaced(
    app: Flask, run: Run, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.handle_exception = handled  # type: ignore[method-assign,assignment]
    app.add_url_rule("/page", "page", fail if moment == "view" else str)
    if moment == "after_request":
        app.after_request(fail)
        app.config["HEADERS_SKIP"] = ["static"]  # its file would stay open
    if moment == "session":
        monkeypatch.setattr(app.session_interface, "open_session", fail)
    assert violations(run) == []
    change_headers(app, without(NAME))
    assert f"GET /page (500): {MISSING}" in violations(run, "--all")


def test_the_override_of_a_route_holds_also_if_handle_exception_is_replaced(
    app: Flask, run: Run
) -> None:
    app.handle_exception = handled  # type: ignore[method-assign,assignment]
    app.add_url_rule("/page", "page", override_headers({NAME: "theirs"})(fail))
    assert violations(run) == []
    change_headers(app, without(NAME))
    missing = f"{NAME}: expected theirs, found nothing"
    assert f"GET /page (500): {missing}" in violations(run, "--all")


def test_an_override_that_is_added_later_holds(app: Flask, run: Run) -> None:
    def view() -> tuple[str, dict[str, str]]:
        return THEIRS

    app.add_url_rule("/page", "page", view)
    assert violations(run) == [f"/page: {OVERWRITTEN}, in 2 responses"]
    override_headers({NAME: "theirs"})(view)
    assert violations(run) == []


# Exceptions


@pytest.mark.parametrize("error", [SystemExit, OSError])
def test_an_exception_that_the_server_gets_is_found(
    app: Flask, run: Run, error: type[BaseException]
) -> None:
    def fail_to_close() -> flask.Response:
        response = flask.current_app.response_class("")
        response.call_on_close(leave)
        return response

    def leave() -> NoReturn:
        raise error

    app.add_url_rule("/a", "a", fail_to_close)
    app.add_url_rule("/b", "b", lambda: THEIRS)
    found = violations(run)
    assert f"/a: raised {error()!r}, in 2 responses" in found
    assert f"/b: {OVERWRITTEN}, in 2 responses" in found


def test_an_exception_of_the_handler_for_500_is_found(app: Flask, run: Run) -> None:
    app.add_url_rule("/page", "page", fail)
    app.register_error_handler(500, fail)
    found = violations(run, "--all")
    assert "GET /page (500): raised RuntimeError('on purpose')" in found
    assert "GET / (500): raised RuntimeError('on purpose')" in found


@pytest.mark.parametrize("empty", [0, 2])
def test_a_stream_that_raises_before_its_first_byte_is_found(
    app: Flask, run: Run, empty: int
) -> None:
    def stream() -> Any:
        yield from [""] * empty
        fail()

    app.add_url_rule("/page", "page", stream)
    raised = "raised RuntimeError('on purpose')"
    assert violations(run) == [f"GET /page (200): {raised}"]


def test_a_stream_that_raises_at_its_end_is_not_read_that_far(
    app: Flask, run: Run
) -> None:
    def stream() -> Any:
        yield ""
        yield "first"
        fail()

    app.add_url_rule("/page", "page", stream)
    assert violations(run) == []


def test_a_view_that_raises_has_its_traceback_logged_once(
    app: Flask, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    app.add_url_rule("/a", "a", fail)
    app.add_url_rule("/b", "b", lambda: str(1 / 0))
    app.testing = True
    assert violations(run) == []  # its error page has the policy
    errors = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [type(error) for error in errors] == [RuntimeError, ZeroDivisionError]


def test_other_requests_are_logged_as_ever(
    app: Flask, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    def log() -> str:
        app.logger.warning("twice")
        return ""

    app.add_url_rule("/page", "page", log, methods=["POST"])
    run("check", "--unsafe")
    assert [record.message for record in caplog.records] == ["twice", "twice"]


def test_the_deliberate_exception_is_not_logged(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run("check")
    assert not caplog.records


def test_an_application_that_starts_no_response_is_found(app: Flask, run: Run) -> None:
    inner = app.wsgi_app

    def middleware(environ: Any, start_response: Any) -> Any:
        silent = environ["PATH_INFO"] == "/shop/"
        return [b""] if silent else inner(environ, start_response)

    app.wsgi_app = middleware  # type: ignore[method-assign]
    line = "GET /shop/ (500): did not call start_response()"
    assert line in violations(run, "--all")


# What is requested, and how


def test_a_stream_that_waits_is_not_waited_for(app: Flask, run: Run) -> None:
    waiting = threading.Event()

    def stream() -> Any:
        waiting.wait(30)
        yield ""

    app.add_url_rule("/events", "events", stream)
    started = time.monotonic()
    done = run("check")
    waiting.set()
    assert time.monotonic() - started < 10
    line = "not checked: the body of GET /events, it did not start within 0.5 s\n"
    assert done.output.count(line) == 1
    assert done.output.endswith("; violations: 0\n")


def test_the_headers_of_a_stream_that_waits_are_checked(app: Flask, run: Run) -> None:
    waiting = threading.Event()

    def stream() -> Any:
        waiting.wait(30)
        yield ""

    app.add_url_rule("/events", "events", lambda: (stream(), {NAME: "theirs"}))
    found = violations(run)
    waiting.set()
    assert found == [f"/events: {OVERWRITTEN}, in 2 responses"]


def test_a_path_with_two_routes_gets_its_wrong_method_once(
    app: Flask, run: Run
) -> None:
    sent: list[str] = []

    @app.before_request
    def note() -> None:
        if flask.request.path == "/users" and flask.request.method == "TRACE":
            sent.append(flask.request.scheme)

    for method in ("GET", "POST"):
        app.add_url_rule("/users", f"{method} users", lambda: "", methods=[method])
    run("check")
    assert sorted(sent) == ["http", "https"]


def test_a_request_sees_nothing_of_the_one_before(app: Flask, run: Run) -> None:
    def view() -> str:
        flask.g.changes = True
        return ""

    def change(response: flask.Response) -> flask.Response:
        if flask.g.get("changes"):
            response.headers[NAME] = "changed"
        return response

    ended: list[object] = []
    app.add_url_rule("/a", "a", view)
    app.after_request(change)
    app.teardown_appcontext(lambda _: ended.append(flask.g.get("changes")))
    assert [line.split(":")[0] for line in violations(run)] == ["/a"]
    assert ended.count(True) == 4  # GET and HEAD, over HTTP and HTTPS
    assert ended.count(None) > 20


def test_no_view_is_called_with_an_unsafe_method_unless_told_to(
    app: Flask, run: Run
) -> None:
    called = []

    def view() -> tuple[str, dict[str, str]]:
        called.append(flask.request.method)
        return THEIRS

    app.add_url_rule("/buy", "buy", view, methods=["POST", "DELETE"])
    assert violations(run) == []
    assert not called
    reason = "it may change something (check --unsafe sends it)"
    assert f"not checked: POST /buy, {reason}\n" in run("check").output
    assert violations(run, "--unsafe") == [f"/buy: {OVERWRITTEN}, in 2 responses"]
    assert set(called) == {"DELETE", "POST"}


def test_a_host_that_is_trusted_is_used(app: Flask, run: Run) -> None:
    app.config["TRUSTED_HOSTS"] = [".example.com"]
    assert violations(run) == []
    change_headers(app, without(NAME))
    found = violations(run, "--all")
    assert f"GET / (400): {MISSING}" in found
    assert f"GET / (200): {MISSING}" in found


def test_a_route_of_another_host_needs_a_server_name(app: Flask, run: Run) -> None:
    app.add_url_rule("/", "other", lambda: THEIRS, subdomain="other")
    reason = "SERVER_NAME is not set, so the host of 'other' is not known"
    assert f"not checked: /, {reason}\n" in run("check").output
    app.config["SERVER_NAME"] = "example.com"
    app.subdomain_matching = True
    assert violations(run) == [f"/: {OVERWRITTEN}, in 2 responses"]


def test_routes_may_be_matched_by_host() -> None:
    app = make_app(host_matching=True, static_host="static.example.com")
    app.add_url_rule("/", "own", lambda: THEIRS, host="www.example.com")
    done = app.test_cli_runner().invoke(args=["headers", "check"])
    assert f"/: {OVERWRITTEN}, in 2 responses\n" in done.output
    assert "GET /static/README.txt" not in done.output


def test_a_redirect_of_a_rule_has_the_policy(app: Flask, run: Run) -> None:
    app.add_url_rule("/old/<int:number>", "old", redirect_to="/shop/item/<number>")
    assert violations(run) == []


class Counter(DynamicValue):
    """A value that is another one each time."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    def get_value(self, _response: object, _request: object) -> str:
        """Return the next number."""
        return str(next(self._numbers))


def test_a_value_that_is_another_one_each_time_is_no_violation() -> None:
    app = bare_app()
    ResponseHeaders([("X-Number", Counter())], where="policy").init_app(app)
    done = app.test_cli_runner().invoke(args=["headers", "check"])
    assert done.exit_code == 0, done.output
