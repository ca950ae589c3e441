"""``flask headers check``: what it finds, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flask
import pytest
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from {{ cookiecutter.package_name }} import asked
from {{ cookiecutter.package_name }}.overrides import override_headers

from .conftest import NAME, VALUE, change_headers

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_it_is_found_where_nothing_is_lost_with_it(
    app: Flask, run: Callable[..., Result]
) -> None:
    def replace_all(_: flask.Response) -> flask.Response:
        return flask.current_app.response_class("another")

    app.after_request(replace_all)
    app.view_functions.pop("static")
    fault = "GET / (200): every header: expected the view's response, found another"
    assert any(found.startswith(fault) for found in faults(run))


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
    mounts: dict[str, Any] = {"/admin": other, "/wsgi": other.wsgi_app}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, mounts)  # type: ignore[method-assign]
    if behind_a_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    found = faults(run)
    for path in ("/admin/page (200)", "/admin/no/such/page (404)", "/wsgi/ (404)"):
        fault = f"GET {path}: {NAME}: expected {VALUE!r}, found nothing"
        assert fault in found
    skipped = "not asked: /admin/item/<number>: it is mounted, and has parameters\n"
    assert skipped in run("check").output


def test_what_the_server_runs_can_be_asked(
    app: Flask, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = DispatcherMiddleware(app, {"/admin": Flask("other").wsgi_app})
    monkeypatch.setattr(asked, "whole", whole, raising=False)
    found = faults(run, "--wsgi", f"{asked.__name__}:whole")
    assert f"GET /admin/ (404): {NAME}: expected {VALUE!r}, found nothing" in found


def test_what_cannot_be_imported_is_told_in_one_line(
    run: Callable[..., Result],
) -> None:
    done = run("check", "--wsgi", "no_such_module:app")
    assert done.exit_code == 2
    assert "'no_such_module:app' cannot be imported: No module named" in done.output


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
    skipped = "not asked: /buy: POST may change something, --unsafe asks it\n"
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


def test_what_is_on_another_host_is_skipped(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.add_url_rule("/", "other", str, subdomain="other")
    assert "not asked: /: it is on another host\n" in run("check").output


def test_an_exception_on_purpose_is_not_in_the_log(
    run: Callable[..., Result], caplog: pytest.LogCaptureFixture
) -> None:
    run("check")
    assert not caplog.records
