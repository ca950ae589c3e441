"""``flask headers show``."""

from __future__ import annotations

import json
from typing import Any

import click
import flask
import pytest
from flask import Flask, Response, after_this_request, redirect, request_finished
from flask.sessions import SecureCookieSession, SessionInterface
from my_flask_app.response_headers import override_headers
from my_flask_app.response_headers.cli.formatting import wrapped

from .conftest import NAME, VALUE, Run, change_headers, make_app


def shown(run: Run, *options: str) -> list[dict[str, Any]]:
    """Return the responses of ``flask headers show --format=json``."""
    done = run("show", "--format=json", *options)
    assert done.exit_code == 0, done.output
    responses: list[dict[str, Any]] = json.loads(done.stdout)["responses"]
    return responses


def origins(response: dict[str, Any]) -> dict[str, str]:
    return {sent["name"]: sent["origin"] for sent in response["headers"]}


def test_each_route_and_each_kind_of_response_is_shown(run: Run) -> None:
    rows = {
        (page["kind"], page["method"], page["path"], page["status"])
        for page in shown(run)
    }
    assert rows >= {
        ("route", "GET", "/", 200),
        ("route", "GET", "/shop/", 200),
        ("route", "GET", "/shop/item/1", 200),
        ("route", "GET", "/static/README.txt", 200),
        ("404", "GET", "/no/such/page", 404),
        ("405", "TRACE", "/", 405),
        ("OPTIONS", "OPTIONS", "/", 200),
        ("redirect", "GET", "/shop", 308),
        ("500", "GET", "/", 500),
    }
    assert len(rows) == len(shown(run))


def test_every_response_has_the_policy(run: Run) -> None:
    for page in shown(run):
        assert origins(page)[NAME] == "policy"
        assert page["violations"] == []


# What set a header


def test_the_origin_of_each_header_is_shown(app: Flask, run: Run) -> None:
    def add(response: Response) -> Response:
        response.headers["X-Hook"] = "1"
        return response

    app.after_request(add)
    change_headers(app, lambda rows: [*rows, ("X-Middleware", "1")])
    (page,) = shown(run, "--route", "shop.view")
    assert origins(page).items() >= {
        (NAME, "policy"),
        ("X-Blueprint", "blueprint override"),
        ("X-Route", "route override"),
        ("X-View", "view"),
        ("X-Hook", "hook"),
        ("X-Middleware", "middleware"),
        ("Content-Type", "Flask"),
        ("Content-Length", "Flask"),
    }


def test_sessions_and_files_are_flask_s(run: Run) -> None:
    (page,) = shown(run, "--route", "/shop/log-in")
    assert origins(page)["Set-Cookie"] == "Flask"
    assert origins(page)["Vary"] == "policy + Flask"
    (page,) = shown(run, "--route", "static")
    names = ("Cache-Control", "ETag", "Last-Modified")
    assert {origins(page)[name] for name in names} == {"Flask"}
    (page,) = [page for page in shown(run) if page["kind"] == "redirect"]
    assert origins(page)["Location"] == "Flask"


def test_a_function_that_the_view_registers_is_the_view_s(app: Flask, run: Run) -> None:
    def view() -> str:
        after_this_request(add)
        return ""

    def add(response: Response) -> Response:
        response.headers["X-Later"] = "1"
        return response

    app.add_url_rule("/later", "later", view)
    (page,) = shown(run, "--route", "later")
    assert origins(page)["X-Later"] == "view"


def test_vary_has_all_its_origins(app: Flask, run: Run) -> None:
    def vary(response: Response) -> Response:
        response.vary.add("Origin")
        return response

    app.after_request(vary)
    (page,) = shown(run, "--route", "hello")
    assert origins(page)["Vary"] == "policy + hook"
    (page,) = shown(run, "--route", "shop.view")
    assert origins(page)["Vary"] == "policy + view + hook"
    (page,) = shown(run, "--route", "shop.log_in")
    assert origins(page)["Vary"] == "policy + hook"


@pytest.mark.parametrize("connected", ["before", "in the request"])
def test_a_receiver_of_request_finished_is_a_hook(
    app: Flask, run: Run, connected: str
) -> None:
    def receive(_app: Flask, response: Response, **_: object) -> None:
        response.headers["X-Late"] = "1"
        response.headers["X-Frame-Options"] = "DENY"

    def connect() -> None:
        request_finished.connect(receive, app)

    override = override_headers({"X-Frame-Options": None})
    app.add_url_rule("/page", "page", override(lambda: ""))
    if connected == "before":
        connect()
    else:
        app.before_request(connect)
    (page,) = shown(run, "--route", "page")
    assert origins(page)["X-Late"] == "hook"
    problem = "X-Frame-Options: expected nothing, found DENY (hook)"
    assert page["violations"] == [problem]


def test_a_response_class_with_its_own_headers_is_their_origin(
    app: Flask, run: Run
) -> None:
    class Own(Response):
        """A response that finishes its headers by itself."""

        def get_wsgi_headers(self, environ: Any) -> Any:
            headers = super().get_wsgi_headers(environ)
            headers[NAME] = "theirs"
            headers["X-Class"] = "1"
            headers.add("Vary", "Origin")
            return headers

    app.add_url_rule("/page", "page", Own)
    (page,) = shown(run, "--route", "page")
    assert origins(page)["X-Class"] == "response class"
    assert origins(page)["Vary"] == "policy + response class"
    assert origins(page)["Content-Length"] == "Flask"
    problem = f"{NAME}: expected {VALUE!r}, found theirs (response class)"
    assert page["violations"] == [problem]


