"""What goes out over HTTPS only, and whom the app believes that it is asked over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import request, session

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


def scheme(app: Flask, **request_headers: str) -> bytes:
    """The scheme by which an app takes itself to be asked."""
    app.add_url_rule("/scheme", "scheme", lambda: request.scheme)
    return ask(app, "/scheme", headers=request_headers).body


FORWARDED = [
    # hops, the X-Forwarded-Proto that arrives, whether the app takes it for HTTPS
    (None, "https", False),
    (0, "https", False),
    (1, "https", True),
    (1, "http", False),
    (1, "https, http", False),  # the stranger's comes first, the proxy's last
    (1, "http, https", True),
    (2, "https, http", True),
    (2, "https", False),  # one proxy is missing: nothing is believed
]


@pytest.mark.parametrize(("hops", "forwarded", "secure"), FORWARDED)
def test_only_the_proxies_counted_are_believed(
    *, hops: int | None, forwarded: str, secure: bool
) -> None:
    app = create_app({} if hops is None else {"PROXY_HOPS": hops})
    expected = b"https" if secure else b"http"
    assert scheme(app, **{"X-Forwarded-Proto": forwarded}) == expected


def test_hops_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_PROXY_HOPS", "1")
    assert scheme(create_app(), **{"X-Forwarded-Proto": "https"}) == b"https"


def test_the_address_of_the_client_comes_from_the_proxies_counted() -> None:
    app = create_app({"PROXY_HOPS": 1})
    app.add_url_rule("/address", "address", lambda: str(request.remote_addr))
    wire = ask(app, "/address", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    assert wire.body == b"203.0.113.9"


@pytest.mark.parametrize("hops", [-1, "one", 1.5, True])
def test_hops_that_are_no_number_stop_the_app(hops: Any) -> None:
    with pytest.raises(ValueError, match="FLASK_PROXY_HOPS is"):
        create_app({"PROXY_HOPS": hops})


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
