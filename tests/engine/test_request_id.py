"""The id of a request: who may choose it, and where it is sent."""

from __future__ import annotations

import re

import pytest
from flask import Flask, request
from my_flask_app.response_headers import RequestId, TrustRequestId, request_id

from .apps import bare_app, make_app, set_policy
from .response_kinds import KINDS, Kind
from .wire import fetch

GENERATED = re.compile("[0-9a-f]{32}")

UNTRUSTWORTHY = [
    *("", "a b", "a\tb", "a,b", 'a"b', "{}", "\xe9", "\x85", "a\nb", "\r\n", "a" * 129)
]


def id_app(*, trust: bool = True, middleware_first: bool = False) -> Flask:
    """Make an app that sends the id, and has a page that shows it."""
    app = bare_app()
    app.add_url_rule("/id", "id", lambda: request_id(request.environ))
    if trust and middleware_first:
        app.wsgi_app = TrustRequestId(app.wsgi_app)  # type: ignore[method-assign]
    set_policy(app, [("X-Request-ID", RequestId())])
    if trust and not middleware_first:
        app.wsgi_app = TrustRequestId(app.wsgi_app)  # type: ignore[method-assign]
    return app


@pytest.mark.parametrize("middleware_first", [False, True])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_response_of_this_kind_has_the_id(
    kind: Kind, *, middleware_first: bool
) -> None:
    app = id_app(middleware_first=middleware_first)
    kind.prepare(app)
    given = {**kind.request.get("headers", {}), "X-Request-ID": "from-the-proxy"}
    response = fetch(app, **kind.request | {"headers": given})
    assert response.code == kind.status
    assert response.values("X-Request-ID") == ["from-the-proxy"]


def test_each_request_has_its_own_id() -> None:
    app = id_app(trust=False)
    responses = [fetch(app, "/id") for _ in range(20)]
    ids = [response.body.decode() for response in responses]
    assert len(set(ids)) == 20
    assert all(GENERATED.fullmatch(each) for each in ids)
    assert [each.values("X-Request-ID") for each in responses] == [[id_] for id_ in ids]


@pytest.mark.parametrize("trust", [False, True])
def test_the_id_of_a_client_is_used_behind_the_middleware_only(*, trust: bool) -> None:
    headers = {"X-Request-ID": "0f-A_b.c=+/9"}
    response = fetch(id_app(trust=trust), "/id", headers=headers)
    assert (response.body == b"0f-A_b.c=+/9") is trust
    assert (response.values("X-Request-ID") == ["0f-A_b.c=+/9"]) is trust


@pytest.mark.parametrize("given", UNTRUSTWORTHY)
def test_an_id_that_could_forge_a_line_of_a_log_is_ignored(given: str) -> None:
    environ = {"HTTP_X_REQUEST_ID": given}
    response = fetch(id_app(), "/id", environ_overrides=environ)
    assert GENERATED.fullmatch(response.body.decode())


def test_the_id_of_a_request_stays_the_same_without_the_header() -> None:
    app = make_app([])
    with app.test_request_context():
        assert GENERATED.fullmatch(request_id(request.environ))
        assert request_id(request.environ) == request_id(request.environ)
