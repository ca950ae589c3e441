"""The id of a request: in the log, and in the response, to ask about it."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from .values import DynamicValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Request, Response

_BYTES = 16
_KEY = "response_headers.request_id"
_WELL_FORMED = re.compile(r"[0-9A-Za-z._=+/-]{1,128}")  # UUIDs, hexadecimal, base64


class RequestId(DynamicValue):
    """A header with the id of the request: ``("X-Request-ID", RequestId())``."""

    per_request = True

    def get_value(self, _response: Response, request: Request) -> str:
        """Return the id of the request."""
        return request_id(request.environ)


class TrustRequestId:
    """A WSGI middleware that takes the id of a request from ``X-Request-ID``.

    Use it behind a proxy that sets that header, so that one id is in the logs of both.
    Clients can send anything: an id that is too long, or could forge a line or a field
    of a log, is ignored.
    """

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        self._wsgi_app = wsgi_app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer a request."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        if _WELL_FORMED.fullmatch(given):
            environ[_KEY] = given
        return self._wsgi_app(environ, start_response)


def request_id(environ: WSGIEnvironment) -> str:
    """Return the id of a request. It is made on first use."""
    if _KEY not in environ:
        environ[_KEY] = secrets.token_hex(_BYTES)
    found: str = environ[_KEY]
    return found
