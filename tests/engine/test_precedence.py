"""A header of the view wins over its route's override, that over its blueprint's, ...

... and that over the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    has_request_context,
    make_response,
)
from flask.typing import ResponseReturnValue
from my_flask_app.response_headers import (
    HeaderError,
    ResponseHeaders,
    Value,
    override_blueprint_headers,
    override_headers,
)
from my_flask_app.response_headers.header_policy import apply_policy, headers_for
from my_flask_app.response_headers.values import Override
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from .apps import bare_app, make_app, set_policy
from .response_kinds import fail
from .wire import RawResponse, fetch

POLICY: list[tuple[str, Value]] = [
    ("X-Level", "policy"),
    ("X-Other", "policy"),
    ("Vary", "Accept"),
    ("Cache-Control", "no-cache"),
]


@pytest.fixture
def app() -> Flask:
    """Make an app that has a policy, and no routes of its own."""
    return make_app(POLICY)


def add_view(
    app: Flask,
    view: Callable[[], ResponseReturnValue],
    route: dict[str, Override] | None = None,
    blueprint: dict[str, Override] | None = None,
) -> None:
    """Add a view at ``/level``, in a blueprint, with the given overrides."""
    bp = Blueprint("level", __name__)
    override_blueprint_headers(bp, blueprint or {})

    @bp.get("/level")
    @override_headers(route or {})
    @wraps(view)
    def level() -> ResponseReturnValue:
        return view()

    app.register_blueprint(bp)


def sets_level() -> ResponseReturnValue:
    return "text", {"X-Level": "view"}


def plain() -> ResponseReturnValue:
    return "text"


def test_without_overrides_the_policy_applies(app: Flask) -> None:
    add_view(app, plain)
    response = fetch(app, "/level")
    assert response.values("X-Level") == ["policy"]
    assert response.values("Cache-Control") == ["no-cache"]


def test_a_blueprint_wins_over_the_policy(app: Flask) -> None:
    add_view(app, plain, blueprint={"x-level": "blueprint"})
    assert fetch(app, "/level").values("X-Level") == ["blueprint"]
    assert fetch(app, "/missing").values("X-Level") == ["policy"]


def test_a_route_wins_over_its_blueprint(app: Flask) -> None:
    add_view(app, plain, {"X-Level": "route"}, {"X-Level": "blueprint"})
    assert fetch(app, "/level").values("X-Level") == ["route"]


def test_a_view_wins_over_its_route(app: Flask) -> None:
    add_view(app, sets_level, {"X-Level": "route"}, {"X-Level": "blueprint"})
    assert fetch(app, "/level").values("X-Level") == ["view"]


def test_a_view_may_send_a_header_several_times(app: Flask) -> None:
    twice = [("X-Level", "one"), ("x-level", "two")]
    add_view(app, lambda: Response("text", headers=twice))
    assert fetch(app, "/level").values("X-Level") == ["one", "two"]


def test_a_nested_blueprint_wins_over_its_parent(app: Flask) -> None:
    parent, nested = Blueprint("parent", __name__), Blueprint("nested", __name__)
    override_blueprint_headers(parent, {"X-Level": "parent", "X-Other": "parent"})
    override_blueprint_headers(nested, {"X-Level": "nested"})
    nested.add_url_rule("/level", "view", plain)
    parent.register_blueprint(nested)
    app.register_blueprint(parent)
    response = fetch(app, "/level")
    assert response.values("X-Level") == ["nested"]
    assert response.values("X-Other") == ["parent"]


def test_none_removes_a_header(app: Flask) -> None:
    add_view(app, plain, {"X-Level": None}, {"x-other": None})
    response = fetch(app, "/level")
    assert response.values("X-Level") == []
    assert response.values("X-Other") == []


def test_a_view_wins_over_none_too(app: Flask) -> None:
    add_view(app, sets_level, {"X-Level": None})
    assert fetch(app, "/level").values("X-Level") == ["view"]


def test_an_override_adds_a_header(app: Flask) -> None:
    add_view(app, plain, {"X-New": "route"})
    assert fetch(app, "/level").values("X-New") == ["route"]


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("OPTIONS", 200), ("PUT", 405)]
)
def test_an_override_applies_to_each_method_of_its_route(
    app: Flask, method: str, status: int
) -> None:
    add_view(app, plain, {"X-Level": "route"})
    response = fetch(app, "/level", method)
    assert response.code == status
    # A request with another method matches no route.
    assert response.values("X-Level") == ["policy" if status == 405 else "route"]


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
def test_an_override_applies_to_the_errors_of_its_view(
    app: Flask, view: Callable[[], ResponseReturnValue], status: int
) -> None:
    add_view(app, view, {"X-Level": "route"}, {"X-Other": "blueprint"})
    response = fetch(app, "/level")
    assert response.code == status
    assert response.values("X-Level") == ["route"]
    assert response.values("X-Other") == ["blueprint"]


def test_of_two_overrides_of_one_view_the_outer_wins(app: Flask) -> None:
    @override_headers({"X-Level": "inner", "X-Other": "inner"})
    def view() -> str:
        return "text"

    add_view(app, view, {"X-Level": "outer"})
    response = fetch(app, "/level")
    assert response.values("X-Level") == ["outer"]
    assert response.values("X-Other") == ["inner"]


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
    assert fetch(app, "/level").values("Vary") == [merged]


def test_vary_of_an_override_is_merged_too(app: Flask) -> None:
    add_view(app, plain, {"Vary": "Cookie"}, {"Vary": "Origin"})
    assert fetch(app, "/level").values("Vary") == ["Accept, Origin, Cookie"]


def test_the_cache_control_of_a_view_is_kept(app: Flask) -> None:
    def cached() -> Response:
        response = make_response("text")
        response.cache_control.max_age = 60
        return response

    add_view(app, cached)
    assert fetch(app, "/level").values("Cache-Control") == ["max-age=60"]


def test_a_header_set_after_the_view_wins(app: Flask) -> None:
    def view() -> str:
        @after_this_request
        def level(response: Response) -> Response:
            response.headers["X-Level"] = "hook"
            return response

        return "text"

    add_view(app, view, {"X-Level": "route"})
    assert fetch(app, "/level").values("X-Level") == ["hook"]


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
    assert fetch(app, "/level").values("X-Level") == ["view"]


def test_headers_that_responses_share_are_not_changed(app: Flask) -> None:
    shared = Headers({"X-Shared": "1"})
    add_view(app, lambda: Response("text", headers=shared))
    fetch(app, "/level")
    assert {*shared.keys()} == {"X-Shared", "Content-Type", "Content-Length"}


def test_a_policy_is_copied() -> None:
    policy: list[tuple[str, Value]] = [("X-Level", "policy")]
    app = make_app(policy)
    policy.append(("X-Late", "1"))
    assert headers_for(app, None).names == {"x-level"}


def test_the_rows_of_a_policy_may_come_from_a_generator() -> None:
    app = bare_app()
    ResponseHeaders((name, "policy") for name in ["X-Level"]).init_app(app)
    assert headers_for(app, None).names == {"x-level"}


def test_calling_init_app_again_replaces_the_policy(app: Flask) -> None:
    set_policy(app, [("X-Level", "new")])
    response = fetch(app, "/missing")
    assert response.values("X-Level") == ["new"]
    assert response.values("X-Other") == []


def test_the_origin_of_each_header_is_known(app: Flask) -> None:
    add_view(app, plain, {"X-Level": "route"}, {"x-other": None, "X-New": "1"})
    assert headers_for(app, "level.plain").origins == {
        "x-level": "route override",
        "x-other": "blueprint override",
        "x-new": "blueprint override",
        "vary": "policy",
        "cache-control": "policy",
    }
    assert set(headers_for(app, None).origins.values()) == {"policy"}


def test_a_function_builds_an_override_from_the_value_below_it(app: Flask) -> None:
    add_view(app, plain, {"X-Level": lambda below: f"{below}, route", "X-New": str})
    response = fetch(app, "/level")
    assert response.values("X-Level") == ["policy, route"]
    assert response.values("X-New") == ["None"]


def test_what_a_function_builds_is_checked(app: Flask) -> None:
    add_view(app, plain, {"X-Level": lambda below: f"{below}\r\nX-Evil: 1"})
    with pytest.raises(HeaderError, match="a value is one line") as caught:
        set_policy(app, POLICY)
    assert str(caught.value).startswith(
        "route override of 'level.plain': result of a function: header 'X-Level': "
    )


def test_routes_that_return_one_shared_response_keep_their_own_overrides(
    app: Flask,
) -> None:
    shared = Response("text")
    app.add_url_rule("/a", "a", override_headers({"X-Level": "a"})(lambda: shared))
    app.add_url_rule("/b", "b", override_headers({"X-Other": None})(lambda: shared))
    for _ in range(2):
        assert fetch(app, "/a").values("X-Level") == ["a"]
        assert fetch(app, "/a").values("X-Other") == ["policy"]
        assert fetch(app, "/b").values("X-Level") == ["policy"]
        assert fetch(app, "/b").values("X-Other") == []
    assert "X-Level" not in shared.headers


def test_a_response_can_be_made_outside_a_request(app: Flask) -> None:
    with app.app_context():
        assert not has_request_context()
        response = make_response("text")
        assert response.get_data() == b"text"
        apply_policy(response)
        _, _, headers = response.get_wsgi_response(EnvironBuilder().get_environ())
        assert "X-Level" not in dict(headers)


def test_applying_the_policy_twice_is_a_no_op(app: Flask) -> None:
    with app.test_request_context("/"):
        bare = Response("text", headers={"Vary": "Origin", "X-Level": "view"})
        once = apply_policy(bare)
        response = apply_policy(once)
        assert list(response.headers) == list(once.headers)
        assert bare.headers.getlist("Vary") == ["Origin"]
        assert response.headers.getlist("Vary") == ["Accept, Origin"]
        assert response.headers.getlist("X-Level") == ["view"]


@pytest.mark.parametrize(("view", "status"), [(plain, 200), (fail, 500)])
def test_functions_after_the_view_see_the_headers_of_the_view_only(
    app: Flask, view: Callable[[], ResponseReturnValue], status: int
) -> None:
    @app.after_request
    def edit(response: Response) -> Response:
        response.headers.setdefault("X-Level", "hook")
        response.headers.add("X-Other", "hook")
        response.cache_control.max_age = 60
        return response

    add_view(app, view, {"X-Level": "route"})
    response = fetch(app, "/level")
    assert response.code == status
    assert response.values("X-Level") == ["hook"]
    assert response.values("X-Other") == ["hook"]
    assert response.values("Cache-Control") == ["max-age=60"]


class OwnResponse(Response):
    """A response class of a view."""

    autocorrect_location_header = True


def test_a_response_keeps_the_class_that_its_view_chose(app: Flask) -> None:
    add_view(app, lambda: OwnResponse("made", 201, {"Location": "/there"}))
    response = fetch(app, "/level")
    assert response.values("Location") == ["http://localhost/there"]
    assert response.values("X-Level") == ["policy"]


def test_a_request_within_a_request_has_its_own_headers(app: Flask) -> None:
    seen: list[RawResponse] = []

    def view() -> str:
        seen.append(fetch(app, "/missing"))
        return "text"

    add_view(app, view, {"X-Level": "route"})
    assert fetch(app, "/level").values("X-Level") == ["route"]
    assert seen[0].values("X-Level") == ["policy"]


def test_a_request_to_another_app_within_a_request_has_that_app_s_headers(
    app: Flask,
) -> None:
    other = make_app([("X-Level", "other app")])
    seen: list[RawResponse] = []

    def view() -> str:
        seen.append(fetch(other, "/missing"))
        return "text"

    add_view(app, view)
    response = fetch(app, "/level")
    assert response.values("X-Level") == ["policy"]
    assert seen[0].values("X-Level") == ["other app"]
    assert seen[0].values("X-Other") == []


def test_an_app_without_a_policy_is_not_affected(app: Flask) -> None:
    bare = bare_app()
    assert fetch(bare, "/missing").values("X-Level") == []
    assert fetch(app, "/missing").values("X-Level") == ["policy"]
