"""What can be decorated, and when."""

from __future__ import annotations

import inspect
import time
from functools import partial
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView, View
from my_flask_app.response_headers import (
    override_blueprint_headers,
    override_headers,
)

from .apps import make_app
from .wire import fetch


@pytest.fixture
def app() -> Flask:
    """Make an app that has a policy, and no routes of its own."""
    return make_app([("X-Level", "policy"), ("X-Other", "policy")])


class Pages:
    """Views that are methods."""

    def __init__(self, text: str) -> None:
        self.text = text

    def page(self) -> str:
        """Return the text."""
        return self.text

    async def awaited(self) -> str:
        """Return the text."""
        return self.text

    def __call__(self) -> str:
        """Return the text."""
        return self.text


class SlottedPages:
    """A view whose objects have no attributes but those that it names."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self) -> str:
        """Return the text."""
        return self.text


def echo(text: str) -> str:
    return text


@pytest.mark.parametrize(
    "make_view",
    [
        lambda text: Pages(text).page,
        Pages,
        SlottedPages,
        lambda text: partial(echo, text),
        lambda text: partial(Pages(text).page),
        lambda text: text.title,
        lambda text: lambda: text,
    ],
    ids=[
        "bound method",
        "object",
        "object with __slots__",
        "partial",
        "partial of a bound method",
        "built-in method",
        "lambda",
    ],
)
def test_each_view_of_this_kind_has_overrides_of_its_own(
    app: Flask, make_view: Any
) -> None:
    first = override_headers({"X-Level": "first"})(make_view("First"))
    second = override_headers({"X-Level": "second"})(make_view("Second"))
    app.add_url_rule("/first", "first", first)
    app.add_url_rule("/second", "second", second)
    app.add_url_rule("/third", "third", make_view("Third"))
    for path, text, value in (
        ("/first", b"First", "first"),
        ("/second", b"Second", "second"),
        ("/third", b"Third", "policy"),
    ):
        response = fetch(app, path)
        assert response.body == text
        assert response.values("X-Level") == [value]


def test_a_built_in_function_has_overrides(app: Flask) -> None:
    app.add_url_rule("/page", "page", override_headers({"X-Level": "page"})(time.ctime))
    response = fetch(app, "/page")
    assert len(response.body) == len(time.ctime())
    assert response.values("X-Level") == ["page"]


def test_a_bound_method_may_be_decorated_twice_and_shared(app: Flask) -> None:
    page = Pages("text").page
    inner = override_headers({"X-Level": "inner", "X-Other": "inner"})(page)
    outer = override_headers({"X-Level": "outer"})(inner)
    other = override_headers({"X-Level": "other"})(page)
    for endpoint, view in {"outer": outer, "other": other, "plain": page}.items():
        app.add_url_rule(f"/{endpoint}", endpoint, view)
    assert fetch(app, "/outer").values("X-Level") == ["outer"]
    assert fetch(app, "/outer").values("X-Other") == ["inner"]
    assert fetch(app, "/other").values("X-Level") == ["other"]
    assert fetch(app, "/plain").values("X-Level") == ["policy"]


def test_a_decorated_bound_method_keeps_its_name(app: Flask) -> None:
    app.add_url_rule("/page", view_func=override_headers({})(Pages("text").page))
    assert "page" in app.view_functions


def test_a_decorated_coroutine_function_is_still_one() -> None:
    async def view() -> str:
        return "text"

    for each in (view, Pages("text").awaited):
        assert inspect.iscoroutinefunction(override_headers({"X-Level": "1"})(each))


def test_a_class_based_view_has_overrides(app: Flask) -> None:
    class Page(View):
        decorators = [override_headers({"X-Level": "class"})]  # noqa: RUF012

        def dispatch_request(self) -> str:
            return "text"

    class Item(MethodView):
        decorators = [override_headers({"X-Level": "methods"})]  # noqa: RUF012

        def get(self) -> str:
            return "text"

    app.add_url_rule("/page", view_func=Page.as_view("page"))
    app.add_url_rule("/item", view_func=Item.as_view("item"))
    assert fetch(app, "/page").values("X-Level") == ["class"]
    assert fetch(app, "/item").values("X-Level") == ["methods"]


def test_a_class_is_not_a_view() -> None:
    with pytest.raises(TypeError, match=r"View is a class\. Write decorators = \["):
        override_headers({"X-A": "1"})(View)


def test_overrides_that_are_not_a_dict_are_refused() -> None:
    with pytest.raises(TypeError, match=r"is not a dict\. Pass a dict such as"):
        override_headers([("X-A", "1")])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"is not a dict\. Pass a dict such as"):
        override_blueprint_headers(Blueprint("a", __name__), "X-A")  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"X-A": "1"}, "pages", Flask(__name__)])
def test_what_is_not_a_blueprint_is_refused(given: Any) -> None:
    with pytest.raises(TypeError) as caught:
        override_blueprint_headers(given, {"X-A": "1"})
    hint = "is not a blueprint. Write override_blueprint_headers(bp, {...})."
    assert str(caught.value) == f"override_blueprint_headers: {given!r} {hint}"


def test_an_override_of_the_static_route_after_init_app_applies(app: Flask) -> None:
    assert fetch(app, "/static/README.txt").values("X-Level") == ["policy"]
    view = app.view_functions["static"]
    app.view_functions["static"] = override_headers({"X-Level": "static"})(view)
    assert fetch(app, "/static/README.txt").values("X-Level") == ["static"]
    assert fetch(app, "/static/README.txt").values("X-Other") == ["policy"]
    override_headers({"X-Level": None})(app.view_functions["static"])
    assert fetch(app, "/static/README.txt").values("X-Level") == []


def test_an_override_of_a_blueprint_after_init_app_applies(app: Flask) -> None:
    bp = Blueprint("pages", __name__)
    bp.add_url_rule("/page", "page", lambda: "text")
    app.register_blueprint(bp)
    assert fetch(app, "/page").values("X-Level") == ["policy"]
    override_blueprint_headers(bp, {"X-Level": "blueprint"})
    assert fetch(app, "/page").values("X-Level") == ["blueprint"]
    assert fetch(app, "/missing").values("X-Level") == ["policy"]


def test_an_override_stays_with_a_blueprint_that_is_registered_later_and_renamed(
    app: Flask,
) -> None:
    bp = Blueprint("pages", __name__)
    bp.add_url_rule("/page", "page", lambda: "text")
    override_blueprint_headers(bp, {"X-Level": "blueprint"})
    app.register_blueprint(bp, name="renamed", url_prefix="/renamed")
    outer = Blueprint("outer", __name__, url_prefix="/outer")
    outer.register_blueprint(bp, name="inner")
    app.register_blueprint(outer)
    for path in ("/renamed/page", "/outer/page"):
        assert fetch(app, path).values("X-Level") == ["blueprint"]


def test_a_route_that_is_added_after_init_app_has_its_overrides(app: Flask) -> None:
    app.get("/late")(override_headers({"X-Level": "late"})(lambda: "text"))
    assert fetch(app, "/late").values("X-Level") == ["late"]


def test_a_view_function_that_is_replaced_takes_its_overrides_along(app: Flask) -> None:
    decorated = override_headers({"X-Level": "decorated"})(lambda: "decorated")
    app.add_url_rule("/page", "page", lambda: "plain")
    for view, value in {decorated: "decorated", lambda: "plain": "policy"}.items():
        app.view_functions["page"] = view
        for _ in range(2):
            assert fetch(app, "/page").values("X-Level") == [value]
