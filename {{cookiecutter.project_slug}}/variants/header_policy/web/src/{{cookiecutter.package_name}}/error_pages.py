"""Errors as pages that look like the app: ``templates/error.html``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, render_template, request
from werkzeug.exceptions import HTTPException

from .response_headers import request_id

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response


def init_app(app: Flask) -> None:
    """Send every error of the app as a page."""
    app.register_error_handler(HTTPException, as_page)


def as_page(error: HTTPException) -> Response:
    """Return an error as a page.

    It is the error's own response with another body, so it keeps ``Allow``,
    ``Content-Range``, ``Retry-After`` and ``WWW-Authenticate``. If the template fails, it
    keeps its body, too.
    """
    response = error.get_response()
    code = response.status_code
    if error.response is not None or code < 400 or response.mimetype != "text/html":
        return response  # the error has a response of its own
    reference = request_id(request.environ) if code >= 500 else None
    try:
        page = render_template("error.html", error=error, request_id=reference)
    except Exception as failure:  # noqa: BLE001 - an error page must not fail
        current_app.logger.warning("error.html: %r", failure)
    else:
        response.data = page
    return response
