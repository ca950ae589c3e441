"""Trace a request inside the app, to tell which part of it set each header."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import (
    after_this_request,
    got_request_exception,
    has_request_context,
    request,
    request_finished,
    request_started,
)
from werkzeug.http import parse_list_header
from werkzeug.wrappers import Response as BaseResponse

from ..header_policy import WireResponse, current_request, has_policy, resolve
from ..net import PROBE

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping

    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask, Request, Response

    from ..values import Row
    from .plan import ProbeRequest

VIEW = "view"
FLASK = "Flask"
HOOK = "hook"
"""A function of the app, or of an extension, that Flask calls after the view."""
RESPONSE_CLASS = "response class"
"""A view's own response class, which finishes its headers by itself."""
MIDDLEWARE = "middleware"
"""A WSGI application around the app, or mounted beside it."""

_TYPES_OF_FLASK = frozenset({"text/html; charset=utf-8", "application/json"})

ANY = None  # a value that differs in each response


class SentHeader(NamedTuple):
    """A header that was sent, and what set it."""

    name: str
    value: str
    origin: str


class Expected(NamedTuple):
    """A header as it should be sent."""

    name: str
    value: str | None  # or ANY


class DeliberateError(Exception):
    """Raised in a request to see the app's page for an exception."""


@dataclass
class ProbeResponse:
    """What is sent for a probe request, and what is seen of it inside the app.

    ``logged`` has the exceptions that were logged in this request or an earlier one.
    """

    request: ProbeRequest
    logged: set[str]
    app: Flask | None = None  # the app with a policy that handled the request
    endpoint: str | None = None
    status: int = 500
    headers: list[SentHeader] = field(default_factory=list)
    error: str | None = "did not call start_response()"  # in place of a response
    waits: bool = False  # whether the body did not start in time
    first_chunk: bytes = b""  # of the body, most often all of it
    origins: Mapping[str, str] = field(default_factory=dict)  # of the policy's headers
    expected: dict[str, Expected] = field(default_factory=dict)  # by lower name
    finished: Response | None = None  # the one that Flask sends
    _request: Request | None = None
    _taken: Response | None = None  # the view's response
    _stages: dict[str, list[Row]] = field(default_factory=dict)  # headers, by origin
    _session_cookie: str = ""

    def sent(self, name: str) -> list[SentHeader]:
        """Return every header that was sent under a name."""
        return [sent for sent in self.headers if sent.name.lower() == name.lower()]

    def begin(self, app: Flask) -> None:
        """Capture the response before any ``after_request`` function runs."""
        if self.app is not None:  # this is its exception
            return
        self.app = app
        self._request = current_request()
        self._session_cookie = app.session_interface.get_cookie_name(app)

        def take(response: Response) -> Response:
            # Functions that the view registered are the view's, too. Flask calls them
            # in the order of registration, and this one again after them.
            if self._taken is None:
                after_this_request(take)
            self._taken = response
            vars(response)[PROBE] = id(self)  # copies of it have that, too
            self._stages[VIEW] = list(response.headers.items())
            return response

        after_this_request(take)

    def start(
        self, app: Flask, environ: WSGIEnvironment, status: str, rows: list[Row]
    ) -> None:
        """Note what is sent, and what should be, whether or not it was seen in the app.

        ``app`` is the one that the request was sent to.
        """
        self.error = None
        response: Any = WireResponse(status=status, headers=rows)
        self.status = response.status_code
        if finished := self.finished:
            self._stages[HOOK] = list(finished.headers.items())
            self._stages[FLASK] = [*BaseResponse.get_wsgi_headers(finished, environ)]
            self._stages[RESPONSE_CLASS] = [*finished.get_wsgi_headers(environ)]
            if type(finished).__call__ is not BaseResponse.__call__:
                self._stages[RESPONSE_CLASS] += rows
            if finished.status_code == response.status_code and (
                finished.content_type == response.content_type
            ):
                response = finished  # it knows more, such as whether it is a file
        resolved, self.endpoint, sent = resolve(self.app or app, environ, self._request)
        self.origins = resolved.origins
        again = dict(resolved.rows_for(response, sent))
        self.expected = {
            name.lower(): Expected(name, value if value == again.get(name) else ANY)
            for name, value in resolved.rows_for(response, sent)
        }
        self.headers = [
            SentHeader(*row, self._origin(row, rows[:index].count(row)))
            for index, row in enumerate(rows)
        ]

    @property
    def lost(self) -> str:
        """What is gone with the view's response, if a hook replaced that."""
        view, sent = self._taken, self.finished
        if view is None or sent is None or vars(sent).get(PROBE) == id(self):
            return ""
        names = {name for name, *_ in [*self._stages[HOOK], *self.headers]}
        lost = [name for name, _ in self._stages[VIEW] if name not in names]
        status = "its status" if view.status_code != sent.status_code else ""
        return ", ".join(dict.fromkeys(lost)) or status

    def _origin(self, row: Row, copies: int) -> str:
        """Return what set a header. Equal ones were sent before it: the policy's first."""
        key = row[0].lower()
        expected = self.expected.get(key)
        if expected and expected.value in {row[1], ANY} and not copies:
            return self.origins[key]
        if expected and key == "vary":
            sent, own = tokens(row[1]), tokens(expected.value or "")
            policy = [self.origins[key]] if own <= sent else []
            return " + ".join([*policy, *self._vary_origins(sent - own)])
        stages = self._stages.items()
        origin = next((o for o, rows in stages if rows.count(row) > copies), None)
        if origin is None:
            if self.app is None or self.finished is not None:
                return MIDDLEWARE
            origin = HOOK  # one that raised, or that handles exceptions
        static = (self.endpoint or "").rpartition(".")[2] == "static"
        if self._is_flask_s(*row) or (origin == VIEW and static):
            return FLASK
        by_view = key in {name.lower() for name, _ in self._stages.get(VIEW, ())}
        return VIEW if origin == FLASK and by_view else origin

    def _vary_origins(self, added: set[str]) -> Iterator[str]:
        for origin, headers in self._stages.items():
            varies = [value for name, value in headers if name.lower() == "vary"]
            found = added & tokens(*varies)
            if found == {"cookie"} and origin == HOOK:  # the session is in use
                yield FLASK
            elif found:
                yield origin
            added = added - found
        if added:
            yield MIDDLEWARE

    def _is_flask_s(self, name: str, value: str) -> bool:
        """Whether Flask sets a header by itself, with this value."""
        key = name.lower()
        unrouted = self._request and self._request.routing_exception
        return (
            key in {"allow", "content-length"}
            or (key == "location" and unrouted is not None)
            or (key == "content-type" and value in _TYPES_OF_FLASK)
            or (key == "set-cookie" and value.startswith(f"{self._session_cookie}="))
            or (key == "vary" and value == "Cookie")  # the session is in use
        )


def tokens(*values: str) -> set[str]:
    """Return the members of lists such as ``Vary``, in lower case."""
    return {token.lower() for value in values for token in parse_list_header(value)}


@request_started.connect
@got_request_exception.connect  # the request may not have started
def _begin(app: Flask, exception: Exception | None = None, **_: object) -> None:
    if trace := _trace(app):
        trace.begin(app)
        if trace.request.kind == "500" and exception is None:
            raise DeliberateError


@request_finished.connect
def _finish(app: Flask, response: Response, **_: object) -> None:
    if trace := _trace(app):
        trace.finished = response


def _trace(app: Flask) -> ProbeResponse | None:
    trace: ProbeResponse | None = request.environ.get(PROBE)
    return trace if has_policy(app) else None


def is_news(record: logging.LogRecord) -> bool:
    """Whether to log a record: not a deliberate error, nor one that was logged before."""
    error = record.exc_info[1] if record.exc_info else None
    trace = request.environ.get(PROBE) if has_request_context() else None
    if error is None or trace is None:
        return True
    last = traceback.extract_tb(error.__traceback__)[-1:]
    key = f"{error!r} {last}"
    if isinstance(error, DeliberateError) or key in trace.logged:
        return False
    trace.logged.add(key)
    return True
