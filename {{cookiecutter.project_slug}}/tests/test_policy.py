"""A header that cannot be sent stops the app at its start, with a way out."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint
from flask.views import View

from {{ cookiecutter.package_name }} import create_app, policy
from {{ cookiecutter.package_name }}.overrides import (
    override_blueprint_headers,
    override_headers,
)
from {{ cookiecutter.package_name }}.validation import HeaderError

BAD_HEADERS = [
    ("", "value", "letters, digits and -"),
    ("Two Words", "value", "letters, digits and -"),
    ("Name:", "value", "letters, digits and -"),
    ("X-One\r\nX-Two", "value", "letters, digits and -"),
    ("Größe", "value", "letters, digits and -"),
    (b"X-Bytes", "value", "as a text in quotes"),
    ("X-Value", 60, "as a text in quotes"),
    ("X-Value", b"bytes", "as a text in quotes"),
    ("X-Value", "one\r\nX-Two: two", "printable Latin-1"),
    ("X-Value", "tab\tbed", "printable Latin-1"),
    ("X-Value", "null\0", "printable Latin-1"),
    ("X-Value", "delete\x7f", "printable Latin-1"),
    ("X-Value", "C1\x85", "printable Latin-1"),
    ("X-Value", "€", "printable Latin-1"),
    ("X-Value", " blank", "blanks around"),
    ("X-Value", "blank\xa0", "blanks around"),
    ("Content-Length", "0", "leave it to the view"),
    ("content-type", "text/html", "leave it to the view"),
    ("Set-Cookie", "a=b", "leave it to the view"),
    ("Location", "/", "leave it to the view"),
    ("ETag", '"1"', "leave it to the view"),
    ("Transfer-Encoding", "chunked", "the server writes"),
    ("Connection", "close", "the server writes"),
    ("Date", "today", "the server writes"),
    ("Server", "mine", "the server writes"),
]


@pytest.mark.parametrize(("name", "value", "mend"), BAD_HEADERS)
def test_a_header_that_cannot_be_sent_stops_the_app(
    monkeypatch: pytest.MonkeyPatch, name: Any, value: Any, mend: str
) -> None:
    monkeypatch.setattr(policy, "HEADERS", [("X-Good", "1"), (name, value)])
    with pytest.raises(HeaderError) as caught:
        create_app()
    message = str(caught.value)
    assert message.startswith("policy.py: ")
    assert repr(name) in message
    assert repr(value) in message
    assert mend in message
    assert "\n" not in message


@pytest.mark.parametrize(("name", "value", "mend"), BAD_HEADERS)
def test_an_override_is_checked_where_it_is_written(
    name: Any, value: Any, mend: str
) -> None:
    with pytest.raises(HeaderError, match=mend) as caught:
        override_headers({name: value})
    assert str(caught.value).startswith("@override_headers: ")
    with pytest.raises(HeaderError, match=mend) as caught:
        override_blueprint_headers(Blueprint("pages", __name__), {name: value})
    assert str(caught.value).startswith("override_blueprint_headers('pages'): ")


@pytest.mark.parametrize(
    "rows", [[("X-A", "1"), ("X-A", "2")], [("X-A", "1"), ("x-a", "1")]]
)
def test_a_name_that_stands_twice_stops_the_app(
    monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str]]
) -> None:
    monkeypatch.setattr(policy, "HEADERS", rows)
    with pytest.raises(HeaderError, match="stands there twice"):
        create_app()


@pytest.mark.parametrize("row", ["X-A: 1", ("X-A",), ("X-A", "1", "2"), ["X-A", "1"]])
def test_a_row_that_is_no_pair_stops_the_app(
    monkeypatch: pytest.MonkeyPatch, row: Any
) -> None:
    monkeypatch.setattr(policy, "HEADERS", [row])
    with pytest.raises(TypeError, match=r"^policy\.py: row .* write a row as"):
        create_app()


def test_overrides_that_are_no_dict_are_refused() -> None:
    with pytest.raises(TypeError, match="give it a dict"):
        override_headers([("X-A", "1")])  # type: ignore[arg-type]


def test_a_class_is_not_decorated() -> None:
    with pytest.raises(TypeError, match=r"View is a class: write decorators = \["):
        override_headers({"X-A": "1"})(View)


def test_an_override_names_a_header_once() -> None:
    with pytest.raises(HeaderError, match="stands there twice"):
        override_headers({"X-A": "1", "x-a": "2"})
