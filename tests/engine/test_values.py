"""Values that are built for a response, and values that are cached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Request
from my_flask_app.response_headers import (
    CachedValue,
    DynamicValue,
    HeaderError,
    Value,
    override_headers,
)
from my_flask_app.response_headers.header_policy import headers_for
from werkzeug.sansio.response import Response

from .apps import bare_app, set_policy
from .wire import fetch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def app_with(*rows: tuple[str, Value]) -> Flask:
    """Make an app with a policy and a page."""
    app = bare_app()
    app.add_url_rule("/page", "page", lambda: "text")
    set_policy(app, rows)
    return app


class FromPath(DynamicValue):
    """A value that depends on the request and on the response."""

    def get_value(self, response: Response, request: Request) -> str | None:
        """Return the path, or nothing for an error."""
        return request.path if response.status_code < 400 else None


class FromStatus(DynamicValue):
    """A value that depends on the status."""

    def get_value(self, response: Response, _: object) -> str:
        """Return the status as a number."""
        return str(response.status_code)


class TwoLines(DynamicValue):
    """A value that would start another header."""

    def get_value(self, *_: object) -> str:
        """Return a line break and a header."""
        return "x\r\nX-Injected: y"


methods: list[str] = []


def method_of(_response: Response, request: Request) -> str:
    """A cache key that notes each call."""
    methods.append(request.method)
    return request.method


class FromMethod(CachedValue):
    """A value that depends on the method: a string, nothing, or a dynamic value."""

    vary_on = (method_of,)

    def build(self, method: str) -> str | DynamicValue | None:
        """Return the method, nothing for OPTIONS, and a dynamic value for HEAD."""
        built: dict[str, str | DynamicValue | None]
        built = {"OPTIONS": None, "HEAD": FromPath(), "POST": TwoLines()}
        built |= {"PUT": "x\ny", "PATCH": "x\ry"}
        return built.get(method, method)


def test_a_dynamic_value_is_built_for_each_response() -> None:
    app = app_with(("X-Path", FromPath()))
    assert fetch(app, "/page").values("X-Path") == ["/page"]
    assert fetch(app, "/missing").values("X-Path") == []


def test_a_dynamic_value_that_is_not_sent_leaves_the_others_as_they_are() -> None:
    app = app_with(("X-Path", FromPath()), ("X-Plain", "1"), ("X-Code", FromStatus()))
    sent = fetch(app, "/missing").headers
    assert sent[:2] == [("X-Plain", "1"), ("X-Code", "404")]


def test_a_middleware_that_changes_the_status_changes_what_depends_on_it() -> None:
    app = bare_app()
    inner = app.wsgi_app

    def gone(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        def start(_: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response("410 GONE", headers, *rest)

        return inner(environ, start)

    app.wsgi_app = gone  # type: ignore[method-assign]
    set_policy(app, [("X-Code", FromStatus())])
    assert fetch(app, "/missing").values("X-Code") == ["410"]


def test_an_override_may_be_dynamic() -> None:
    app = app_with(("X-Path", "policy"))
    override_headers({"X-Path": FromPath()})(app.view_functions["page"])
    assert fetch(app, "/page").values("X-Path") == ["/page"]


def test_values_that_share_a_cache_key_share_its_call() -> None:
    value = FromMethod()
    app = app_with(("X-Method", value), ("X-Other", value))
    for _ in range(2):
        methods.clear()
        assert fetch(app, "/page").values("X-Method") == ["GET"]
        assert methods == ["GET"]


def test_a_cached_value_is_built_for_each_cache_key() -> None:
    app = app_with(("X-Method", FromMethod()))
    assert fetch(app, "/page", "DELETE").values("X-Method") == ["DELETE"]
    assert fetch(app, "/page", "OPTIONS").values("X-Method") == []
    assert fetch(app, "/page", "HEAD").values("X-Method") == ["/page"]
    assert fetch(app, "/missing", "HEAD").values("X-Method") == []


def test_a_cached_value_is_a_dynamic_value_too() -> None:
    app = app_with()
    value = FromMethod()
    with app.test_request_context("/page", method="HEAD") as ctx:
        assert value.get_value(app.make_response("text"), ctx.request) == "/page"
    with app.test_request_context("/page", method="DELETE") as ctx:
        assert value.get_value(app.make_response("text"), ctx.request) == "DELETE"


def test_the_cache_has_a_limit() -> None:
    app = app_with(("X-Method", FromMethod()))
    resolved = headers_for(app, None)
    for number in range(200):
        method = f"M{number}"
        assert fetch(app, method=method).values("X-Method") == [method]
    assert 0 < vars(resolved)["_cached_rows"].cache_info().currsize < 100


@pytest.mark.parametrize(
    ("value", "method"),
    [
        (TwoLines(), "GET"),
        (FromMethod(), "POST"),
        (FromMethod(), "PUT"),
        (FromMethod(), "PATCH"),
    ],
    ids=["dynamic", "dynamic from a cached value", "line feed", "carriage return"],
)
def test_a_value_with_a_line_break_is_not_sent(
    value: DynamicValue, method: str
) -> None:
    app = app_with(("X-Value", value))
    with pytest.raises(HeaderError, match="a value must be one line") as caught:
        fetch(app, method=method)
    assert str(caught.value).startswith("policy: header 'X-Value': ")
