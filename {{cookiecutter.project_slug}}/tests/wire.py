"""Ask an app as a WSGI server would, and keep what it answers.

``app.test_client()`` would not do: it makes its responses from the app's own response
class, which can add headers that were never sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from {{ cookiecutter.package_name }}.inspection.asking import head_of

if TYPE_CHECKING:
    from flask import Flask


@dataclass(frozen=True)
class Wire:
    """Status line, headers and body of one response."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status.split()[0])

    def values(self, name: str) -> list[str]:
        """Every value sent under a name."""
        return [value for sent, value in self.headers if sent.lower() == name.lower()]


def ask(app: Flask, path: str = "/", method: str = "GET", **request: Any) -> Wire:
    """Send one request; ``request`` takes the arguments of ``EnvironBuilder``."""
    builder = EnvironBuilder(path, method=method, **request)
    body, status, headers = run_wsgi_app(app, builder.get_environ(), buffered=True)
    builder.close()
    return Wire(status, list(headers), b"".join(body))


def ask_for_headers(app: Flask, path: str, method: str = "GET") -> Wire:
    """Send one request and do not wait for the body, which may never begin, or end."""
    environ = EnvironBuilder(path, method=method).get_environ()
    status, headers = head_of(app, environ)
    return Wire(status, headers, b"")
