"""Every kind of response carries every header of the policy, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from {{ cookiecutter.package_name }}.policy import HEADERS

from .response_kinds import KINDS, Kind
from .wire import Wire, ask

if TYPE_CHECKING:
    from flask import Flask


def assert_carries_policy(wire: Wire) -> None:
    """Each row is there once; only what is merged or yields may differ from it.

    A value that is computed has tests of its own: here, it is not there twice.
    """
    for name, value in HEADERS:
        values = wire.values(name)
        assert len(values) <= 1, f"{name} is there {len(values)} times: {wire.headers}"
        if isinstance(value, str):
            assert values, f"{name} is missing: {wire.headers}"
            if name.lower() not in {"vary", "cache-control"}:
                assert values == [value]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_response_of_this_kind_carries_the_policy(
    app: Flask, kind: Kind, scheme: str
) -> None:
    kind.prepare(app)
    wire = ask(app, **kind.request, environ_overrides={"wsgi.url_scheme": scheme})
    assert wire.code == kind.status
    assert_carries_policy(wire)


def test_a_view_that_uses_make_response_starts_from_its_own_headers(app: Flask) -> None:
    prepare = next(kind.prepare for kind in KINDS if kind.name == "make_response()")
    prepare(app)
    assert ask(app, "/kind").values("Cache-Control") == ["max-age=60"]
