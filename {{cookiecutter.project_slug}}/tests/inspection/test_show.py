"""``flask headers show``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
from flask import after_this_request
from flask.sessions import SecureCookieSession, SessionInterface

from {{ cookiecutter.package_name }} import asked

from .conftest import NAME, VALUE, change_headers, new_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask, Response


def shown(run: Callable[..., Result], *options: str) -> list[dict[str, Any]]:
    done = run("show", "--format=json", *options)
    assert done.exit_code == 0, done.output
    answers: list[dict[str, Any]] = json.loads(done.stdout)["answers"]
    return answers


def setters(answer: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["set_by"] for row in answer["headers"]}


def test_there_is_a_row_for_each_route_and_each_kind(
    run: Callable[..., Result],
) -> None:
    rows = {
        (answer["kind"], answer["method"], answer["path"], answer["status"])
        for answer in shown(run)
    }
    assert rows >= {
        ("route", "GET", "/", 200),
        ("route", "GET", "/shop/", 200),
        ("route", "GET", "/static/README.txt", 200),
        ("404", "GET", "/no/such/page", 404),
        ("405", "TRACE", "/", 405),
        ("OPTIONS", "OPTIONS", "/", 200),
        ("redirect", "GET", "/shop", 308),
        ("500", "GET", "/", 500),
    }
    assert len(rows) == len(shown(run))


def test_every_row_has_the_policy(run: Callable[..., Result]) -> None:
    for answer in shown(run):
        assert setters(answer)[NAME] == "policy"
        assert answer["faults"] == []


def test_it_tells_who_has_set_a_header(app: Flask, run: Callable[..., Result]) -> None:
    def add(response: Response) -> Response:
        response.headers["X-Hook"] = "1"
        return response

    app.after_request(add)
    change_headers(app, lambda rows: [*rows, ("X-Middleware", "1")])
    (page,) = shown(run, "--route", "shop.view")
    assert setters(page).items() >= {
        (NAME, "policy"),
        ("X-Blueprint", "blueprint override"),
        ("X-Route", "route override"),
        ("X-View", "view"),
        ("X-Hook", "hook"),
        ("X-Middleware", "middleware"),
        ("Content-Type", "Flask"),
        ("Content-Length", "Flask"),
    }


def test_the_session_and_files_are_flask_s(run: Callable[..., Result]) -> None:
    (page,) = shown(run, "--route", "/shop/log-in")
    assert setters(page)["Set-Cookie"] == "Flask"
    assert setters(page)["Vary"] == "policy + Flask"
    (page,) = shown(run, "--route", "static")
    names = ("Cache-Control", "ETag", "Last-Modified")
    assert {setters(page)[name] for name in names} == {"Flask"}
    (page,) = [answer for answer in shown(run) if answer["kind"] == "redirect"]
    assert setters(page)["Location"] == "Flask"


def test_what_a_view_leaves_for_after_it_is_the_view_s(
    app: Flask, run: Callable[..., Result]
) -> None:
    def view() -> str:
        after_this_request(add)
        return ""

    def add(response: Response) -> Response:
        response.headers["X-Later"] = "1"
        return response

    app.add_url_rule("/later", "later", view)
    (page,) = shown(run, "--route", "later")
    assert setters(page)["X-Later"] == "view"


def test_vary_tells_of_all_who_have_set_it(
    app: Flask, run: Callable[..., Result]
) -> None:
    def vary(response: Response) -> Response:
        response.vary.add("Origin")
        return response

    app.after_request(vary)
    (page,) = shown(run, "--route", "hello")
    assert setters(page)["Vary"] == "policy + hook"
    (page,) = shown(run, "--route", "shop.view")
    assert setters(page)["Vary"] == "policy + view"


def test_it_shows_faults_and_exceptions(app: Flask, run: Callable[..., Result]) -> None:
    def middleware(environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"] == "/gone":
            message = "gone"
            raise RuntimeError(message)
        return inner(environ, start)

    inner = app.wsgi_app
    app.wsgi_app = middleware  # type: ignore[method-assign,assignment]
    app.add_url_rule("/gone", "gone", str)
    app.add_url_rule("/page", "page", lambda: ("", {NAME: "its own"}))
    output = run("show").output
    fault = f"    FAULT: {NAME}: expected {VALUE!r}, found 'its own' (view)\n"
    assert output.count(fault) == 1
    raised = "    FAULT: every header: expected an answer, found RuntimeError('gone')\n"
    assert output.count(raised) == 1


class NoSessions(SessionInterface):
    """Sessions that cannot be opened, or only be opened."""

    opens = False

    def open_session(self, *_: Any) -> Any:
        """Open a session, or fail."""
        if not self.opens:
            raise OSError
        return SecureCookieSession()

    def save_session(self, *_: Any) -> None:
        """Fail."""
        raise OSError


@pytest.mark.parametrize("opens", [False, True])
def test_an_app_that_fails_after_its_views_is_shown_as_well(
    app: Flask,
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    *,
    opens: bool,
) -> None:
    def add(response: Response) -> Response:
        response.headers["X-Hook"] = "1"
        return response

    monkeypatch.setattr(app.logger, "disabled", True)
    monkeypatch.setattr(NoSessions, "opens", opens)
    asked.NOT_ASKED.add("static")  # Flask would leave its file open
    app.after_request(add)
    app.session_interface = NoSessions()
    pages = [answer for answer in shown(run) if answer["status"] == 500]
    assert pages
    for page in pages:
        assert setters(page)["X-Hook"] == "hook"
        assert setters(page)[NAME] == "policy"
        assert page["faults"] == []


def test_a_redirect_is_found_without_a_route_that_ends_in_a_slash() -> None:
    done = new_app().test_cli_runner().invoke(args=["headers", "show"])
    assert "\n308 GET /static//README.txt " in done.output


def test_an_app_may_have_no_static_files(run: Callable[..., Result]) -> None:
    app = new_app(static_folder=None)
    done = app.test_cli_runner().invoke(args=["headers", "show"])
    assert done.exit_code == 0
    assert "README.txt" not in done.output
    assert "README.txt" in run("show").output


def test_a_parameter_may_have_a_default_or_any_text(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.add_url_rule(
        "/page", "page", lambda number: f"{number}", defaults={"number": 1}
    )
    app.add_url_rule("/page/<int:number>", "page")
    app.add_url_rule(
        "/first", "first", lambda number: f"{number}", defaults={"number": 1}
    )
    app.add_url_rule("/say/<text>", "say", lambda text: text)
    asked.PARAMETERS["page"] = {"number": 2}
    paths = {(page["path"], page["status"]) for page in shown(run)}
    assert paths >= {("/page", 200), ("/page/2", 200), ("/first", 200)}
    asked.PARAMETERS["say"] = {"text": "a ü?"}
    (page,) = shown(run, "--route", "say")
    assert (page["path"], page["status"]) == ("/say/a%20%C3%BC%3F", 200)


def test_what_answers_nothing_is_not_asked(
    app: Flask, run: Callable[..., Result]
) -> None:
    app.add_url_rule("/built", "built", str, build_only=True)
    assert "not asked: /built: nothing to ask\n" in run("show").output


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_it_asks_over_http_or_https(run: Callable[..., Result], scheme: str) -> None:
    (page,) = shown(run, "--route", "/", "--scheme", scheme)
    assert ("X-Secure" in setters(page)) is (scheme == "https")


def test_a_route_with_parameters_is_asked_with_those_of_the_table(
    run: Callable[..., Result],
) -> None:
    done = run("show", "--route", "shop.item")
    assert done.output == (
        "not asked: /shop/item/<int:number>: no value for number in asked.py\n"
    )
    asked.PARAMETERS["shop.item"] = {"number": 7}
    (page,) = shown(run, "--route", "shop.item")
    assert page["path"] == "/shop/item/7"
    assert page["status"] == 200


def test_an_unknown_route_is_refused_in_one_line(run: Callable[..., Result]) -> None:
    done = run("show", "--route", "shop.veiw")
    assert done.exit_code == 2
    assert "'shop.veiw' is no endpoint and no URL rule. There are: /" in done.output


@pytest.mark.parametrize(
    ("table", "value", "message"),
    [
        ("PARAMETERS", {"shop.itme": {}}, "PARAMETERS names 'shop.itme', which is no"),
        ("NOT_ASKED", {"shop.itme"}, "NOT_ASKED names 'shop.itme', which is no"),
        ("PARAMETERS", {"shop.item": {"number": "x"}}, "that does not fit"),
    ],
)
def test_a_slip_in_the_table_is_told_in_one_line(
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    value: object,
    message: str,
) -> None:
    monkeypatch.setattr(asked, table, value)
    done = run("show")
    assert done.exit_code == 1
    assert message in done.output
    assert done.output.startswith("Error: asked.py: ")
    assert done.output.count("\n") == 1


@pytest.mark.parametrize("option", [[], ["--values"]])
def test_the_table_is_80_columns_wide_and_plain_where_there_is_no_terminal(
    run: Callable[..., Result], option: list[str]
) -> None:
    done = run("show", *option)
    lines = done.stdout.splitlines()
    assert click.unstyle(done.stdout) == done.stdout
    assert max(len(line) for line in lines if " " in line.strip()) <= 80
    assert any(line.startswith("200 GET /shop/ ") for line in lines)
    assert any(line.endswith(" shop.view") for line in lines)
    assert (VALUE in done.stdout) is bool(option)


def test_it_is_colored_on_a_terminal_unless_no_color_is_wanted(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    colored = run("show", color=True).stdout
    assert colored != click.unstyle(colored)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run("show", color=True).stdout
    assert plain == click.unstyle(colored)
