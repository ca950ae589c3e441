"""Watch a request inside the app, to tell afterwards who set which header."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import (
    after_this_request,
    got_request_exception,
    request,
    request_finished,
    request_started,
)
from werkzeug.http import parse_set_header

from ..header_policy import has_policy, headers_for

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator

    from flask import Flask, Response

    from ..header_policy import ResolvedHeaders

    Pair = tuple[str, str]

VIEW = "view"
FLASK = "Flask"
HOOK = "hook"
"""A function of the app, or of an extension, that Flask calls after the view."""
MIDDLEWARE = "middleware"
"""What is around the app, or mounted beside it."""

NOTES = "headers.notes"
"""The key of a request's notes in its environ; other requests are not watched."""

_BY_FLASK = frozenset({"allow", "content-length"})
_BY_FLASK_FOR_FILES = frozenset(
    {
        "accept-ranges",
        "cache-control",
        "content-disposition",
        "content-range",
        "content-type",
        "date",
        "etag",
        "last-modified",
    }
)
_TYPES_OF_FLASK = frozenset({"text/html; charset=utf-8", "application/json"})


class Value(NamedTuple):
    """A header as it is to go out."""

    name: str
    value: str | None


ANY = None
"""Stands for a value that is another in each response."""

Expected = dict[str, Value]
"""By name in lower case; only what goes out."""


class OnPurposeError(Exception):
    """Raised in a request to see the app's page for an exception."""


@dataclass
class Notes:
    """What is seen of one request."""

    fails: bool  # the app is to fail in it
    app: Flask | None = None  # the app with a policy that has answered
    endpoint: str | None = None
    expected: Expected = field(default_factory=dict)
    first: list[Pair] = field(default_factory=list)  # as the view made it
    last: list[Pair] = field(default_factory=list)  # as Flask finished it
    replaced: bool = False  # the view's response, by one that lacks something of it
    _finished: bool = False
    _session_cookie: str = ""
    _unrouted: bool = False
    _response: Response | None = None
    _status: int = 0

    def begin(self, app: Flask) -> None:
        """Ask Flask for the response, before other functions have it."""
        if self.app is not None:  # it has begun, and ends in an exception
            return
        self.app = app
        self.endpoint = request.endpoint
        self._session_cookie = app.session_interface.get_cookie_name(app)
        self._unrouted = request.routing_exception is not None

        def take(response: Response) -> Response:
            # What the view has registered for this response is the view's, too: Flask
            # calls it in the order of registration, and this one again after that.
            if self._response is None:
                after_this_request(take)
            self.first = list(response.headers.items())
            self.expected = expected_of(headers_for(app, self.endpoint), response)
            self._response, self._status = response, response.status_code
            return response

        after_this_request(take)

    def end(self, app: Flask, response: Response) -> None:
        """Note the response that all functions have had."""
        self._finished = True
        self.last = list(response.headers.items())
        self.expected = expected_of(headers_for(app, self.endpoint), response)
        if self._response is not None and response is not self._response:
            names = {name for name, _ in self.last} | {*self.expected}
            lost = any(name not in names for name, _ in self.first)
            self.replaced = lost or response.status_code != self._status

    def origins(self, wanted: ResolvedHeaders, pair: Pair, again: int) -> str:
        """Tell who set a header that was sent as often before: the first is the policy's."""
        key = pair[0].lower()
        expected = self.expected.get(key)
        if expected and expected.value in {pair[1], ANY} and not again:
            return wanted.origins[key]
        if expected and key == "vary":
            return f"{wanted.origins[key]} + {self._vary_by(pair[1], expected.value)}"
        if max(self.first.count(pair), self.last.count(pair)) > again:
            return self._in_the_app(*pair)
        if key == "content-length":
            return FLASK
        raised_again = self._response is not None and not self._finished
        return HOOK if raised_again else MIDDLEWARE

    def _vary_by(self, sent: str, expected: str | None) -> str:
        added = _tokens([sent]) - _tokens([expected or ""])
        if not added <= _vary_of(self.last) | _vary_of(self.first):
            return MIDDLEWARE
        if added == {"cookie"}:  # the session is in use
            return FLASK
        return VIEW if _vary_of(self.first) else HOOK

    def _in_the_app(self, name: str, value: str) -> str:
        key = name.lower()
        static = (self.endpoint or "").rpartition(".")[2] == "static"
        by_flask = (
            key in _BY_FLASK
            or (key in _BY_FLASK_FOR_FILES and static)
            or (key == "location" and self._unrouted)
            or (key == "content-type" and value in _TYPES_OF_FLASK)
            or (key == "set-cookie" and value.startswith(f"{self._session_cookie}="))
            or (key == "vary" and value == "Cookie")  # the session is in use
        )
        if by_flask:
            return FLASK
        return VIEW if (name, value) in self.first else HOOK


def expected_of(wanted: ResolvedHeaders, response: Any) -> Expected:
    """What a response is to carry of the policy and its overrides.

    A value that is another each time it is asked for may be any.
    """
    asked = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    once = wanted.rows_for(response, asked)
    again = dict(wanted.rows_for(response, asked))
    return {
        name.lower(): Value(name, value if again.get(name) == value else ANY)
        for name, value in once
    }


def _tokens(values: Iterable[str]) -> set[str]:
    return {token for value in values for token in parse_set_header(value).as_set()}


def _vary_of(pairs: list[Pair]) -> set[str]:
    return _tokens(value for name, value in pairs if name.lower() == "vary")


@contextlib.contextmanager
def watching(app: Flask) -> Iterator[None]:
    """Take the notes of requests that have some, of every app that has a policy.

    The log of ``app`` does not get the exception that is raised on purpose.
    """

    def start(sender: Flask, **_: object) -> None:
        if notes := _notes(sender):
            notes.begin(sender)
            if notes.fails:
                raise OnPurposeError

    def fail(sender: Flask, **_: object) -> None:  # it may be before it has started
        if notes := _notes(sender):
            notes.begin(sender)

    def finish(sender: Flask, response: Response, **_: object) -> None:
        if notes := _notes(sender):
            notes.end(sender, response)

    app.logger.addFilter(_not_on_purpose)
    try:
        with (
            request_started.connected_to(start),
            got_request_exception.connected_to(fail),
            request_finished.connected_to(finish),
        ):
            yield
    finally:
        app.logger.removeFilter(_not_on_purpose)


def _notes(app: Flask) -> Notes | None:
    notes: Notes | None = request.environ.get(NOTES)
    return notes if has_policy(app) else None


def _not_on_purpose(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, OnPurposeError)
