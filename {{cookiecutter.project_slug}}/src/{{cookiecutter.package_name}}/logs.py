"""Log each request, and everything else the app logs, as one line of JSON.

Lines go to the standard error stream, where servers, containers and systemd expect them.
In development, with ``flask run`` or in debug mode, they are plain text.

If your own code configures logging before it calls ``create_app()``, that is kept:
https://flask.palletsprojects.com/logging/
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from contextvars import ContextVar
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import has_request_context, request
from flask.logging import default_handler, wsgi_errors_stream
from werkzeug.wsgi import ClosingIterator

from .response_headers import request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

FORMATS = ("json", "text")

_FIELDS = ("request_id", "method", "path", "status", "milliseconds", "client")
_MESSAGE = "%s %s %d in %s ms"
_LINE = (
    '{"time": "%s", "level": "info", "logger": "%s", "message": "%s %s %d in %s ms", '
    '"request_id": "%s", "method": "%s", "path": "%s", "status": %d, '
    '"milliseconds": %s, "client": "%s"}'
)
_TIME = "%s.%03d+00:00"
_IN_PATHS = "/:@!$&'()*+,;=~"  # besides letters, digits and what quote() always keeps

_encode = json.JSONEncoder(default=str).encode
_environ: ContextVar[WSGIEnvironment | None] = ContextVar("environ", default=None)
_is_plain = re.compile(rf"[\w.{_IN_PATHS}-]*", re.ASCII).fullmatch


class JsonLines(logging.Formatter):
    """Format a record as one line of JSON, in which all texts are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, with the fields of a request if it has them."""
        line: dict[str, Any] = {
            "time": _utc(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (its_id := _request_id_of(record)) is not None:
            line["request_id"] = its_id
        found = vars(record)
        line |= {name: found[name] for name in _FIELDS if name in found}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return _encode(line)


class TextLines(logging.Formatter):
    """Format a record for people, with the first characters of its request ID.

    Only the first line of a record starts at the margin, those of a traceback do not.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format a record, and escape what is not printable."""
        return "\n    ".join(map(_printable, super().format(record).split("\n")))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's
        """Format the first line."""
        when = self.formatTime(record, "%H:%M:%S")
        short_id = str(_request_id_of(record) or "-")[:8]
        line = f"{when} {record.levelname} {short_id} {record.message}"
        return line.replace("\n", r"\n")


class RequestLog:
    """WSGI middleware: log each request when its response starts.

    If the app leaves an exception to the server, the status is 500.
    """

    def __init__(self, wsgi_app: WSGIApplication, logger: logging.Logger) -> None:
        self._wsgi_app = wsgi_app
        self._logger = logger

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Call the app, and log the request once."""
        start = time.perf_counter()
        status = 0  # not known yet
        log_late: Callable[[], None] | None = None

        def note_status(line: str, *args: Any) -> Callable[[bytes], object]:
            nonlocal status
            write = start_response(line, *args)
            status = int(line[:3]) if line[:3].isdecimal() else 0
            if log_late:
                log_late()
            return write

        token = _environ.set(environ)
        try:
            body = self._wsgi_app(environ, note_status)
            if not status:  # the app may call start_response when its body is iterated
                log_late = cache(lambda: self._log(environ, status or 500, start))
                body = ClosingIterator(body, log_late)
        except BaseException:
            status = 500
            raise
        finally:
            _environ.reset(token)
            if log_late is None:
                self._log(environ, status, start)
            elif status:
                log_late()
        return body

    def _log(self, environ: WSGIEnvironment, status: int, start: float) -> None:
        """Log a request, without its query string, which may hold secrets.

        It takes a ``LogRecord`` only if something of your own may use it, or if a text
        must be escaped: a record takes longer than all the rest.
        """
        logger, name = self._logger, self._logger.name
        if not logger.isEnabledFor(logging.INFO):
            return
        took = f"{(time.perf_counter() - start) * 1000:.1f}"
        its_id = request_id(environ)
        method = environ["REQUEST_METHOD"]
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        client = environ.get("REMOTE_ADDR", "")
        handler = _only_handler(logger)
        if handler and _is_plain(f"{name}{its_id}{method}{path}{client}"):
            args = method, path, status, took
            fields = its_id, method, path, status, took, client
            _write(handler, _LINE % (_utc(time.time()), name, *args, *fields))
            return
        path = quote(path, _IN_PATHS, "latin-1")
        args = method, path, status, took
        record = logger.makeRecord(
            name, logging.INFO, __file__, 0, _MESSAGE, args, None
        )
        values = its_id, method, path, status, float(took), client
        vars(record).update(zip(_FIELDS, values, strict=True))
        logger.handle(record)


def init_app(app: Flask) -> None:
    """Configure logging for the app.

    ``LOG_REQUESTS`` turns the line for each request on or off. By default it is on, except
    under ``flask run``, whose server logs requests itself. ``LOG_FORMAT`` is ``"json"`` or
    ``"text"``.

    Raises:
        ValueError: one of the two has another value.
    """
    by_flask = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
    style = app.config.get("LOG_FORMAT", "text" if by_flask or app.debug else "json")
    if style not in FORMATS:
        msg = f"FLASK_LOG_FORMAT is {style!r}: use one of {', '.join(FORMATS)}."
        raise ValueError(msg)
    requests = app.config.get("LOG_REQUESTS", not by_flask)
    if type(requests) is not bool:
        msg = f"FLASK_LOG_REQUESTS is {requests!r}: use true or false."
        raise ValueError(msg)
    if default_handler in app.logger.handlers:
        _configure(app.logger, style)
    if requests:
        logger = app.logger.getChild("requests")
        app.wsgi_app = RequestLog(app.wsgi_app, logger)  # type: ignore[method-assign]


def _configure(logger: logging.Logger, style: str) -> None:
    """Replace Flask's own handler."""
    handler = logging.StreamHandler(wsgi_errors_stream)  # type: ignore[call-overload]
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logger.removeHandler(default_handler)
    logger.addHandler(handler)
    if not logger.level:
        logger.setLevel(logging.INFO)


def _only_handler(logger: logging.Logger) -> logging.StreamHandler[Any] | None:
    """Return the handler made above if nothing else would see a record."""
    parent = logger.parent or logger
    handler = parent.handlers[0] if len(parent.handlers) == 1 else None
    if type(handler) is not logging.StreamHandler:
        return None
    is_changed = type(handler.formatter) is not JsonLines or handler.level
    if is_changed or handler.filters or logger.filters or logger.handlers:
        return None
    root = logging.root
    goes_on = parent.propagate and (parent.parent is not root or root.handlers)
    return handler if logger.propagate and not goes_on else None


def _write(handler: logging.StreamHandler[Any], line: str) -> None:
    """Write a line as the handler does itself."""
    try:
        with handler.lock:  # type: ignore[union-attr]
            handler.stream.write(line + handler.terminator)
            handler.stream.flush()
    except Exception:  # noqa: BLE001 - the app goes on
        handler.handleError(logging.makeLogRecord({"msg": line}))


def _request_id_of(record: logging.LogRecord) -> object:
    """Return a record's own request ID, or the one of the current request."""
    if hasattr(record, "request_id"):
        return record.request_id
    environ = _environ.get()
    if environ is None and has_request_context():
        environ = request.environ
    return None if environ is None else request_id(environ)


def _printable(line: str) -> str:
    """Escape control characters and all others that are invisible."""
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def _utc(seconds: float) -> str:
    return _TIME % (_second(int(seconds)), seconds % 1 * 1000)


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
