"""Pages of the configured sites may read every response, those of other sites none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, abort
from flask_cors import cross_origin
from my_flask_app import create_app

from tests.engine.response_kinds import KINDS, Kind
from tests.engine.wire import RawResponse, fetch

if TYPE_CHECKING:
    from flask import Flask

SITE, OTHER = "https://shop.example", "https://other.example"
ALLOW = "Access-Control-Allow-Origin"
CREDENTIALS = "Access-Control-Allow-Credentials"


def new_app(*origins: str, **config: Any) -> Flask:
    """Make an app that allows some sites."""
    config = {"CORS_ORIGINS": list(origins), "PROPAGATE_EXCEPTIONS": False} | config
    return create_app(config)


def fetch_from(app: Flask, origin: str, path: str = "/", **request: Any) -> RawResponse:
    """Send a request as a page of a site does."""
    headers = {**request.pop("headers", {}), "Origin": origin}
    return fetch(app, path, headers=headers, **request)


def preflight(app: Flask, origin: str, path: str = "/", **wanted: str) -> RawResponse:
    """Send the request that a browser sends before one that is not simple."""
    headers = {"Access-Control-Request-Method": wanted.get("method", "PUT")}
    if "headers" in wanted:
        headers["Access-Control-Request-Headers"] = wanted["headers"]
    return fetch_from(app, origin, path, method="OPTIONS", headers=headers)


BEYOND_FLASK_CORS = {
    # It adds its headers in an after_request function: here none runs, ...
    "app.handle_exception replaced",
    "app.handle_exception replaced, after_request raises",
    "after_request raises in an API with its own error handling",
    "app.process_response replaced",
    "app.process_response returns another response",
    # ... or something removes all headers later. Pages cannot read these responses.
    "save_session removes all headers",
    "save_session replaces all headers",
    "a receiver of request_finished removes all headers",
    "a receiver of request_finished replaces all headers",
    "a response class whose get_wsgi_headers() removes headers",
    "a response that is a WSGI app of its own",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize(("origin", "allowed"), [(SITE, [SITE]), (OTHER, [])])
def test_every_kind_of_response_says_who_may_read_it(
    kind: Kind, origin: str, allowed: list[str]
) -> None:
    app = new_app(SITE, "https://third.example")
    kind.prepare(app)
    response = fetch_from(app, origin, **kind.request)
    assert response.code == kind.status
    expected = [] if kind.name in BEYOND_FLASK_CORS else allowed
    assert response.values(ALLOW) == expected


@pytest.mark.parametrize("origins", [[], [SITE], [SITE, OTHER], ["*"]])
@pytest.mark.parametrize("path", ["/", "/missing", "/static/README.txt"])
def test_caches_are_always_told_that_responses_depend_on_the_origin(
    origins: list[str], path: str
) -> None:
    app = new_app(*origins)
    for response in (
        fetch(app, path),
        fetch_from(app, SITE, path),
        preflight(app, SITE, path),
    ):
        (vary,) = response.values("Vary")
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
def test_an_origin_must_match_completely(origin: str) -> None:
    response = fetch(new_app(SITE), environ_overrides={"HTTP_ORIGIN": origin})
    assert response.values(ALLOW) == []
    assert response.values(CREDENTIALS) == []


@pytest.mark.parametrize(
    "origin", ["http://[::1]:5173", "capacitor://localhost", "http://localhost:3000"]
)
def test_an_origin_may_have_any_scheme_and_host(origin: str) -> None:
    assert fetch_from(new_app(origin), origin).values(ALLOW) == [origin]


def test_any_site_may_be_allowed() -> None:
    response = fetch_from(new_app("*"), OTHER)
    assert response.values(ALLOW) == ["*"]
    assert response.values(CREDENTIALS) == []


def test_no_site_is_allowed_by_default() -> None:
    app = create_app()
    for response in (fetch(app), fetch_from(app, SITE), preflight(app, SITE)):
        assert not [name for name, _ in response.headers if name.startswith("Access-")]


def test_cookies_can_be_allowed() -> None:
    app = new_app(SITE, CORS_SUPPORTS_CREDENTIALS=True)
    assert fetch_from(app, SITE).values(CREDENTIALS) == ["true"]
    assert fetch_from(app, OTHER).values(CREDENTIALS) == []
    assert preflight(app, SITE).values(CREDENTIALS) == ["true"]


def test_a_preflight_is_answered_before_a_login_is_required() -> None:
    app = new_app(SITE)
    app.before_request(lambda: abort(401))
    bp = Blueprint("inner", __name__)
    bp.before_request(lambda: abort(403))
    bp.add_url_rule("/inner", "view", lambda: "text", methods=["PUT"])
    app.register_blueprint(bp)
    for path in ("/", "/inner", "/missing"):
        response = preflight(app, SITE, path, headers="content-type, x-evil")
        assert response.code == 204
        assert response.values(ALLOW) == [SITE]
        assert response.values("Access-Control-Allow-Headers") == ["content-type"]
        assert "PUT" in response.values("Access-Control-Allow-Methods")[0].split(", ")
        assert response.values("Access-Control-Max-Age") == ["600"]
        assert fetch_from(app, SITE, "/inner", method="PUT").code == 401
    assert preflight(app, OTHER).values("Access-Control-Allow-Methods") == []


def test_a_view_with_cross_origin_answers_its_preflights() -> None:
    app = new_app(SITE)
    decorate = cross_origin(origins=[OTHER], methods=["PUT"])
    app.add_url_rule("/own", "own", decorate(lambda: "text"), methods=["PUT"])
    assert preflight(app, OTHER, "/own").values(ALLOW) == [OTHER]
    assert preflight(app, SITE, "/own").values(ALLOW) == []
    assert fetch_from(app, OTHER, "/own", method="PUT").values(ALLOW) == [OTHER]


def test_what_is_allowed_can_be_configured() -> None:
    config = {
        "CORS_METHODS": ["GET"],
        "CORS_ALLOW_HEADERS": ["X-Token"],
        "CORS_EXPOSE_HEADERS": ["ETag"],
        "CORS_MAX_AGE": 5,
    }
    app = new_app(SITE, **config)
    response = preflight(app, SITE, method="GET", headers="x-token, authorization")
    assert response.values("Access-Control-Allow-Methods") == ["GET"]
    assert response.values("Access-Control-Allow-Headers") == ["x-token"]
    assert response.values("Access-Control-Max-Age") == ["5"]
    assert fetch_from(app, SITE).values("Access-Control-Expose-Headers") == ["ETag"]
    refused = preflight(app, SITE, method="PUT")
    assert refused.values("Access-Control-Allow-Methods") == []


def test_other_options_requests_are_left_to_flask() -> None:
    response = fetch_from(new_app(SITE), SITE, method="OPTIONS")
    assert response.code == 200
    assert "GET" in response.values("Allow")[0]


INVALID = [
    ("CORS_ORIGINS", "https://a.example", "write a list"),
    ("CORS_ORIGINS", [1], "write a list"),
    ("CORS_ORIGINS", ["https://a.example/"], "write scheme://host"),
    ("CORS_ORIGINS", ["a.example"], "write scheme://host"),
    ("CORS_ORIGINS", ["https://A.example"], "in lower case"),
    ("CORS_ORIGINS", ["https://*.example"], "Patterns are not allowed"),
    ("CORS_ORIGINS", [r"https://.*\.example"], "Patterns are not allowed"),
    ("CORS_ORIGINS", ["https://a.example\n"], "write scheme://host"),
    ("CORS_ORIGINS", ["null"], "write scheme://host"),
    ("CORS_ORIGINS", ["https://a.example:443"], "remove :443: browsers do not send it"),
    ("CORS_ORIGINS", ["http://a.example:80"], "remove :80"),
    ("CORS_ORIGINS", ["*", "https://a.example"], "cannot be combined"),
    ("CORS_SUPPORTS_CREDENTIALS", "yes", "write true or false"),
    ("CORS_METHODS", "GET", "write a list"),
    ("CORS_METHODS", ["*"], "Patterns are not allowed"),
    ("CORS_ALLOW_HEADERS", ["X-.*"], "Patterns are not allowed"),
    ("CORS_EXPOSE_HEADERS", ["two words"], "use letters, digits"),
    ("CORS_MAX_AGE", "600s", "write a number of seconds"),
    ("CORS_MAX_AGE", -1, "write a number of seconds"),
]


@pytest.mark.parametrize(("name", "value", "hint"), INVALID)
def test_an_invalid_setting_is_refused(name: str, value: Any, hint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(hint)) as caught:
        create_app({name: value})
    assert str(caught.value).startswith(f"FLASK_{name}")
    assert "\n" not in str(caught.value)


def test_cookies_for_any_site_are_refused() -> None:
    with pytest.raises(ValueError, match="browsers refuse credentials for any site"):
        new_app("*", CORS_SUPPORTS_CREDENTIALS=True)


def test_the_sites_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_CORS_ORIGINS", f'["{SITE}"]')
    assert fetch_from(create_app(), SITE).values(ALLOW) == [SITE]


def test_only_an_options_request_is_a_preflight() -> None:
    headers = {"Access-Control-Request-Method": "GET"}
    assert fetch_from(new_app(SITE), SITE, headers=headers).code == 200


def test_who_may_read_is_said_only_if_asked() -> None:
    assert fetch(new_app("*")).values(ALLOW) == []


def test_methods_and_headers_of_an_api_are_allowed_by_default() -> None:
    headers = "authorization, content-type"
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        response = preflight(new_app(SITE), SITE, method=method, headers=headers)
        assert response.values("Access-Control-Allow-Headers") == [headers]
        (allowed,) = response.values("Access-Control-Allow-Methods")
        assert method in allowed.split(", ")
