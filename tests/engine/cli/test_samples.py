"""The parameters of the requests, and the routes to skip."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Blueprint, Flask
from my_flask_app.response_headers import ResponseHeaders
from my_flask_app.response_headers.cli.plan import ProbeRequest, plan_for
from werkzeug.routing import BaseConverter, Rule

from .conftest import NAME, POLICY, Run, make_app
from .test_show import shown


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("/a/<text>", "/a/a"),
        ("/a/<string(length=3):text>", "/a/aaa"),
        ("/a/<string(minlength=2):text>", "/a/aa"),
        ("/a/<int:number>", "/a/1"),
        ("/a/<int(min=10, max=12):number>", "/a/11"),
        ("/a/<int(max=0):number>", "/a/0"),
        ("/a/<int(fixed_digits=4):number>", "/a/1111"),
        ("/a/<float(min=1.2):number>", "/a/1.5"),
        ("/a/<path:rest>", "/a/a"),
        ("/a/<uuid:key>", "/a/00000000-0000-0000-0000-000000000000"),
        ("/a/<any(two, one):word>", "/a/two"),
        ("/a/<word>/<int:number>", "/a/a/1"),
    ],
)
def test_a_parameter_is_chosen_by_its_converter(
    app: Flask, run: Run, rule: str, path: str
) -> None:
    app.add_url_rule(rule, "a", lambda **_: "a")
    (page,) = shown(run, "--route", "a")
    assert (page["path"], page["status"]) == (path, 200)


class Date(BaseConverter):
    """A converter of an app, for dates."""

    regex = r"\d{4}-\d\d-\d\d"


class Item(BaseConverter):
    """A converter of an app, for objects that it has."""

    def to_python(self, value: str) -> Any:
        """Find an object."""
        raise LookupError(value)

    def to_url(self, value: Any) -> str:
        """Return the key of an object."""
        return str(value.key)


@pytest.fixture
def converting(app: Flask) -> Flask:
    app.url_map.converters |= {"date": Date, "item": Item}
    return app


def test_a_converter_of_the_app_gets_what_it_accepts(
    converting: Flask, run: Run
) -> None:
    converting.add_url_rule("/on/<date:day>", "on", lambda day: day)
    (page,) = shown(run, "--route", "on")
    assert page["path"] == "/on/2000-01-01"


def test_a_route_that_no_sample_fits_is_skipped_and_the_line_says_how_to_fix_it(
    converting: Flask, run: Run
) -> None:
    converting.url_map.add(Rule("/it/<item:it>", endpoint="it"))
    line = "/it/<item:it>, no sample fits: add {'it': {'it': ...}} to HEADERS_SAMPLES"
    assert f"not checked: {line}\n" in run("check").output


def test_a_static_route_gets_the_first_file_of_its_folder(tmp_path: Any) -> None:
    app = make_app(static_folder=str(tmp_path / "app"))
    bp = Blueprint("bp", __name__, static_folder=tmp_path / "bp", url_prefix="/bp")
    app.register_blueprint(bp)
    app.register_blueprint(bp, name="localized", url_prefix="/<lang>")
    for path in ("app/css/b.css", "app/css/c.css", "app/js/a.js", "bp/logo.svg"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    output = app.test_cli_runner().invoke(args=["headers", "show"]).output
    assert "200 GET /app/css/b.css " in output
    assert "200 GET /bp/bp/logo.svg " in output
    assert "GET /a/bp/logo.svg " in output


def test_a_static_folder_may_be_empty_or_missing(tmp_path: Any) -> None:
    app = make_app(static_folder=str(tmp_path / "missing"))
    output = app.test_cli_runner().invoke(args=["headers", "check"]).output
    assert output.endswith("; violations: 0\n")


def test_the_app_can_give_parameters(app: Flask, run: Run) -> None:
    app.config["HEADERS_SAMPLES"] = {"shop.item": {"number": 7}, "say": {"a": "a ü?"}}
    app.add_url_rule("/say/<a>/<int:b>", "say", lambda a, b: f"{a} {b}")
    (page,) = shown(run, "--route", "shop.item")
    assert (page["path"], page["status"]) == ("/shop/item/7", 200)
    (page,) = shown(run, "--route", "say")
    assert (page["path"], page["status"]) == ("/say/a%20%C3%BC%3F/1", 200)


def test_both_settings_can_come_from_the_environment(
    app: Flask, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = json.dumps({"shop.item": {"number": 7}})
    monkeypatch.setenv("FLASK_HEADERS_SAMPLES", samples)
    monkeypatch.setenv("FLASK_HEADERS_SKIP", json.dumps(["shop.view"]))
    app.config.from_prefixed_env()
    (page,) = shown(run, "--route", "shop.item")
    assert page["path"] == "/shop/item/7"
    assert shown(run, "--route", "shop.view") == []


def test_a_default_is_a_parameter(app: Flask, run: Run) -> None:
    def view(number: int) -> str:
        return f"{number}"

    app.add_url_rule("/page", "page", view, defaults={"number": 1})
    app.add_url_rule("/page/<int:number>", "page")
    app.add_url_rule("/first", "first", view, defaults={"number": 1})
    app.config["HEADERS_SAMPLES"] = {"page": {"number": 2}}
    paths = {(page["path"], page["status"]) for page in shown(run)}
    assert paths >= {("/page", 200), ("/page/2", 200), ("/first", 200)}


def test_a_route_that_another_endpoint_handles_is_reported(
    app: Flask, run: Run
) -> None:
    app.add_url_rule("/a", "fixed", lambda: "fixed")
    app.add_url_rule("/<word>", "any", lambda word: word)
    reason = "fixed handled it (200), not any: set HEADERS_SAMPLES"
    assert run("check").output.count(f"not checked: GET /a, {reason}\n") == 1


def test_a_route_is_skipped_by_name(app: Flask, run: Run) -> None:
    called = []

    def mail() -> str:
        called.append("mail")
        return ""

    app.add_url_rule("/mail", "mail", mail)
    app.config["HEADERS_SKIP"] = ["mail"]
    output = run("check").output
    assert "not checked: /mail, it is in HEADERS_SKIP\n" in output
    assert not called


@pytest.mark.parametrize("path", ["/<path:rest>", "/no/such/page"])
def test_a_skipped_view_is_not_called_by_another_request(
    app: Flask, run: Run, path: str
) -> None:
    called: list[str] = []

    def view(**_: object) -> str:
        called.append(path)
        return ""

    app.add_url_rule(path, "skipped", view, methods=["GET", "TRACE"])
    app.add_url_rule("/page", "page", lambda: "", methods=["GET", "TRACE"])
    app.config["HEADERS_SKIP"] = {"skipped"}
    output = run("check").output
    assert not called
    reason = "skipped is in HEADERS_SKIP"
    assert f"not checked: GET /no/such/page, {reason}\n" in output


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        (
            "HEADERS_SAMPLES",
            ["shop.item"],
            "HEADERS_SAMPLES is ['shop.item']: map endpoints to parameters, such as ",
        ),
        (
            "HEADERS_SAMPLES",
            {"shop.item": 7},
            "HEADERS_SAMPLES is {'shop.item': 7}: map endpoints to parameters, such",
        ),
        (
            "HEADERS_SAMPLES",
            {"shop.itme": {}},
            "HEADERS_SAMPLES has 'shop.itme', which does not exist. Use one of: hello",
        ),
        (
            "HEADERS_SAMPLES",
            {"shop.item": {"nubmer": 7}},
            "HEADERS_SAMPLES['shop.item'] has 'nubmer', which does not exist. Use one of: number",
        ),
        (
            "HEADERS_SAMPLES",
            {"shop.item": {"number": "x"}},
            "HEADERS_SAMPLES['shop.item'] is {'number': 'x'}: give values that fit /shop/item/<int:number>.",
        ),
        (
            "HEADERS_SKIP",
            "shop.item",
            "HEADERS_SKIP is 'shop.item': list endpoints, such as",
        ),
        (
            "HEADERS_SKIP",
            {"shop.itme"},
            "HEADERS_SKIP has 'shop.itme', which does not exist. Use one of: hello",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_in_one_line(
    app: Flask, run: Run, setting: str, value: object, message: str
) -> None:
    app.config[setting] = value
    done = run("show")
    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {message}")
    assert done.output.count("\n") == 1


def test_the_policy_may_have_another_name() -> None:
    app = Flask(__name__, static_folder=None)
    ResponseHeaders(POLICY, where="headers.toml").init_app(app)
    output = app.test_cli_runner().invoke(args=["headers", "export", "nginx"]).output
    assert "# Generated from the header policy (headers.toml). " in output
    assert f'add_header "{NAME}" ' in output


def planned(app: Flask, kind: str) -> list[str]:
    """Return the requests of a kind that the check sends."""
    plan = plan_for(app, app, thorough=True)
    requests = [each for each in plan if isinstance(each, ProbeRequest)]
    return [f"{each.method} {each.path}" for each in requests if each.kind == kind]


def test_a_wrong_method_is_one_that_the_route_has_not(app: Flask) -> None:
    app.add_url_rule("/trace", "trace", lambda: "", methods=["GET", "TRACE"])
    assert "LINK /trace" in planned(app, "405")


def test_no_redirect_is_expected_where_the_app_has_none() -> None:
    app = make_app(static_folder=None)
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    app.add_url_rule("/shop/", "shop", lambda: "")
    app.add_url_rule("/shop/cart", "cart", lambda: "")
    assert planned(app, "redirect") == []


def test_two_views_of_one_url_are_both_checked(app: Flask, run: Run) -> None:
    app.add_url_rule("/log-in", "form", lambda: "")
    app.add_url_rule("/log-in", "log_in", lambda: "", methods=["POST"])
    output = run("check", "--all", "--unsafe").output
    assert "handled it" not in output
    assert output.rstrip().endswith("violations: 0")
