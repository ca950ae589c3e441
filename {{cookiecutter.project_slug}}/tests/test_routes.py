"""Every route of the app carries its headers: routes added later need no new test.

They are taken from the app's URL map and asked with each of their methods, for real:
name those in NOT_ASKED of asked.py that a test should not call.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import pytest
from werkzeug.exceptions import HTTPException

from {{ cookiecutter.package_name }} import asked, create_app
from {{ cookiecutter.package_name }}.precedence import wanted_by

from .wire import ask_for_headers

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

SAMPLES = [1, 1.5, "a", "00000000-0000-0000-0000-000000000000", "README.txt"]
"""Tried for a route's parameters that have no value in asked.py, until one matches."""


class Route(NamedTuple):
    """What to ask, and the endpoint that is to answer."""

    method: str
    path: str
    endpoint: str


def routes_of(app: Flask) -> list[Route]:
    """Every method of every route that the app has."""
    return [
        Route(method, path_of(app, rule), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or {"GET"})
        if rule.endpoint not in asked.NOT_ASKED and is_asked(rule)
    ]


def is_asked(rule: Rule) -> bool:
    """Whether a rule has a view behind a path; one for a host of its own is not asked."""
    elsewhere = rule.build_only or rule.redirect_to or rule.subdomain or rule.host
    return not elsewhere


def path_of(app: Flask, rule: Rule) -> str:
    """A path that leads to a rule."""
    adapter = app.url_map.bind("localhost")
    method = min(rule.methods or {"GET"})
    known = asked.PARAMETERS.get(rule.endpoint, {})
    unknown = sorted(rule.arguments - known.keys())
    for values in product(SAMPLES, repeat=len(unknown)):
        parameters = known | dict(zip(unknown, values, strict=True))
        try:
            path = adapter.build(rule.endpoint, parameters, method)
            if adapter.match(path, method)[0] == rule.endpoint:
                return path
        except (HTTPException, ValueError):
            continue
    msg = f"{rule.rule}: no sample fits, add values to PARAMETERS of asked.py (or see NOT_ASKED)"
    raise LookupError(msg)


@pytest.mark.parametrize(
    "route", routes_of(create_app()), ids=lambda route: f"{route.method} {route.path}"
)
def test_a_route_carries_its_headers(app: Flask, route: Route) -> None:
    wire = ask_for_headers(app, route.path, route.method)
    for name, value in wanted_by(app, route.endpoint).rows:
        if isinstance(value, str):  # a view may send its own instead
            assert wire.values(name), f"{name} is missing: {wire.headers}"
            assert wire.values(name).count(value) <= 1, f"{name}: {wire.headers}"


def test_a_new_route_is_found(app: Flask) -> None:
    app.add_url_rule("/new/<int:number>/<word>", "new", str)
    app.add_url_rule("/id/<uuid:key>", "id", str, methods=["PUT"])
    app.add_url_rule("/built/", "built", str, build_only=True)
    app.add_url_rule("/old", "old", redirect_to="/new/1/1")
    found = routes_of(app)
    assert ("GET", "/new/1/1", "new") in found
    assert ("PUT", "/id/00000000-0000-0000-0000-000000000000", "id") in found
