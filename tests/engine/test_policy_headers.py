"""``policy_headers()`` tells what a page may show of itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import json
from my_flask_app.response_headers import (
    NONCE,
    HttpsOnly,
    PageCaching,
    PageCsp,
    RequestId,
    Value,
    override_headers,
    policy_headers,
)

from .apps import make_app
from .wire import HTTPS, fetch

ROWS: list[tuple[str, Value]] = [
    ("Custom-Header", "Some value"),
    ("Content-Security-Policy", PageCsp({}, {"script-src": [NONCE]}, {"img-src": []})),
    ("Strict-Transport-Security", HttpsOnly("max-age=1")),
    ("Cache-Control", PageCaching()),
    ("X-Request-ID", RequestId()),
    ("Vary", "Accept"),
]


def page() -> str:
    """Return a page that shows its headers. It needs no nonce to have one."""
    return json.dumps(policy_headers())


def file() -> tuple[str, dict[str, str]]:
    """Return what is no page."""
    headers = json.dumps(policy_headers("text/plain"))
    return headers, {"Content-Type": "text/plain"}


def no_frames() -> str:
    """Return a page with an override."""
    return page()


@pytest.mark.parametrize("view", [page, file])
@pytest.mark.parametrize("environ", [{}, HTTPS, {"SCRIPT_NAME": "/mounted"}])
def test_they_are_those_that_are_sent(view: Any, environ: dict[str, str]) -> None:
    app = make_app(ROWS)
    app.add_url_rule("/", "view", view)
    response = fetch(app, environ_overrides=environ)
    told = [(name, value) for name, value in json.loads(response.body)]
    assert told
    assert told == [
        row
        for row in response.headers
        if not row[0].startswith("Content-") or row[0] == "Content-Security-Policy"
    ]


def test_an_override_counts() -> None:
    app = make_app(ROWS)
    override = override_headers({"Custom-Header": None, "X-Frame-Options": "DENY"})
    app.add_url_rule("/", "view", override(no_frames))
    told = dict(json.loads(fetch(app).body))
    assert told["X-Frame-Options"] == "DENY"
    assert "Custom-Header" not in told


def test_there_are_none_outside_a_request() -> None:
    with make_app(ROWS).app_context(), pytest.raises(RuntimeError, match="request"):
        policy_headers()
