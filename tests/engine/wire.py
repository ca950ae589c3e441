"""Send requests to an app as a WSGI server does.

``app.test_client()`` would not do: it makes its responses from the app's own response
class, which can add headers that were never sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HTTPS = {"wsgi.url_scheme": "https"}
"""A request over HTTPS: pass it as ``environ_overrides``."""


@dataclass(frozen=True)
class RawResponse:
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


def fetch(
    app: WSGIApplication, path: str = "/", method: str = "GET", **request: Any
) -> RawResponse:
    """Send one request; ``request`` takes the arguments of ``EnvironBuilder``."""
    builder = EnvironBuilder(path, method=method, **request)
    body, status, headers = run_wsgi_app(app, builder.get_environ(), buffered=True)
    builder.close()
    return RawResponse(status, list(headers), b"".join(body))


def fetch_head(app: WSGIApplication, path: str, method: str = "GET") -> RawResponse:
    """Send one request and do not wait for the whole body, which may never end."""
    environ = EnvironBuilder(path, method=method).get_environ()
    body, status, headers = run_wsgi_app(app, environ)
    close = getattr(body, "close", None)
    if close is not None:
        close()
    return RawResponse(status, list(headers), b"")


class KeptTemplates(BytecodeCache):
    """The templates that any app of this process has compiled."""

    def __init__(self) -> None:
        self._code: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take a template from those that were kept."""
        bucket.code = self._code.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template."""
        self._code[bucket.key] = bucket.code


def keep_templates() -> None:
    """Compile each template once: every app would do so for itself."""
    Flask.jinja_options["bytecode_cache"] = KeptTemplates()
