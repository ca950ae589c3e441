"""What goes out over HTTPS only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import session

from {{ cookiecutter.package_name }} import create_app, headers, precedence
from {{ cookiecutter.package_name }}.csp import Csp
from {{ cookiecutter.package_name }}.https import HttpsOnly
from {{ cookiecutter.package_name }}.validation import HeaderError

from tests.response_kinds import KINDS, Kind
from tests.wire import ask

if TYPE_CHECKING:
    from flask import Flask

SECURE = {"wsgi.url_scheme": "https"}


HSTS, CSP = "Strict-Transport-Security", "Content-Security-Policy"


@pytest.fixture
def app() -> Flask:
    """Make an app that has nothing but a policy that these tests know."""
    app = headers.new_app(headers.__package__ or "")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    rows = [(HSTS, HttpsOnly(HSTS, "max-age=60")), (CSP, Csp({"img-src": ["'self'"]}))]
    precedence.init_app(app, rows)
    return app


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_over_http_nothing_speaks_of_https(app: Flask, kind: Kind) -> None:
    kind.prepare(app)
    wire = ask(app, **kind.request)
    assert wire.values(HSTS) == []
    assert wire.values(CSP) == ["img-src 'self'"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_over_https_every_kind_of_response_asks_for_it(app: Flask, kind: Kind) -> None:
    kind.prepare(app)
    wire = ask(app, **kind.request, environ_overrides=SECURE)
    assert wire.values(HSTS) == ["max-age=60"]
    assert wire.values(CSP) == ["img-src 'self'; upgrade-insecure-requests"]


def test_a_value_for_https_only_is_checked() -> None:
    with pytest.raises(HeaderError, match="max-age: write it once"):
        HttpsOnly("Strict-Transport-Security", "includeSubDomains")


def use_session() -> str:
    count = session["count"] = session.get("count", 0) + 1
    return str(count)


@pytest.fixture
def app_with_session() -> Flask:
    """Make an app that counts in the session."""
    app = create_app({"SECRET_KEY": "only for this test"})
    app.add_url_rule("/count", "count", use_session)
    return app


def test_over_https_the_cookie_is_for_this_host_only(app_with_session: Flask) -> None:
    wire = ask(app_with_session, "/count", environ_overrides=SECURE)
    (cookie,) = wire.values("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("__Host-session=")
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert "Cookie" in wire.values("Vary")[0]


def test_over_http_on_localhost_the_session_still_works(
    app_with_session: Flask,
) -> None:
    (cookie,) = ask(app_with_session, "/count").values("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("session=")
    assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=Lax"}
    wire = ask(app_with_session, "/count", headers={"Cookie": name})
    assert wire.body == b"2"


def test_over_https_the_session_works_under_its_own_name(
    app_with_session: Flask,
) -> None:
    wire = ask(app_with_session, "/count", environ_overrides=SECURE)
    cookie = {"Cookie": wire.values("Set-Cookie")[0].split("; ")[0]}
    again = ask(app_with_session, "/count", headers=cookie, environ_overrides=SECURE)
    assert again.body == b"2"
    # What came over HTTP, where anyone on the way can write, is not taken.
    plain = {"Cookie": cookie["Cookie"].removeprefix("__Host-")}
    other = ask(app_with_session, "/count", headers=plain, environ_overrides=SECURE)
    assert other.body == b"1"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("SESSION_COOKIE_PATH", "/count"), ("SESSION_COOKIE_DOMAIN", "localhost")],
)
def test_a_cookie_for_more_or_less_than_the_host_has_no_prefix(
    app_with_session: Flask, setting: str, value: str
) -> None:
    app_with_session.config[setting] = value
    wire = ask(app_with_session, "/count", environ_overrides=SECURE)
    assert wire.values("Set-Cookie")[0].startswith("session=")
    assert "; Secure;" in wire.values("Set-Cookie")[0]


def test_flask_s_own_settings_for_the_cookie_win(app_with_session: Flask) -> None:
    app_with_session.config["SESSION_COOKIE_SAMESITE"] = "Strict"
    (cookie,) = ask(app_with_session, "/count").values("Set-Cookie")
    assert "SameSite=Strict" in cookie
