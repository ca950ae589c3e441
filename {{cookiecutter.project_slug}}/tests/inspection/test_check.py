"""``flask headers check``: what it finds, and what it leaves alone."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import flask
import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, Rule

from {{ cookiecutter.package_name }} import asked, precedence
from {{ cookiecutter.package_name }}.overrides import override_headers
from {{ cookiecutter.package_name }}.values import Computed

from .conftest import NAME, VALUE, change_headers, new_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from click.testing import Result


def test_an_app_without_faults_passes(run: Callable[..., Result]) -> None:
    done = run("check")
    *skipped, summary = done.output.splitlines()
    assert all(line.startswith("not asked: ") for line in skipped)
    assert summary.endswith(f"; {len(skipped)} not asked; faults: 0")
    assert done.exit_code == 0


def faults(run: Callable[..., Result], *options: str) -> list[str]:
    """The faults that it finds."""
    done = run("check", *options)
    found = [
        line for line in done.output.splitlines()[:-1] if not line.startswith("not ")
    ]
    assert done.output.endswith(f"; faults: {len(found)}\n"), done.output
    assert done.exit_code == bool(found)
    return found


def test_a_view_that_sets_a_header_over_the_policy_is_found(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.add_url_rule("/page", "page", lambda: ("", {NAME: "its own"}))
    expected = f"{NAME}: expected {VALUE!r}, found 'its own' (view)"
    assert faults(run) == [f"{m} /page (200): {expected}" for m in ("GET", "HEAD")]


def test_with_an_override_that_says_so_it_is_none(
    app: Flask, run: Callable[..., Result]
) -> None:
    override = override_headers({NAME: "its own", "X-Other": "1"})
    app.add_url_rule("/page", "page", override(lambda: ("", {NAME: "its own"})))
    assert faults(run) == []


def test_a_view_that_sets_a_computed_header_is_found_where_it_differs(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.add_url_rule("/page", "page", lambda: ("", {"X-Secure": "1"}))
    assert faults(run) == [  # over HTTPS it is as the policy has it
        f"{method} /page (200): X-Secure: expected nothing, found '1' (view)"
        for method in ("GET", "HEAD")
    ]


def test_a_hook_that_replaces_the_response_is_found(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.after_request(replace)
    assert (
        "GET /shop/ (200): X-View: expected the view's response, found another "
        "response, put in its place by a hook"
    ) in faults(run)


def test_it_is_found_where_only_the_status_is_lost(
    app: Flask, run: Callable[..., Result]
) -> None:
    def replace_all(_: flask.Response) -> flask.Response:
        return flask.current_app.response_class("another", 202)

    app.after_request(replace_all)
    asked.NOT_ASKED.add("static")  # its file would stay open
    fault = "GET / (202): every header: expected the view's response, found another"
    assert any(found.startswith(fault) for found in faults(run))


def test_a_hook_may_replace_the_response_by_one_that_lacks_nothing(
    app: Flask, run: Callable[..., Result]
) -> None:
    def shorten(response: flask.Response) -> flask.Response:
        if response.direct_passthrough:
            return response
        body = response.get_data().strip()
        made = flask.current_app.response_class
        return made(body, response.status_code, response.headers)

    app.after_request(shorten)
    assert faults(run) == []


def replace(response: flask.Response) -> flask.Response:
    """Answer in the place of one view."""
    if flask.request.path == "/shop/":
        return flask.current_app.response_class("another")
    return response


def test_a_second_copy_is_found(app: Flask, run: Callable[..., Result]) -> None:
    change_headers(app, lambda rows: [*rows, (NAME, VALUE)])
    copies = f"2 of it: {VALUE!r} (policy) and {VALUE!r} (middleware)"
    assert f"GET / (200): {NAME}: expected {VALUE!r} once, found {copies}" in faults(
        run
    )


def test_a_copy_that_an_extension_adds_twice_is_found(
    app: Flask, run: Callable[..., Result]
) -> None:
    def add(response: flask.Response) -> flask.Response:
        response.headers.add(NAME, "first")
        response.headers.add(NAME, "second")
        return response

    app.after_request(add)
    copies = "2 of it: 'first' (hook) and 'second' (hook)"
    assert f"GET / (200): {NAME}: expected {VALUE!r} once, found {copies}" in faults(
        run
    )


def test_a_header_that_is_removed_is_found(
    app: Flask, run: Callable[..., Result]
) -> None:
    change_headers(app, lambda rows: [row for row in rows if row[0] != NAME])
    found = faults(run)
    kinds = ["GET / (200)", "GET / (500)", "TRACE / (405)", "GET /shop (308)"]
    kinds += ["TRACE /shop/ (405)", "OPTIONS /shop/ (200)", "HEAD /shop/ (200)"]
    kinds += [f"GET /static/README.txt ({code})" for code in (200, 206, 304, 416)]
    for kind in kinds:
        assert f"{kind}: {NAME}: expected {VALUE!r}, found nothing" in found


@pytest.mark.parametrize(
    ("name", "found"),
    [("Vary", "nothing"), ("Cache-Control", "nothing"), ("X-Secure", "nothing")],
)
def test_what_is_computed_or_merged_is_found_missing(
    app: Flask, run: Callable[..., Result], name: str, found: str
) -> None:
    change_headers(app, lambda rows: [row for row in rows if row[0] != name])
    assert f", found {found}" in faults(run)[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("Vary", "Accept", "'X-Asked'"), ("Cache-Control", "public", "'no-store'")],
)
def test_what_a_middleware_sets_over_the_policy_is_found(
    app: Flask, run: Callable[..., Result], name: str, value: str, expected: str
) -> None:
    change_headers(
        app, lambda rows: [row for row in rows if row[0] != name] + [(name, value)]
    )
    line = f"GET / (200): {name}: expected {expected}, found {value!r}"
    assert any(fault.startswith(line) for fault in faults(run))


@pytest.mark.parametrize("behind_a_proxy", [False, True])
def test_what_is_mounted_without_the_policy_is_found(
    app: Flask, run: Callable[..., Result], *, behind_a_proxy: bool
) -> None:
    other = Flask("other", static_folder=None)
    other.add_url_rule("/page", "page", str)
    other.add_url_rule("/item/<number>", "item", str)
    mounts: dict[str, Any] = {"/admin": other, "/wsgi": plain_wsgi}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]
    if behind_a_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    found = faults(run)
    for path in ("/admin/page (200)", "/admin/no/such/page (404)", "/wsgi/ (404)"):
        fault = f"GET {path}: {NAME}: expected {VALUE!r}, found nothing"
        assert fault in found
    skipped = "not asked: /admin/item/<number>: it is mounted, and has parameters\n"
    assert skipped in run("check").output
    asked.NOT_ASKED |= {"/admin", "/wsgi"}
    assert faults(run) == []


def plain_wsgi(_environ: Any, start_response: Any) -> Iterator[bytes]:
    """Answer as a generator does, which starts when it is asked for a part."""
    start_response("404 Not Found", [])
    yield b""


def test_what_is_mounted_with_the_policy_is_held_against_its_own(
    app: Flask, run: Callable[..., Result]
) -> None:
    other = new_app()
    override = override_headers({NAME: "another", "X-Secure": None})
    other.add_url_rule("/page", "page", override(lambda: ""))
    mounts: dict[str, Any] = {"/v2": other}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]
    assert faults(run) == []


@pytest.mark.parametrize("name", ["whole", "make_whole()"])
def test_what_the_server_runs_can_be_asked(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    served = new_app()
    served.add_url_rule("/page", "page", override_headers({NAME: "1"})(lambda: ""))
    whole = DispatcherMiddleware(served, {"/admin": Flask("other").wsgi_app})
    monkeypatch.setattr(asked, "whole", whole, raising=False)
    monkeypatch.setattr(asked, "make_whole", lambda: whole, raising=False)
    found = faults(run, "--wsgi", f"{asked.__name__}:{name}")
    path = "/admin/no/such/page (404)"
    assert f"GET {path}: {NAME}: expected {VALUE!r}, found nothing" in found
    assert all(" /admin/" in fault for fault in found)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:app", "cannot be imported: No module named"),
        (f"{asked.__name__}:new_app", "is no WSGI application: name one, or write ()"),
        (asked.__name__, "is no WSGI application"),
    ],
)
def test_what_is_no_wsgi_application_is_told_in_one_line(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.setattr(asked, "new_app", new_app, raising=False)
    done = run("check", "--wsgi", name)
    assert done.exit_code == 2
    assert f"{name!r} {message}" in done.output


def test_a_middleware_that_leads_back_to_the_app_is_no_end_of_it(
    app: Flask, run: Callable[..., Result]
) -> None:
    class Sockets:
        def __init__(self, inner: Any) -> None:
            self.inner, self.app = inner, app

        def __call__(self, environ: Any, start_response: Any) -> Any:
            return self.inner(environ, start_response)

    app.wsgi_app = Sockets(app.wsgi_app)  # type: ignore[method-assign]
    assert faults(run) == []


def test_a_request_sees_nothing_of_the_one_before(
    app: Flask, run: Callable[..., Result]
) -> None:
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
    assert {fault.split()[1] for fault in faults(run)} == {"/a"}
    assert ended.count(True) == 4  # GET and HEAD, over HTTP and HTTPS
    assert ended.count(None) > 20


@pytest.mark.parametrize("error", [SystemExit, OSError])
def test_whatever_comes_out_is_a_fault(
    app: Flask, run: Callable[..., Result], error: type[BaseException]
) -> None:
    def leave(_: flask.Response) -> flask.Response:
        raise error

    def fail_to_close() -> flask.Response:
        response = flask.current_app.response_class("")
        response.call_on_close(leave_at_the_end)
        return response

    def leave_at_the_end() -> None:
        raise error

    app.add_url_rule("/a", "a", fail_to_close)
    app.add_url_rule("/b", "b", lambda: ("", {NAME: "its own"}))
    found = faults(run)
    raised = f"GET /a (500): every header: expected an answer, found {error()!r}"
    assert raised in found
    assert f"GET /b (200): {NAME}: expected {VALUE!r}, found 'its own' (view)" in found


def test_a_stream_that_waits_for_its_first_event_is_not_waited_for(
    app: Flask, run: Callable[..., Result]
) -> None:
    begun = []

    def events() -> Iterator[str]:
        begun.append("it would wait here")
        yield ""

    app.add_url_rule("/events", "events", lambda: (events(), {NAME: VALUE}))
    assert faults(run) == []
    assert not begun


def test_a_value_that_is_another_each_time_may_be_any(
    app: Flask, run: Callable[..., Result]
) -> None:
    class Once(Computed):
        def value_for(self, *_: object) -> str:
            return uuid.uuid4().hex

    precedence.init_app(app, [("X-Once", Once())])
    assert faults(run) == []
    change_headers(app, lambda rows: [row for row in rows if row[0] != "X-Once"])
    assert "GET / (200): X-Once: expected a value, found nothing" in faults(run)


def test_a_route_that_another_one_answers_for_is_told(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.add_url_rule("/<int(max=5):number>", "number", lambda number: f"{number}")
    asked.PARAMETERS["number"] = {"number": 9}
    line = "not asked: GET /9: no route has answered (404), not number: see asked.py\n"
    assert line in run("check").output


def test_what_is_not_to_be_asked_is_not_called_for_another_kind_of_response(
    app: Flask, run: Callable[..., Result]
) -> None:
    called: list[str] = []

    def view(rest: str) -> str:
        called.append(rest)
        return rest

    app.add_url_rule("/<path:rest>", "all", view, methods=["GET", "TRACE"])
    app.add_url_rule("/page", "page", lambda: "", methods=["GET", "TRACE"])
    asked.NOT_ASKED.add("all")
    assert faults(run) == []
    assert not called
    reason = "all would answer, which is named in NOT_ASKED of asked.py"
    assert f"not asked: 404: {reason}\n" in run("check").output


def test_a_header_that_no_server_can_send_is_found(
    app: Flask, run: Callable[..., Result]
) -> None:
    value = 'attachment; filename="Żółw.csv"'
    app.add_url_rule("/page", "page", lambda: ("", {"Content-Disposition": value}))
    expected = "expected Latin-1, which is all that a server sends"
    line = f"GET /page (200): Content-Disposition: {expected}, found {value!r}"
    assert line in faults(run)


def test_an_override_that_removes_what_nothing_sets_is_found(
    app: Flask, run: Callable[..., Result]
) -> None:
    override = override_headers({"X-Slip": None})
    app.add_url_rule("/page", "page", override(lambda: ""))
    fault = "override of route page: X-Slip: expected a header to remove, found nothing of this name"
    assert faults(run) == [fault]


@pytest.mark.parametrize(
    "headers", [{"Cache-Control": "max-age=60"}, {"Vary": "Accept"}]
)
def test_what_a_view_may_set_is_no_fault(
    app: Flask, run: Callable[..., Result], headers: dict[str, str]
) -> None:
    app.add_url_rule("/page", "page", lambda: ("", headers))
    assert faults(run) == []


def test_it_calls_no_view_with_an_unsafe_method_unless_told_to(
    app: Flask, run: Callable[..., Result]
) -> None:
    called = []

    def view() -> tuple[str, dict[str, str]]:
        called.append(flask.request.method)
        return "", {NAME: "its own"}

    app.add_url_rule("/buy", "buy", view, methods=["POST", "DELETE"])
    assert faults(run) == []
    assert not called
    skipped = "not asked: /buy: POST may change something; check --unsafe asks it\n"
    assert skipped in run("check").output
    assert len(faults(run, "--unsafe")) == 2
    assert set(called) == {"DELETE", "POST"}


def test_a_route_is_skipped_by_name_and_counted(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.add_url_rule("/mail", "mail", lambda: ("", {NAME: "its own"}))
    before = run("check").output.count("not asked: ")
    asked.NOT_ASKED.add("mail")
    assert faults(run) == []
    output = run("check").output
    assert "not asked: /mail: named in NOT_ASKED of asked.py\n" in output
    assert output.count("not asked: ") == before + 1


def test_a_view_that_fails_is_asked_as_behind_a_server(
    app: Flask, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    app.add_url_rule("/fail", "fail", lambda: str(1 / 0))
    app.testing = True
    monkeypatch.setattr(app.logger, "disabled", True)
    assert faults(run) == []


def test_it_asks_a_host_that_is_trusted(app: Flask, run: Callable[..., Result]) -> None:
    app.config["TRUSTED_HOSTS"] = [".example.com"]
    assert faults(run) == []
    change_headers(app, lambda rows: [row for row in rows if row[0] != NAME])
    assert f"GET / (400): {NAME}: expected {VALUE!r}, found nothing" in faults(run)
    assert f"GET / (200): {NAME}: expected {VALUE!r}, found nothing" in faults(run)


def test_a_host_of_its_own_is_asked_where_it_is_known(
    app: Flask, run: Callable[..., Result]
) -> None:
    view = lambda: ("", {NAME: "its own"})  # noqa: E731
    app.add_url_rule("/", "other", view, subdomain="other")
    assert "not asked: /: it is on another host\n" in run("check").output
    app.config["SERVER_NAME"] = "example.com"
    app.subdomain_matching = True
    assert len(faults(run)) == 2


def test_routes_may_be_matched_by_host() -> None:
    app = new_app(host_matching=True, static_host="static.example.com")
    app.add_url_rule("/", "own", lambda: ("", {NAME: "1"}), host="www.example.com")
    done = app.test_cli_runner().invoke(args=["headers", "check"])
    assert done.output.count("found '1' (view)") == 2
    assert "GET /static/README.txt" not in done.output


def test_a_redirect_of_a_rule_and_a_converter_that_fails_are_told(
    app: Flask, run: Callable[..., Result]
) -> None:
    class Item(BaseConverter):
        def to_url(self, value: Any) -> str:
            return str(value.key)

    app.url_map.converters["item"] = Item
    app.add_url_rule("/old/<int:number>", "old", redirect_to="/shop/item/<number>")
    asked.PARAMETERS["old"] = {"number": 1}
    assert faults(run) == []
    app.url_map.add(Rule("/it/<item:it>", endpoint="it"))
    asked.PARAMETERS["it"] = {"it": 1}
    message = "Error: asked.py: PARAMETERS['it'] is {'it': 1}: that does not fit /it/"
    assert run("check").output.startswith(message)


def test_an_exception_on_purpose_is_not_in_the_log(
    run: Callable[..., Result], caplog: pytest.LogCaptureFixture
) -> None:
    run("check")
    assert not caplog.records
