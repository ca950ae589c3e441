"""Errors as JSON: "Problem Details for HTTP APIs" (RFC 9457)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import json
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

MEDIA_TYPE = "application/problem+json"


def init_app(app: Flask) -> None:
    """Answer every error of the app as a problem."""
    app.register_error_handler(HTTPException, as_problem)


def as_problem(error: HTTPException) -> Response:
    """Write an error as a problem.

    The type ``about:blank`` says that the status tells all there is (RFC 9457, section
    4.2.1). The response is the error's own with another body, so that it keeps its
    headers: ``Allow``, ``Content-Range``, ``Retry-After``, ``WWW-Authenticate``.
    """
    response = error.get_response()
    code = response.status_code
    if code < 400 or response.mimetype != "text/html":
        return response  # the error has an answer of its own
    problem = {
        "type": "about:blank",
        "title": HTTP_STATUS_CODES.get(code, error.name),
        "status": code,
        "detail": str(error.description or ""),
    }
    response.data = json.dumps(problem)
    response.content_type = MEDIA_TYPE
    return response