def test_a_response_that_is_called_its_own_way_is_the_origin(
    app: Flask, run: Run
) -> None:
    class Own(Response):
        """A response that is a WSGI application of its own."""

        def __call__(self, _environ: Any, start_response: Any) -> Any:
            start_response("200 OK", [("X-Class", "1")])
            return [b"own"]

    app.add_url_rule("/page", "page", Own)
    (page,) = shown(run, "--route", "page")
    assert origins(page)["X-Class"] == "response class"


def test_a_location_that_flask_encodes_is_the_view_s(app: Flask, run: Run) -> None:
    app.add_url_rule("/page", "page", lambda: redirect("/ü"))
    (page,) = shown(run, "--route", "page")
    assert origins(page)["Location"] == "view"


# What else is shown


def test_violations_and_exceptions_are_shown(app: Flask, run: Run) -> None:
    def middleware(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/gone":
            message = "gone"
            raise RuntimeError(message)
        return inner(environ, start_response)

    inner = app.wsgi_app
    app.wsgi_app = middleware  # type: ignore[method-assign]
    app.add_url_rule("/gone", "gone", str)
    app.add_url_rule("/page", "page", lambda: ("", {NAME: "theirs"}))
    output = run("show").output
    problem = f"{NAME}: expected {VALUE!r}, found theirs (view)"
    assert output.count(f"    VIOLATION: {problem}\n") == 1
    assert output.count("    VIOLATION: raised RuntimeError('gone')\n") == 1


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
def test_an_app_that_fails_around_its_views_is_shown_as_well(
    app: Flask, run: Run, monkeypatch: pytest.MonkeyPatch, *, opens: bool
) -> None:
    def add(response: Response) -> Response:
        response.headers["X-Hook"] = "1"
        return response

    monkeypatch.setattr(NoSessions, "opens", opens)
    app.config["HEADERS_SKIP"] = ["static"]  # Flask would leave its file open
    app.after_request(add)
    app.session_interface = NoSessions()
    pages = [page for page in shown(run) if page["status"] == 500]
    assert pages
    for page in pages:
        assert origins(page)["X-Hook"] == "hook"
        assert origins(page)[NAME] == "policy"
        assert page["violations"] == []


def test_a_redirect_is_found_without_a_route_that_ends_in_a_slash() -> None:
    done = make_app().test_cli_runner().invoke(args=["headers", "show"])
    assert "\n308 GET /static//README.txt " in done.output


def test_an_app_may_have_no_static_files(run: Run) -> None:
    app = make_app(static_folder=None)
    done = app.test_cli_runner().invoke(args=["headers", "show"])
    assert done.exit_code == 0
    assert "README.txt" not in done.output
    assert "README.txt" in run("show").output


@pytest.mark.parametrize("option", ["build_only", "websocket"])
def test_a_route_that_takes_no_requests_is_skipped(
    app: Flask, run: Run, option: str
) -> None:
    app.add_url_rule("/page", "page", str, methods=["GET"], **{option: True})
    assert "not checked: /page, no request leads to it\n" in run("show").output


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_scheme_can_be_chosen(run: Run, scheme: str) -> None:
    (page,) = shown(run, "--route", "/", "--scheme", scheme)
    assert ("X-Secure" in origins(page)) is (scheme == "https")


def test_a_route_can_be_named_by_endpoint_or_rule(run: Run) -> None:
    (page,) = shown(run, "--route", "shop.item")
    assert page["path"] == "/shop/item/1"
    assert shown(run, "--route", "/shop/item/<int:number>") == [page]


def test_an_unknown_route_is_refused_in_one_line(run: Run) -> None:
    done = run("show", "--route", "shop.veiw")
    assert done.exit_code == 2
    assert "'shop.veiw' is neither an endpoint nor a URL rule. Use one of: /," in (
        done.output
    )


@pytest.mark.parametrize("option", [[], ["--values"]])
def test_lines_fit_80_columns_without_a_terminal(run: Run, option: list[str]) -> None:
    done = run("show", *option)
    lines = done.stdout.splitlines()
    assert click.unstyle(done.stdout) == done.stdout
    assert max(len(line) for line in lines if " " in line.strip()) <= 80
    assert any(line.startswith("200 GET /shop/ ") for line in lines)
    assert any(line.endswith(" shop.view") for line in lines)
    assert (VALUE in done.stdout) is bool(option)


def test_a_terminal_has_colors_unless_no_color_is_set(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    colored = run("show", color=True).stdout
    assert colored != click.unstyle(colored)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run("show", color=True).stdout
    assert plain == click.unstyle(colored)


def test_a_header_of_the_request_at_hand_does_not_matter(app: Flask, run: Run) -> None:
    with app.test_request_context("/", headers={"Range": "bytes=0-0"}):
        flask.g.user = "somebody"
        (page,) = shown(run, "--route", "static")
    assert page["status"] == 200


def test_words_are_not_broken_at_a_hyphen(monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(["Cross-Origin-Opener-Policy"] * 9)
    for columns in range(40, 70):
        monkeypatch.setenv("COLUMNS", str(columns))
        lines = map(click.unstyle, wrapped("Label", text))
        assert " ".join(" ".join(lines).split()) == f"Label: {text}"
