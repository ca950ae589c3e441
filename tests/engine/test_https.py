"""Headers that are sent over HTTPS only."""

from __future__ import annotations

import pytest
from flask import Flask
from my_flask_app.response_headers import Csp, HttpsOnly, override_headers

from .apps import make_app
from .response_kinds import KINDS, Kind
from .wire import HTTPS, fetch

HSTS, CSP = "Strict-Transport-Security", "Content-Security-Policy"


@pytest.fixture
def app() -> Flask:
    """Make an app that has a policy, and no routes of its own."""
    return make_app(
        [(HSTS, HttpsOnly("max-age=60")), (CSP, Csp({"img-src": ["'self'"]}))]
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_over_http_a_response_of_this_kind_does_not_ask_for_https(
    app: Flask, kind: Kind
) -> None:
    kind.prepare(app)
    response = fetch(app, **kind.request)
    assert response.values(HSTS) == []
    assert response.values(CSP) == ["img-src 'self'"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_over_https_a_response_of_this_kind_asks_for_https(
    app: Flask, kind: Kind
) -> None:
    kind.prepare(app)
    response = fetch(app, **kind.request, environ_overrides=HTTPS)
    assert response.values(HSTS) == ["max-age=60"]
    assert response.values(CSP) == ["img-src 'self'; upgrade-insecure-requests"]


def test_an_override_may_be_for_https_only(app: Flask) -> None:
    override_headers({HSTS: HttpsOnly("max-age=1")})(app.view_functions["static"])
    path = "/static/README.txt"
    assert fetch(app, path).values(HSTS) == []
    assert fetch(app, path, environ_overrides=HTTPS).values(HSTS) == ["max-age=1"]


def test_a_string_of_the_same_header_is_sent_over_http_too(app: Flask) -> None:
    override_headers({HSTS: "max-age=1"})(app.view_functions["static"])
    assert fetch(app, "/static/README.txt").values(HSTS) == ["max-age=1"]
