"""Other ways to log each request: the same fields, to the same stream."""

from __future__ import annotations

import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TextIO

import structlog
from flask import Flask
from pythonjsonlogger.json import JsonFormatter

from .apps import bare_app

Environ = dict[str, Any]
Log = Callable[[str, dict[str, Any]], object]
"""Logs a message and the fields of a request."""


def apps_logged_by_others(stream: TextIO) -> dict[str, Any]:
    """Make a bare app for each library, set up as its own documentation advises."""
    apps: dict[str, Any] = {
        "structlog": _logged(bare_app(), _with_structlog(stream)),
        "python-json-logger": _logged(bare_app(), _with_python_json_logger(stream)),
    }
    if sys.platform != "win32":
        apps["gunicorn's access log"] = _logged_by_gunicorn(bare_app(), stream)
    return apps


def _logged(app: Flask, log: Log) -> Any:
    """Put a minimal WSGI middleware around an app that logs each request."""

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start = time.perf_counter()
        status = 500

        def note_status(line: str, *args: Any) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, *args)

        body = app(environ, note_status)
        milliseconds = (time.perf_counter() - start) * 1000
        method = environ["REQUEST_METHOD"]
        path = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
        fields = {
            "request_id": secrets.token_hex(16),
            "method": method,
            "path": path,
            "status": status,
            "milliseconds": round(milliseconds, 1),
            "client": environ.get("REMOTE_ADDR"),
        }
        log(f"{method} {path} {status} in {milliseconds:.1f} ms", fields)
        return body

    return middleware


def _with_structlog(stream: TextIO) -> Log:
    """Use structlog without ``logging``, the fastest way with JSON of Python's own."""
    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", key="time"),
            structlog.processors.add_log_level,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    ).bind(logger="bare.requests")
    return lambda message, fields: logger.info(message, **fields)


def _with_python_json_logger(stream: TextIO) -> Log:
    handler = logging.StreamHandler(stream)
    names = {"levelname": "level", "name": "logger"}
    handler.setFormatter(
        JsonFormatter([*names, "message"], rename_fields=names, timestamp="time")
    )
    logger = logging.getLogger("logged-by-python-json-logger")
    logger.handlers[:] = [handler]
    logger.propagate = False
    logger.setLevel(logging.INFO)
    return lambda message, fields: logger.info(message, extra=fields)


def _logged_by_gunicorn(app: Flask, stream: TextIO) -> Any:
    """Log in gunicorn's default format, called as its workers call it."""
    from gunicorn.config import Config  # noqa: PLC0415 - not on Windows
    from gunicorn.glogging import Logger  # noqa: PLC0415 - likewise

    config = Config()
    config.set("accesslog", "-")
    logger = Logger(config)
    (handler,) = logger.access_log.handlers
    handler.setStream(stream)

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        start = datetime.now()  # noqa: DTZ005 - as gunicorn does
        response = _GunicornResponse(start_response)
        body = app(environ, response.start_response)
        environ["RAW_URI"] = environ["PATH_INFO"]
        logger.access(response, _GunicornRequest, environ, datetime.now() - start)  # noqa: DTZ005
        return body

    return middleware


class _GunicornRequest:
    headers: tuple[tuple[str, str], ...] = (("HOST", "localhost"),)


class _GunicornResponse:
    """What the access log reads of gunicorn's response."""

    sent = 11

    def __init__(self, start_response: Any) -> None:
        self._start_response = start_response

    def start_response(self, status: str, headers: Any, *exc_info: Any) -> Any:
        self.status = status
        self.headers = headers
        return self._start_response(status, headers, *exc_info)
