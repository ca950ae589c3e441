"""``flask headers show``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest

from {{ cookiecutter.package_name }} import asked

from .conftest import NAME, VALUE, change_headers

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
    assert setters(page)["Set-Cookie"] == setters(page)["Vary"] == "Flask"
    (page,) = shown(run, "--route", "static")
    assert {setters(page)[name] for name in ("ETag", "Last-Modified")} == {"Flask"}


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
