"""The view's header wins over the route's override, that over the blueprint's, ...

... and that over the policy.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

import pytest
from flask import Blueprint, Flask, Response, abort, after_this_request, make_response
from werkzeug.datastructures import Headers

from {{ cookiecutter.package_name }} import precedence
from {{ cookiecutter.package_name }}.overrides import (
    override_blueprint_headers,
    override_headers,
)

from .response_kinds import fail
from .wire import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

POLICY = [
    ("X-Level", "policy"),
    ("X-Other", "policy"),
    ("Vary", "Accept"),
    ("Cache-Control", "no-cache"),
]


@pytest.fixture
def app(app: Flask) -> Flask:
    """Make an app with a policy that these tests know."""
    precedence.init_app(app, POLICY)
    return app


def add_view(
    app: Flask,
    view: Callable[[], ResponseReturnValue],
    route: dict[str, str | None] | None = None,
    blueprint: dict[str, str | None] | None = None,
) -> None:
    """Add a view at ``/level``, in a blueprint, with the overrides given."""
    bp = Blueprint("level", __name__)
    override_blueprint_headers(bp, blueprint or {})

    @bp.get("/level")
    @override_headers(route or {})
    @wraps(view)
    def level() -> ResponseReturnValue:
        return view()

    app.register_blueprint(bp)


def from_view() -> ResponseReturnValue:
    return "text", {"X-Level": "view"}


def plain() -> ResponseReturnValue:
    return "text"


def test_the_policy_holds_where_nothing_else_is_said(app: Flask) -> None:
    add_view(app, plain)
    wire = ask(app, "/level")
    assert wire.values("X-Level") == ["policy"]
    assert wire.values("Cache-Control") == ["no-cache"]


def test_a_blueprint_wins_over_the_policy(app: Flask) -> None:
    add_view(app, plain, blueprint={"x-level": "blueprint"})
    assert ask(app, "/level").values("X-Level") == ["blueprint"]
    assert ask(app, "/").values("X-Level") == ["policy"]


def test_a_route_wins_over_its_blueprint(app: Flask) -> None:
    add_view(app, plain, {"X-Level": "route"}, {"X-Level": "blueprint"})
    assert ask(app, "/level").values("X-Level") == ["route"]


def test_a_view_wins_over_its_route(app: Flask) -> None:
    add_view(app, from_view, {"X-Level": "route"}, {"X-Level": "blueprint"})
    assert ask(app, "/level").values("X-Level") == ["view"]


def test_a_view_may_send_a_header_several_times(app: Flask) -> None:
    twice = [("X-Level", "one"), ("x-level", "two")]
    add_view(app, lambda: Response("text", headers=twice))
    assert ask(app, "/level").values("X-Level") == ["one", "two"]


def test_an_inner_blueprint_wins_over_the_one_around_it(app: Flask) -> None:
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    override_blueprint_headers(outer, {"X-Level": "outer", "X-Other": "outer"})
    override_blueprint_headers(inner, {"X-Level": "inner"})
    inner.add_url_rule("/level", "view", plain)
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    wire = ask(app, "/level")
    assert wire.values("X-Level") == ["inner"]
    assert wire.values("X-Other") == ["outer"]


def test_none_removes_a_header(app: Flask) -> None:
    add_view(app, plain, {"X-Level": None}, {"x-other": None})
    wire = ask(app, "/level")
    assert wire.values("X-Level") == []
    assert wire.values("X-Other") == []


def test_a_view_wins_over_none_too(app: Flask) -> None:
    add_view(app, from_view, {"X-Level": None})
    assert ask(app, "/level").values("X-Level") == ["view"]


def test_an_override_adds_a_header(app: Flask) -> None:
    add_view(app, plain, {"X-New": "route"})
    assert ask(app, "/level").values("X-New") == ["route"]


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("OPTIONS", 200), ("PUT", 405)]
)
def test_an_override_holds_for_the_methods_of_its_route(
    app: Flask, method: str, status: int
) -> None:
    add_view(app, plain, {"X-Level": "route"})
    wire = ask(app, "/level", method)
    assert wire.code == status
    # Nothing was matched by a request with another method: it has no route.
    assert wire.values("X-Level") == ["policy" if status == 405 else "route"]


@pytest.mark.parametrize(
    ("view", "status"),
    [
        (lambda: abort(404), 404),
        (lambda: abort(Response("tea", 418)), 418),
        (lambda: abort(make_response("tea", 418)), 418),
        (fail, 500),
        (lambda: None, 500),
    ],
    ids=["abort", "abort with a response", "abort with a made one", "raise", "None"],
)
def test_an_override_holds_for_the_errors_of_its_view(
    app: Flask, view: Callable[[], ResponseReturnValue], status: int
) -> None:
    add_view(app, view, {"X-Level": "route"}, {"X-Other": "blueprint"})
    wire = ask(app, "/level")
    assert wire.code == status
    assert wire.values("X-Level") == ["route"]
    assert wire.values("X-Other") == ["blueprint"]


def test_the_later_of_two_overrides_of_one_place_wins(app: Flask) -> None:
    @override_headers({"X-Level": "first", "X-Other": "first"})
    def view() -> str:
        return "text"

    add_view(app, view, {"X-Level": "second"})
    wire = ask(app, "/level")
    assert wire.values("X-Level") == ["second"]
    assert wire.values("X-Other") == ["first"]


@pytest.mark.parametrize(
    ("own", "merged"),
    [
        ("Origin", "Accept, Origin"),
        ("accept, Origin", "Accept, Origin"),
        ("*", "Accept, *"),
    ],
)
def test_vary_is_merged(app: Flask, own: str, merged: str) -> None:
    add_view(app, lambda: ("text", {"Vary": own}))
    assert ask(app, "/level").values("Vary") == [merged]


def test_vary_of_an_override_is_merged_too(app: Flask) -> None:
    add_view(app, plain, {"Vary": "Cookie"}, {"Vary": "Origin"})
    assert ask(app, "/level").values("Vary") == ["Accept, Origin, Cookie"]


def test_cache_control_is_left_where_it_is_set(app: Flask) -> None:
    def cached() -> Response:
        response = make_response("text")
        response.cache_control.max_age = 60
        return response

    add_view(app, cached)
    assert ask(app, "/level").values("Cache-Control") == ["max-age=60"]


def test_a_header_set_by_a_function_after_the_view_wins(app: Flask) -> None:
    def view() -> str:
        @after_this_request
        def level(response: Response) -> Response:
            response.headers["X-Level"] = "hook"
            return response

        return "text"

    add_view(app, view, {"X-Level": "route"})
    assert ask(app, "/level").values("X-Level") == ["hook"]


@pytest.mark.parametrize(
    "change",
    [
        lambda headers: headers.add("X-Level", "view"),
        lambda headers: headers.setdefault("X-Level", "view"),
        lambda headers: headers.extend({"X-Level": "view"}),
        lambda headers: headers.set("x-level", "view"),
    ],
    ids=["add", "setdefault", "extend", "set"],
)
def test_a_view_sets_a_header_in_any_way(
    app: Flask, change: Callable[[Headers], None]
) -> None:
    def view() -> Response:
        response = make_response("text")
        change(response.headers)
        return response

    add_view(app, view)
    assert ask(app, "/level").values("X-Level") == ["view"]


def test_headers_that_views_share_are_not_touched(app: Flask) -> None:
    shared = Headers({"X-Shared": "1"})
    add_view(app, lambda: Response("text", headers=shared))
    ask(app, "/level")
    assert "X-Level" not in shared


def test_the_policy_is_read_once() -> None:
    app = Flask(__name__)
    policy = [("X-Level", "policy")]
    precedence.init_app(app, policy)
    policy.append(("X-Late", "1"))
    assert precedence.wanted_by(app, None).names == {"x-level"}
