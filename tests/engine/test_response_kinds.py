"""Every kind of response carries every header of the policy, once.

What is expected is what the same app sends without the engine, with the policy added. It
is the same for each strategy, so all strategies send the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from my_flask_app.response_headers import override_headers

from .apps import POLICY, bare_app, set_policy
from .response_kinds import KINDS, LOOKING_KINDS, Kind
from .wire import RawResponse, fetch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Row = tuple[str, str]

OVERRIDES: dict[str, str | None] = {
    "x-frame-options": None,
    "Referrer-Policy": "same-origin",
    "X-Added": "by the route",
    "Vary": "Origin",
    "Cache-Control": "max-age=1",
}

OVERRIDDEN_POLICY: list[Row] = [
    ("Custom-Header", "Some value"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Vary", "Accept, Accept-Language, Origin"),
    ("Cache-Control", "max-age=1"),
    ("X-Added", "by the route"),
]
"""What ``OVERRIDES`` make of ``POLICY``."""

NOT_COMPARED = {
    "Date",  # the clock may tick in between
    "Expires",
    "X-Test-Inner",  # tells the headers of a request within the request
}


def with_policy(own: list[Row], policy: Iterable[Row], names: set[str]) -> list[Row]:
    """Return the headers that a response must have, given its own."""
    head = []
    for name, value in policy:
        found = [row for row in own if row[0].lower() == name.lower()]
        if name == "Vary":
            head.append((name, merged([value, *(row[1] for row in found)])))
        else:
            head += found or [(name, value)]
    return [*head, *(row for row in own if row[0].lower() not in names)]


def merged(values: Iterable[str]) -> str:
    words: dict[str, str] = {}
    for word in ", ".join(values).split(", "):
        words.setdefault(word.lower(), word)
    return ", ".join(words.values())


def compared(headers: Iterable[Row]) -> list[Row]:
    """Return headers without the values that differ each time."""
    return [(name, "" if name in NOT_COMPARED else value) for name, value in headers]


def override_all(app: Flask) -> None:
    """Override headers of each route."""
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = override_headers(OVERRIDES)(
            lambda *args, view=view, **kwargs: view(*args, **kwargs)
        )


class RouteRecorder:
    """A middleware that notes whether the last request had a route with a view."""

    found = False

    def add_to(self, app: Flask) -> None:
        """Wrap the app."""
        inner = app.wsgi_app

        def recording(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            def start(status: str, headers: list[Row], *exc_info: Any) -> Any:
                rule = environ["werkzeug.request"].url_rule
                self.found = rule is not None and rule.endpoint in app.view_functions
                return start_response(status, headers, *exc_info)

            return inner(environ, start)

        app.wsgi_app = recording  # type: ignore[method-assign]


def fetch_kind(kind: Kind, *steps: Callable[[Flask], object]) -> RawResponse:
    """Prepare an app step by step and send the request of a kind, twice."""
    app = bare_app()
    for step in steps:
        step(app)
    fetch(app, **kind.request)
    return fetch(app, **kind.request)


def policy_of(rows: list[Row]) -> Callable[[Flask], None]:
    return lambda app: set_policy(app, rows)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_response_of_this_kind_carries_the_policy(kind: Kind) -> None:
    bare = fetch_kind(kind, kind.prepare)
    assert bare.code == kind.status
    names = {name.lower() for name, _ in POLICY}
    expected = with_policy(bare.headers, POLICY, names)
    for steps in (
        [kind.prepare, policy_of(POLICY)],
        [policy_of(POLICY), kind.prepare],
    ):
        response = fetch_kind(kind, *steps)
        assert (response.status, response.body) == (bare.status, bare.body)
        assert compared(response.headers) == compared(expected)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_response_of_this_kind_carries_the_overrides_of_its_route(kind: Kind) -> None:
    route = RouteRecorder()
    bare = fetch_kind(kind, kind.prepare, route.add_to)
    rows = OVERRIDDEN_POLICY if route.found else POLICY
    names = {name.lower() for name, _ in rows}
    response = fetch_kind(kind, kind.prepare, override_all, policy_of(POLICY))
    assert (response.status, response.body) == (bare.status, bare.body)
    assert compared(response.headers) == compared(
        with_policy(bare.headers, rows, names)
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_without_a_policy_a_response_of_this_kind_is_flask_s_own(kind: Kind) -> None:
    bare = fetch_kind(kind, kind.prepare)
    response = fetch_kind(kind, kind.prepare, policy_of([]))
    assert (response.status, response.body) == (bare.status, bare.body)
    assert compared(response.headers) == compared(bare.headers)


@pytest.mark.parametrize("kind", LOOKING_KINDS, ids=lambda kind: kind.name)
def test_a_response_that_is_edited_late_carries_the_policy(kind: Kind) -> None:
    bare = fetch_kind(kind, kind.prepare)
    response = fetch_kind(kind, kind.prepare, policy_of(POLICY))
    assert (response.status, response.body) == (bare.status, bare.body)
    names = [name for name, _ in response.headers]
    assert names[: len(POLICY)] == [name for name, _ in POLICY]
    assert len(names) == len(set(names))


def test_each_kind_has_a_name_of_its_own() -> None:
    names = [kind.name for kind in [*KINDS, *LOOKING_KINDS]]
    assert len(names) == len(set(names)) > 100
