"""The app's log: a line of JSON for each request, and for all else that it has to say.

They go to the standard error stream, where servers, containers and systemd look for them.
In development, with ``flask run`` or in debug mode, lines are for people to read.

Where your own code has configured logging before it calls ``create_app()``, that holds:
https://flask.palletsprojects.com/logging/
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import has_request_context, request
from flask.logging import default_handler, wsgi_errors_stream

from .response_headers import request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

FORMATS = ("json", "text")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FIELDS = "fields"  # a record's attribute: what a line has beside its message


class JsonLines(logging.Formatter):
    """A line is one JSON object: whatever a text has in it, it cannot begin another."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        when = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return json.dumps(line, default=str)


class TextLines(logging.Formatter):
    """A line for people, with the first digits of the request's id."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(id)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        record.id = str(_fields_of(record).get("request_id", "-"))[:8]
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's
        """Keep a message on one line."""
        record.message = _CONTROL.sub(_escaped, record.message)
        return super().formatMessage(record)


class RequestLog:
    """A WSGI middleware: gives each request its id, and logs it when it is answered.

    ``milliseconds`` is the time until the response begins: the body of a stream or a
    file is sent after it.
    """

    def __init__(self, app: Flask, logger: logging.Logger | None) -> None:
        self._answer: WSGIApplication = app.wsgi_app
        self._logger = logger

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request."""
        if self._logger is None:
            return self._answer(environ, start_response)
        start = time.perf_counter()
        status = 500  # where an exception is left to the server

        def start_and_note(line: str, *args: Any) -> Callable[[bytes], object]:
            nonlocal status
            status = int(line[:3])
            return start_response(line, *args)

        try:
            return self._answer(environ, start_and_note)
        finally:
            milliseconds = (time.perf_counter() - start) * 1000
            _log_request(self._logger, environ, status, milliseconds)


def init_app(app: Flask) -> None:
    """Give the app its log.

    ``LOG_REQUESTS`` says whether each request is logged, as it is but under the command
    ``flask``: its server does that by itself. ``LOG_FORMAT`` is ``"json"`` or ``"text"``.

    Raises:
        ValueError: one of the two is something else.
    """
    by_flask = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
    style = app.config.get("LOG_FORMAT", "text" if by_flask or app.debug else "json")
    if style not in FORMATS:
        msg = f"FLASK_LOG_FORMAT is {style!r}: write one of {', '.join(FORMATS)}."
        raise ValueError(msg)
    requests = app.config.get("LOG_REQUESTS", not by_flask)
    if type(requests) is not bool:
        msg = f"FLASK_LOG_REQUESTS is {requests!r}: write true or false."
        raise ValueError(msg)
    if default_handler in app.logger.handlers:
        _configure(app.logger, style)
    logger = app.logger.getChild("requests") if requests else None
    if logger:
        app.wsgi_app = RequestLog(app, logger)  # type: ignore[method-assign]


def _configure(logger: logging.Logger, style: str) -> None:
    """Take the place of Flask's own handler."""
    handler = logging.StreamHandler(wsgi_errors_stream)  # type: ignore[call-overload]
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logger.removeHandler(default_handler)
    logger.addHandler(handler)
    if not logger.level:
        logger.setLevel(logging.INFO)


def _log_request(
    logger: logging.Logger, environ: WSGIEnvironment, status: int, milliseconds: float
) -> None:
    """Log a request. Its query is left out: it may hold what no log should."""
    method = environ["REQUEST_METHOD"]
    raw = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    path = quote(raw, safe="/:@!$&'()*+,;=~", encoding="latin-1")
    fields = {
        "request_id": request_id(environ),
        "method": method,
        "path": path,
        "status": status,
        "milliseconds": round(milliseconds, 1),
        "client": environ.get("REMOTE_ADDR"),
    }
    text = "%s %s %d in %.1f ms"
    extra = {_FIELDS: fields}
    logger.info(text, method, path, status, milliseconds, extra=extra)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] | None = getattr(record, _FIELDS, None)
    if fields is None and has_request_context():
        return {"request_id": request_id(request.environ)}
    return fields or {}
