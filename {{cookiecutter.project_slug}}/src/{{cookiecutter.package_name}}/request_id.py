"""Give each request an ID: for its lines in the log, and to send with its response."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .values import Computed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Request, Response

_BYTES = 16
_KEY = "app.request_id"
_WELL_FORMED = re.compile(r"[0-9A-Za-z._=+/-]{1,128}")  # UUID, hexadecimal or base64


class RequestId(Computed):
    """The value of a response header that tells the client the ID of its request."""

    of_the_request = True

    def value_for(self, _response: Response, request: Request) -> str:
        """Return the ID of the current request."""
        return request_id(request.environ)


class TrustRequestId:
    """WSGI middleware: take a request's ID from the ``X-Request-ID`` of a trusted proxy.

    One ID then leads through the logs of both. An ID that is too long, or could forge a
    part of the log, is ignored.
    """

    def __init__(self, wsgi_app: WSGIApplication) -> None:
        self._wsgi_app = wsgi_app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Call the app."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        if _WELL_FORMED.fullmatch(given):
            environ[_KEY] = given
        return self._wsgi_app(environ, start_response)


def request_id(environ: WSGIEnvironment) -> str:
    """Return the ID of a request, which is made when it is first needed."""
    if _KEY not in environ:
        environ[_KEY] = os.urandom(_BYTES).hex()
    found: str = environ[_KEY]
    return found
