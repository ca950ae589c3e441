"""The view's header wins over the route's override, that over the blueprint's, ...

... and that over the policy.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

import pytest
from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    after_this_request,
    make_response,
)
from werkzeug.datastructures import Headers

from {{ cookiecutter.package_name }} import headers, precedence
from {{ cookiecutter.package_name }}.overrides import (
    override_blueprint_headers,
    override_headers,
)
from {{ cookiecutter.package_name }}.validation import HeaderError
from {{ cookiecutter.package_name }}.values import Computed, Decided, Value

from .response_kinds import fail
from .wire import Wire, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request
    from flask.typing import ResponseReturnValue

    from {{ cookiecutter.package_name }}.values import Override

POLICY: list[tuple[str, Value]] = [
    ("X-Level", "policy"),
    ("X-Other", "policy"),
    ("Vary", "Accept"),
    ("Cache-Control", "no-cache"),
]


@pytest.fixture
def app() -> Flask:
    """Make an app that has nothing but a policy that these tests know."""
    app = headers.new_app(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    precedence.init_app(app, POLICY)
    return app


def add_view(
    app: Flask,
    view: Callable[[], ResponseReturnValue],
    route: dict[str, Override] | None = None,
    blueprint: dict[str, Override] | None = None,
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
    assert ask(app, "/missing").values("X-Level") == ["policy"]


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
    policy: list[tuple[str, Value]] = [("X-Level", "policy")]
    precedence.init_app(app, policy)
    policy.append(("X-Late", "1"))
    assert precedence.wanted_by(app, None).names == {"x-level"}


class FromPath(Computed):
    """A value that depends on the request, and on the response."""

    def value_for(self, response: Response, request: Request) -> str | None:
        """Return the path, or nothing for an error."""
        return request.path if response.status_code < 400 else None


def test_a_value_is_computed_for_each_response(app: Flask) -> None:
    precedence.init_app(app, [("X-Level", FromPath())])
    add_view(app, plain)
    assert ask(app, "/level").values("X-Level") == ["/level"]
    assert ask(app, "/missing").values("X-Level") == []


class Line(Computed):
    """A value that would begin another line."""

    def value_for(self, *_: object) -> str:
        """Return a line break, and a header of its own."""
        return "x\r\nX-Injected: y"


def method_of(_response: Response, request: Request) -> str:
    """Tell the method; the tests count how often that is asked."""
    asked.append(request.method)
    return request.method


asked: list[str] = []


class FromMethod(Decided):
    """A value that the method decides: a text, nothing, or another for each request."""

    facts = (method_of,)

    def value_of(self, method: str) -> str | Computed | None:
        """Return the method, but nothing for OPTIONS, and the path for HEAD."""
        return {"OPTIONS": None, "HEAD": FromPath(), "POST": Line()}.get(method, method)


def test_a_value_is_decided_by_facts_that_are_asked_once(app: Flask) -> None:
    decided = FromMethod()
    precedence.init_app(app, [("X-Level", decided), ("X-Other", decided)])
    add_view(app, plain)
    for _ in range(2):
        asked.clear()
        assert ask(app, "/level").values("X-Level") == ["GET"]
        assert asked == ["GET"]
    assert ask(app, "/level", method="DELETE").values("X-Other") == ["DELETE"]
    assert ask(app, "/level", method="OPTIONS").values("X-Level") == []
    assert ask(app, "/level", method="HEAD").values("X-Level") == ["/level"]
    assert ask(app, "/other", method="HEAD").values("X-Level") == []  # it is a 404


def test_what_was_decided_is_not_kept_without_end(app: Flask) -> None:
    precedence.init_app(app, [("X-Level", FromMethod())])
    wanted = precedence.wanted_by(app, None)
    for number in range(200):
        assert ask(app, method=f"M{number}").values("X-Level") == [f"M{number}"]
    assert len(vars(wanted)["_cases"]) < 100


@pytest.mark.parametrize(("value", "method"), [(Line(), "GET"), (FromMethod(), "POST")])
def test_a_computed_value_cannot_begin_another_line(
    app: Flask, value: Computed, method: str
) -> None:
    precedence.init_app(app, [("X-Level", value)])
    with pytest.raises(HeaderError, match="must write one line"):
        ask(app, method=method)


def test_an_override_may_be_computed(app: Flask) -> None:
    add_view(app, plain, {"X-Level": FromPath()})
    assert ask(app, "/level").values("X-Level") == ["/level"]


def test_an_override_may_change_the_value_below(app: Flask) -> None:
    add_view(app, plain, {"X-Level": lambda below: f"{below}, route", "X-New": str})
    wire = ask(app, "/level")
    assert wire.values("X-Level") == ["policy, route"]
    assert wire.values("X-New") == ["None"]


def test_a_response_that_views_share_is_not_changed_by_one_of_them(app: Flask) -> None:
    shared = Response("text")
    app.add_url_rule("/a", "a", override_headers({"X-Level": "a"})(lambda: shared))
    app.add_url_rule("/b", "b", override_headers({"X-Other": None})(lambda: shared))
    for _ in range(2):
        assert ask(app, "/a").values("X-Level") == ["a"]
        assert ask(app, "/a").values("X-Other") == ["policy"]
        assert ask(app, "/b").values("X-Level") == ["policy"]
        assert ask(app, "/b").values("X-Other") == []


def test_a_response_can_be_made_outside_of_a_request(app: Flask) -> None:
    with app.app_context():
        assert make_response("text").get_data() == b"text"


def test_headers_are_put_on_and_taken_off_again(app: Flask) -> None:
    with app.test_request_context("/"):
        response = Response("text", headers={"Vary": "Origin", "X-Level": "view"})
        before = list(response.headers)
        precedence.put_headers_on(response, app)
        precedence.put_headers_on(response, app)
        assert response.headers.getlist("Vary") == ["Accept, Origin"]
        precedence.take_headers_off(response)
        assert list(response.headers) == before


def test_what_was_set_in_between_stays_when_headers_are_taken_off(app: Flask) -> None:
    with app.test_request_context("/"):
        response = Response("text")
        precedence.put_headers_on(response, app)
        response.headers.add("X-Level", "hook")
        response.vary.add("Cookie")
        precedence.put_headers_on(response, app)
        assert response.headers.getlist("X-Level") == ["hook"]
        assert response.headers.getlist("X-Other") == ["policy"]
        assert response.headers.getlist("Vary") == ["Accept, Cookie"]


def test_what_was_merged_stays_when_headers_are_taken_off(app: Flask) -> None:
    with app.test_request_context("/"):
        response = Response("text", headers={"Vary": "Origin"})
        precedence.put_headers_on(response, app)
        response.headers["X-Level"] = "hook"
        precedence.take_headers_off(response)
        assert "Origin" in response.vary


def test_nothing_is_put_on_outside_of_a_request(app: Flask) -> None:
    with app.app_context():
        response = Response("text")
        precedence.put_headers_on(response, app)
        assert "X-Level" not in response.headers


@pytest.mark.parametrize(("view", "status"), [(plain, 200), (fail, 500)])
def test_functions_after_the_view_work_on_the_view_s_own_headers(
    app: Flask, view: Callable[[], ResponseReturnValue], status: int
) -> None:
    @app.after_request
    def work(response: Response) -> Response:
        response.headers.setdefault("X-Level", "hook")
        response.headers.add("X-Other", "hook")
        response.cache_control.max_age = 60
        return response

    add_view(app, view, {"X-Level": "route"})
    wire = ask(app, "/level")
    assert wire.code == status
    assert wire.values("X-Level") == ["hook"]
    assert wire.values("X-Other") == ["hook"]
    assert wire.values("Cache-Control") == ["max-age=60"]


class OwnResponse(Response):
    """A response of a class that a view has of its own."""

    autocorrect_location_header = True


def test_a_response_keeps_the_class_that_a_view_gives_it(app: Flask) -> None:
    add_view(app, lambda: OwnResponse("made", 201, {"Location": "/there"}))
    wire = ask(app, "/level")
    assert wire.values("Location") == ["http://localhost/there"]
    assert wire.values("X-Level") == ["policy"]


def test_a_request_within_a_request_has_its_own_headers(app: Flask) -> None:
    seen: list[Wire] = []

    def view() -> str:
        seen.append(ask(app, "/missing"))
        return "text"

    add_view(app, view, {"X-Level": "route"})
    assert ask(app, "/level").values("X-Level") == ["route"]
    assert seen[0].values("X-Level") == ["policy"]


def test_what_a_change_makes_is_checked(app: Flask) -> None:
    add_view(app, plain, {"X-Level": lambda below: f"{below}\r\nX-Evil: 1"})
    with pytest.raises(HeaderError, match="printable Latin-1"):
        precedence.init_app(app, POLICY)
