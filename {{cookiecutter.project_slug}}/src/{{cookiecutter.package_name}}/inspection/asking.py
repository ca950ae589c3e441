"""Ask the app as a server does, and note who set which header of the answer.

What goes out is taken from the wire, after every middleware. What the app made of it is
noted on the way: before its functions for finished responses have run, and after.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from flask import Flask, after_this_request, request, request_finished, request_started
from werkzeug.http import parse_set_header
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response as AnyResponse

from ..precedence import Wanted, wanted_by

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from flask import Response

    from .questions import Question

    Pair = tuple[str, str]

VIEW = "view"
FLASK = "Flask"
HOOK = "hook"
"""A function of the app, or of an extension, that Flask calls after the view."""
MIDDLEWARE = "middleware"
"""What is around the app, or mounted beside it."""

_NOTES = "headers.notes"  # the key of a request's notes in its environ

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


class OnPurposeError(Exception):
    """Raised in a request to see the app's page for an exception."""


@dataclass(frozen=True)
class Row:
    """One header that was sent, and who set it."""

    name: str
    value: str
    set_by: str


@dataclass
class Answer:
    """What was sent for a question, and what was to be sent."""

    question: Question
    endpoint: str | None
    status: int
    rows: list[Row]
    wanted: Wanted
    expected: dict[str, Pair]  # the name in lower case; only what goes out here
    lost: list[str] | None = (
        None  # headers of the view, where a hook sent another response
    )
    error: str | None = None  # instead of all that, the exception that came out

    def sent(self, name: str) -> list[Row]:
        """Every row sent under a name."""
        return [row for row in self.rows if row.name.lower() == name.lower()]


@dataclass
class _Notes:
    """What is seen of one request inside the app."""

    fails: bool
    endpoint: str | None = None
    static: bool = False
    unrouted: bool = True
    expected: dict[str, Pair] | None = None
    first: list[Pair] = field(default_factory=list)  # as the view made it
    last: list[Pair] = field(default_factory=list)  # as Flask finished it
    lost: list[str] | None = None
    session_cookie: str = ""
    _response: Response | None = None
    _body: object = None

    def take_first(self, response: Response) -> Response:
        self.first = list(response.headers.items())
        self._response, self._body = response, response.response
        return response

    def take_last(self, app: Flask, response: Response) -> None:
        self.endpoint = request.endpoint
        self.unrouted = request.routing_exception is not None
        self.static = (request.endpoint or "").rpartition(".")[2] == "static"
        self.session_cookie = app.session_interface.get_cookie_name(app)
        self.last = list(response.headers.items())
        self.expected = _expected(wanted_by(app, request.endpoint), response)
        another = response is not self._response and response.response is not self._body
        if self._response is not None and another:
            sent = {name for name, _ in self.last}
            self.lost = [name for name, _ in self.first if name not in sent]


def ask(app: Flask, wsgi: Any, question: Question, scheme: str) -> Answer:
    """Ask one question over ``http`` or ``https`` of ``wsgi``, which leads to ``app``."""
    notes = _Notes(question.fails)
    environ = _environ_of(app, question, scheme) | {_NOTES: notes}
    with _watching(app):
        try:
            body, status, sent = run_wsgi_app(wsgi, environ)
        except Exception as error:  # noqa: BLE001 - any exception of any view
            wanted = wanted_by(app, None)
            return Answer(question, None, 500, [], wanted, {}, error=repr(error))
        if hasattr(body, "close"):  # it is not read: it may never end
            body.close()
    wanted = wanted_by(app, notes.endpoint)
    if notes.expected is None:  # something beside the app has answered
        with app.request_context(environ):
            notes.expected = _expected(wanted, AnyResponse(iter(()), status, sent))
    rows: list[Row] = []
    for name, value in sent:
        again = sum(row.name == name and row.value == value for row in rows)
        set_by = _set_by(notes, wanted, (name, value), again)
        rows.append(Row(name, value, set_by))
    return Answer(
        question,
        notes.endpoint,
        int(status.split()[0]),
        rows,
        wanted,
        notes.expected,
        notes.lost,
    )


@contextlib.contextmanager
def _watching(app: Flask) -> Iterator[None]:
    """See the app's requests that have notes, and keep its log free of what is on purpose."""

    def start(_app: Flask, **_: object) -> None:
        notes = request.environ.get(_NOTES)
        if notes is not None:
            after_this_request(notes.take_first)
            if notes.fails:
                raise OnPurposeError

    def finish(app: Flask, response: Response, **_: object) -> None:
        notes = request.environ.get(_NOTES)
        if notes is not None:
            notes.take_last(app, response)

    app.logger.addFilter(_not_on_purpose)
    try:
        with (
            request_started.connected_to(start, app),
            request_finished.connected_to(finish, app),
        ):
            yield
    finally:
        app.logger.removeFilter(_not_on_purpose)


def _not_on_purpose(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, OnPurposeError)


def _expected(wanted: Wanted, response: Any) -> dict[str, Pair]:
    return {name.lower(): (name, value) for name, value in wanted.rows_for(response)}


def _set_by(notes: _Notes, wanted: Wanted, pair: Pair, again: int) -> str:
    """Who set a header, of which there were as many before: the first is the policy's."""
    key = pair[0].lower()
    expected = (notes.expected or {}).get(key)
    if expected and expected[1] == pair[1] and not again:
        return wanted.set_by[key]
    if expected and key == "vary":
        added = [parse_set_header(value).as_set() for value in (pair[1], expected[1])]
        from_view = any(name.lower() == "vary" for name, _ in notes.first)
        others = VIEW if from_view else HOOK
        by_session = added[0] - added[1] == {"cookie"}
        return f"{wanted.set_by[key]} + {FLASK if by_session else others}"
    known = max(notes.first.count(pair), notes.last.count(pair))
    if known > again or key == "content-length":
        return _set_in_the_app(notes, *pair)
    return MIDDLEWARE


def _set_in_the_app(notes: _Notes, name: str, value: str) -> str:
    key = name.lower()
    by_flask = (
        key in _BY_FLASK
        or (key in _BY_FLASK_FOR_FILES and notes.static)
        or (key == "location" and notes.unrouted)
        or (key == "content-type" and value in _TYPES_OF_FLASK)
        or (key == "set-cookie" and value.startswith(f"{notes.session_cookie}="))
        or (key == "vary" and value == "Cookie")  # the session is in use
    )
    if by_flask:
        return FLASK
    return VIEW if (name, value) in notes.first else HOOK


def _environ_of(app: Flask, question: Question, scheme: str) -> dict[str, Any]:
    host = question.host or _host_of(app)
    environ = EnvironBuilder(
        question.path,
        base_url=f"{scheme}://{host}/",
        method=question.method,
        headers=list(question.headers),
    ).get_environ()
    return environ | {"PATH_INFO": unquote(question.path, "latin-1")}  # "//" as it is


def _host_of(app: Flask) -> str:
    """A host that the app answers to."""
    trusted = app.config.get("TRUSTED_HOSTS") or []
    for host in [app.config.get("SERVER_NAME"), *trusted]:
        if host:
            return str(host).removeprefix(".")
    return "localhost"
