"""How headers get onto a response: the app's own ``Response`` class.

Flask makes whatever a view returns an object of ``app.response_class``. It adds the
headers when it turns into what the server gets. In ``__init__`` would be too early:
Flask changes the class of many responses, such as errors, without calling it.
https://flask.palletsprojects.com/api/#flask.Flask.response_class
https://werkzeug.palletsprojects.com/wrappers/#werkzeug.wrappers.Response.get_wsgi_response
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response

from .header_policy import merge_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

NAME = "Response"


class PolicyResponse(Response):
    """A response that adds the headers of the policy."""

    def get_wsgi_response(
        self, environ: WSGIEnvironment
    ) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """Return body, status and headers."""
        body, status, headers = super().get_wsgi_response(environ)
        return body, status, merge_policy(headers, self)

    @classmethod
    def force_type(
        cls, response: Any, environ: WSGIEnvironment | None = None
    ) -> Response:
        """Make a response of this class, unless a view has a class of its own."""
        if isinstance(response, Response) and type(response) is not Response:
            return response
        forced: Response = super().force_type(response, environ)  # type: ignore[assignment]
        return forced


def init_app(app: Flask) -> None:
    """Set the class, unless the app has one of its own."""
    if app.response_class is Response:
        app.response_class = PolicyResponse
