"""The id of a request: in what it makes the app log, and in what it is answered.

A proxy that the app believes (``PROXY_HOPS``) may have given it one, in ``X-Request-ID``:
then one id leads through the logs of both. Of a stranger none is taken.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from .values import Computed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Request, Response

_BYTES = 16
_GIVEN = "HTTP_X_REQUEST_ID"
_KEY = "app.request_id"
_SOUND = re.compile(r"[0-9A-Za-z._=+/-]{1,128}")  # UUIDs, hexadecimal digits, base64


class RequestId(Computed):
    """The header that tells a client the id of its request, to ask about it."""

    of_the_request = True

    def value_for(self, _response: Response, request: Request) -> str:
        """Return the id of the request that is answered."""
        return request_id(request.environ)


def request_id(environ: WSGIEnvironment) -> str:
    """Return the id of a request, made when it is first asked for."""
    if _KEY not in environ:
        environ[_KEY] = secrets.token_hex(_BYTES)
    found: str = environ[_KEY]
    return found


def take_given(environ: WSGIEnvironment) -> None:
    """Take the id that a proxy has given a request.

    Another one is made where it is long, or has characters that could begin another line
    of a log, or another field.
    """
    given = environ.get(_GIVEN, "")
    if _SOUND.fullmatch(given):
        environ[_KEY] = given
