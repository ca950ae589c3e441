"""The ID of a request: who may set it, and that it is sent with the response."""

from __future__ import annotations

import re

import pytest
from flask import Flask, request

from {{ cookiecutter.package_name }} import create_app, headers, logs, precedence, proxies
from {{ cookiecutter.package_name }}.request_id import RequestId, request_id

from .response_kinds import KINDS, Kind
from .wire import ask

MADE = re.compile("[0-9a-f]{32}")

BAD = ["", "a b", "a\tb", "a,b", 'a"b', "{}", "\xe9", "\x85", "a\nb", "\r\n", "a" * 129]


def app_behind(hops: int) -> Flask:
    """Make an app behind some proxies that sends the ID, with a page that shows it."""
    app = headers.new_app(headers.__package__ or "")
    app.config.update(PROPAGATE_EXCEPTIONS=False, PROXY_HOPS=hops)
    proxies.init_app(app)
    logs.init_app(app)
    precedence.init_app(app, [("X-Request-ID", RequestId())])
    app.add_url_rule("/id", "id", lambda: request_id(request.environ))
    return app


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_response_has_the_id(kind: Kind) -> None:
    app = app_behind(1)
    kind.prepare(app)
    given = {**kind.request.get("headers", {}), "X-Request-ID": "of-the-proxy"}
    wire = ask(app, **kind.request | {"headers": given})
    assert wire.values("X-Request-ID") == ["of-the-proxy"]


def test_each_request_has_its_own_id() -> None:
    app = app_behind(0)
    wires = [ask(app, "/id") for _ in range(20)]
    ids = [wire.body.decode() for wire in wires]
    assert len(set(ids)) == 20
    assert all(MADE.fullmatch(each) for each in ids)
    assert [wire.values("X-Request-ID") for wire in wires] == [[each] for each in ids]


@pytest.mark.parametrize(("hops", "taken"), [(0, False), (1, True), (2, True)])
def test_only_a_trusted_proxy_sets_the_id(hops: int, *, taken: bool) -> None:
    wire = ask(app_behind(hops), "/id", headers={"X-Request-ID": "0f-A_b.c=+/9"})
    assert (wire.body == b"0f-A_b.c=+/9") is taken


@pytest.mark.parametrize("given", BAD)
def test_an_id_that_could_forge_a_log_is_ignored(given: str) -> None:
    environ = {"HTTP_X_REQUEST_ID": given}
    wire = ask(app_behind(1), "/id", environ_overrides=environ)
    assert MADE.fullmatch(wire.body.decode())


@pytest.mark.parametrize("hops", [0, 1])
def test_requests_that_are_not_logged_have_an_id(hops: int) -> None:
    app = create_app({"LOG_REQUESTS": False, "PROXY_HOPS": hops})
    app.add_url_rule("/id", "id", lambda: request_id(request.environ))
    wire = ask(app, "/id", headers={"X-Request-ID": "of-the-proxy"})
    assert (wire.body == b"of-the-proxy") is bool(hops)


def test_there_is_an_id_without_middleware() -> None:
    app = create_app()
    with app.test_request_context():
        assert MADE.fullmatch(request_id(request.environ))
        assert request_id(request.environ) == request_id(request.environ)
