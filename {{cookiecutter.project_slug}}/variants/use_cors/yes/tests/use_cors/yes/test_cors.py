"""Pages of the sites that are named may read every answer, those of others none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, abort

from {{ cookiecutter.package_name }} import create_app

from tests.response_kinds import KINDS, Kind
from tests.test_response_kinds import assert_carries_policy
from tests.wire import Wire, ask

if TYPE_CHECKING:
    from flask import Flask

SITE, OTHER = "https://shop.example", "https://other.example"
ALLOW = "Access-Control-Allow-Origin"
CREDENTIALS = "Access-Control-Allow-Credentials"


def new_app(*origins: str, **config: Any) -> Flask:
    """Make an app that names some sites."""
    config = {"CORS_ORIGINS": list(origins), "PROPAGATE_EXCEPTIONS": False} | config
    return create_app(config)


def ask_from(app: Flask, origin: str, path: str = "/", **request: Any) -> Wire:
    """Ask as a page of a site does."""
    given = {**request.pop("headers", {}), "Origin": origin}
    return ask(app, path, headers=given, **request)


def preflight(app: Flask, origin: str, path: str = "/", **asked: str) -> Wire:
    """Ask what a browser asks before a request that is out of the ordinary."""
    given = {"Access-Control-Request-Method": asked.get("method", "PUT")}
    if "headers" in asked:
        given["Access-Control-Request-Headers"] = asked["headers"]
    return ask_from(app, origin, path, method="OPTIONS", headers=given)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(("origin", "allowed"), [(SITE, [SITE]), (OTHER, [])])
def test_every_kind_of_response_tells_who_may_read_it(
    kind: Kind, origin: str, allowed: list[str]
) -> None:
    app = new_app(SITE, "https://third.example")
    kind.prepare(app)
    wire = ask_from(app, origin, **kind.request)
    assert wire.code == kind.status
    assert wire.values(ALLOW) == allowed
    assert_carries_policy(wire)


@pytest.mark.parametrize("origins", [[], [SITE], [SITE, OTHER], ["*"]])
@pytest.mark.parametrize("path", ["/", "/missing", "/static/README.txt"])
def test_caches_always_hear_that_it_depends_on_who_asks(
    origins: list[str], path: str
) -> None:
    app = new_app(*origins)
    for wire in (ask(app, path), ask_from(app, SITE, path), preflight(app, SITE, path)):
        (vary,) = wire.values("Vary")
        assert "Origin" in vary.split(", ")


@pytest.mark.parametrize(
    "origin",
    [
        OTHER,
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example.evil.example",
        "https://evil.example/https://shop.example",
        "https://shopxexample",
        "https://a.shop.example",
        "HTTPS://SHOP.EXAMPLE",
        f"{SITE}\n",
        f"{SITE}/",
        "null",
        "*",
    ],
)
def test_an_origin_is_compared_whole(origin: str) -> None:
    wire = ask(new_app(SITE), environ_overrides={"HTTP_ORIGIN": origin})
    assert wire.values(ALLOW) == []
    assert wire.values(CREDENTIALS) == []


@pytest.mark.parametrize(
    "origin", ["http://[::1]:5173", "capacitor://localhost", "http://localhost:3000"]
)
def test_an_origin_may_have_any_scheme_and_host(origin: str) -> None:
    assert ask_from(new_app(origin), origin).values(ALLOW) == [origin]


def test_any_site_may_read_what_is_public() -> None:
    wire = ask_from(new_app("*"), OTHER)
    assert wire.values(ALLOW) == ["*"]
    assert wire.values(CREDENTIALS) == []


def test_who_is_not_named_is_not_let_in_by_a_default() -> None:
    app = create_app()
    for wire in (ask(app), ask_from(app, SITE), preflight(app, SITE)):
        assert not [name for name, _ in wire.headers if name.startswith("Access-")]


def test_cookies_are_let_through_where_that_is_set() -> None:
    app = new_app(SITE, CORS_SUPPORTS_CREDENTIALS=True)
    assert ask_from(app, SITE).values(CREDENTIALS) == ["true"]
    assert ask_from(app, OTHER).values(CREDENTIALS) == []
    assert preflight(app, SITE).values(CREDENTIALS) == ["true"]


def test_a_preflight_is_answered_before_a_function_that_wants_a_login() -> None:
    app = new_app(SITE)
    app.before_request(lambda: abort(401))
    bp = Blueprint("inner", __name__)
    bp.before_request(lambda: abort(403))
    bp.add_url_rule("/inner", "view", lambda: "text", methods=["PUT"])
    app.register_blueprint(bp)
    for path in ("/", "/inner", "/missing"):
        wire = preflight(app, SITE, path, headers="content-type, x-evil")
        assert wire.code == 204
        assert wire.values(ALLOW) == [SITE]
        assert wire.values("Access-Control-Allow-Headers") == ["content-type"]
        assert "PUT" in wire.values("Access-Control-Allow-Methods")[0].split(", ")
        assert wire.values("Access-Control-Max-Age") == ["600"]
        assert_carries_policy(wire)
    assert ask_from(app, SITE, "/inner", method="PUT").code == 401
    assert preflight(app, OTHER).values("Access-Control-Allow-Methods") == []


def test_what_is_allowed_can_be_set() -> None:
    config = {
        "CORS_METHODS": ["GET"],
        "CORS_ALLOW_HEADERS": ["X-Token"],
        "CORS_EXPOSE_HEADERS": ["ETag"],
        "CORS_MAX_AGE": 5,
    }
    app = new_app(SITE, **config)
    wire = preflight(app, SITE, method="GET", headers="x-token, authorization")
    assert wire.values("Access-Control-Allow-Methods") == ["GET"]
    assert wire.values("Access-Control-Allow-Headers") == ["x-token"]
    assert wire.values("Access-Control-Max-Age") == ["5"]
    assert ask_from(app, SITE).values("Access-Control-Expose-Headers") == ["ETag"]
    refused = preflight(app, SITE, method="PUT")
    assert refused.values("Access-Control-Allow-Methods") == []


def test_an_options_request_of_another_kind_is_left_to_flask() -> None:
    wire = ask_from(new_app(SITE), SITE, method="OPTIONS")
    assert wire.code == 200
    assert "GET" in wire.values("Allow")[0]


BAD = [
    ("CORS_ORIGINS", "https://a.example", "write a list"),
    ("CORS_ORIGINS", [1], "write a list"),
    ("CORS_ORIGINS", ["https://a.example/"], "write scheme://host"),
    ("CORS_ORIGINS", ["a.example"], "write scheme://host"),
    ("CORS_ORIGINS", ["https://A.example"], "in lower case"),
    ("CORS_ORIGINS", ["https://*.example"], "Patterns are not taken"),
    ("CORS_ORIGINS", [r"https://.*\.example"], "Patterns are not taken"),
    ("CORS_ORIGINS", ["https://a.example\n"], "write scheme://host"),
    ("CORS_ORIGINS", ["null"], "write scheme://host"),
    ("CORS_ORIGINS", ["https://a.example:443"], "leave out :443: browsers do"),
    ("CORS_ORIGINS", ["http://a.example:80"], "leave out :80"),
    ("CORS_ORIGINS", ["*", "https://a.example"], "stands alone"),
    ("CORS_SUPPORTS_CREDENTIALS", "yes", "write true or false"),
    ("CORS_METHODS", "GET", "write a list"),
    ("CORS_METHODS", ["*"], "Patterns are not taken"),
    ("CORS_ALLOW_HEADERS", ["X-.*"], "Patterns are not taken"),
    ("CORS_EXPOSE_HEADERS", ["two words"], "write letters, digits"),
    ("CORS_MAX_AGE", "600s", "write a number of seconds"),
    ("CORS_MAX_AGE", -1, "write a number of seconds"),
]


@pytest.mark.parametrize(("name", "value", "mend"), BAD)
def test_a_setting_that_cannot_be_used_stops_the_app(
    name: str, value: Any, mend: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(mend)) as caught:
        create_app({name: value})
    assert str(caught.value).startswith(f"FLASK_{name}")
    assert "\n" not in str(caught.value)


def test_any_site_is_refused_beside_cookies() -> None:
    with pytest.raises(ValueError, match="credentials are not for any site"):
        new_app("*", CORS_SUPPORTS_CREDENTIALS=True)


def test_the_sites_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_CORS_ORIGINS", f'["{SITE}"]')
    assert ask_from(create_app(), SITE).values(ALLOW) == [SITE]
