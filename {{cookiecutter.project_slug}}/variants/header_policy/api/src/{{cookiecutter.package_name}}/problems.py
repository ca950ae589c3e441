"""Errors as JSON: "Problem Details for HTTP APIs" (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import json
from werkzeug.exceptions import HTTPException

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

MEDIA_TYPE = "application/problem+json"


def init_app(app: Flask) -> None:
    """Send every error of the app as a problem."""
    app.register_error_handler(HTTPException, as_problem)


def as_problem(error: HTTPException) -> Response:
    """Return an error as a problem.

    The type ``about:blank`` means that there is no more to say than the status does (RFC
    9457, section 4.2.1). It is the error's own response with another body, so it keeps
    ``Allow``, ``Content-Range``, ``Retry-After`` and ``WWW-Authenticate``.
    """
    response = error.get_response()
    code = response.status_code
    if code < 400 or response.mimetype != "text/html":
        return response  # the error has a response of its own
    problem = {
        "type": "about:blank",
        "title": _phrase(code) or error.name,
        "status": code,
        "detail": str(error.description or ""),
    }
    response.data = json.dumps(problem)
    response.content_type = MEDIA_TYPE
    return response


def _phrase(code: int) -> str | None:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return None
