"""The headers that a proxy should send with what does not come from the app."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from flask import send_file
from werkzeug.exceptions import BadGateway

from ..header_policy import headers_for, policy_of
from ..nonce import PageCsp
from ..values import DynamicValue
from .client import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from ..values import Value

ERROR, PAGE, FILE = "error", "page", "file"
"""The proxy's own error page, a static page, any other static file."""

SCHEMES = ("http", "https")

Case = tuple[str, str]
"""The scheme and the kind of a response."""


def values_for(app: Flask) -> dict[str, str | dict[Case, str]]:
    """Return the value of each header of the policy, or its values if they differ by case.

    They are what the app would send with a page that has no nonce. Values that are unique
    to a request are left out, and so are overrides, which belong to routes of the app.
    """
    resolved = headers_for(app, None)
    values: dict[str, dict[Case, str]] = {
        name: {} for name, value in resolved.rows if not _is_per_request(value)
    }
    for scheme in SCHEMES:
        with app.test_request_context(base_url=f"{scheme}://{host_of(app)}") as context:
            samples = _samples()
            for kind, response in samples.items():
                own = response.headers
                rows = [*resolved.rows_for(response, context.request), *own]
                sent = {name.lower(): value for name, value in rows}  # Flask's win
                for name, cases in values.items():
                    if name.lower() in sent:
                        cases[scheme, kind] = sent[name.lower()]
    every = len(SCHEMES) * len(samples)
    found: dict[str, str | dict[Case, str]] = {}
    for name, cases in values.items():
        if len(cases) == every and len({*cases.values()}) == 1:
            found[name] = cases[SCHEMES[0], ERROR]
        elif cases:
            found[name] = cases
    return found


def prefix_of(app: Flask) -> str:
    """Return what the app's names in a proxy's file start with."""
    return re.sub(r"[^0-9A-Za-z_]", "_", app.name)


def notes_for(app: Flask) -> Iterator[str]:
    """Yield comments with what the reader of an exported file should know."""
    where = policy_of(app).where
    yield f"# Generated from the header policy ({where}). Export it again if that changes."
    rows = headers_for(app, None).rows
    if any(isinstance(value, PageCsp) for _, value in rows):
        yield "# It has no nonce, because a nonce is unique to a response."
    for name, value in rows:
        if _is_per_request(value):
            yield f"# It does not set {name}, which is unique to a request."


def _is_per_request(value: Value) -> bool:
    return isinstance(value, DynamicValue) and value.per_request


def _samples() -> dict[str, Any]:
    """Return a response of each kind, as Flask makes it."""
    return {
        ERROR: BadGateway().get_response(),
        PAGE: send_file(io.BytesIO(), "text/html", etag=False),
        FILE: send_file(io.BytesIO(), "text/plain", etag=False),
    }
