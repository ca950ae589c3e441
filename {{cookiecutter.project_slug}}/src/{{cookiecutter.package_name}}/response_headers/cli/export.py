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
    from flask import Flask

    from ..values import Value

ERROR, PAGE, SCRIPT, FILE = "error", "page", "script", "file"
"""The proxy's own error page; a static page, a script, any other static file."""

SCHEMES = ("http", "https")

Case = tuple[str, str]
"""The scheme and the kind of a response."""


def values_for(app: Flask) -> dict[str, dict[Case, str]]:
    """Return the values of each header of the policy, in the cases in which it is sent.

    They are what the app would send with a page that has no nonce. Values that are unique
    to a request are left out, and so are overrides, which belong to routes of the app,
    except for those of ``static``.
    """
    values: dict[str, dict[Case, str]] = {}
    spelling: dict[str, str] = {}  # an override may write a name in another case
    for scheme in SCHEMES:
        with app.test_request_context(base_url=f"{scheme}://{host_of(app)}") as context:
            for kind, response in _samples().items():
                resolved = headers_for(app, None if kind == ERROR else "static")
                own = response.headers
                rows = [*resolved.rows_for(response, context.request), *own]
                sent = {name.lower(): value for name, value in rows}  # Flask's win
                for name, value in resolved.rows:
                    key = name.lower()
                    if key in sent and not _is_per_request(value):
                        cases = values.setdefault(spelling.setdefault(key, name), {})
                        cases[scheme, kind] = sent[key]
    return values


def in_every_case(cases: dict[Case, str]) -> str | None:
    """Return the value of a header, if it is the same in all cases."""
    same = len(cases) == len(SCHEMES) * 4 and len(set(cases.values())) == 1
    return next(iter(cases.values())) if same else None


def prefix_of(app: Flask) -> str:
    """Return what the app's names in a proxy's file start with."""
    return re.sub(r"[^0-9A-Za-z_]", "_", app.name)


def notes_for(app: Flask) -> list[str]:
    """Return what the reader of an exported file should know."""
    where = policy_of(app).where
    notes = [
        f"Generated from the header policy ({where}). Export it again if that changes."
    ]
    rows = headers_for(app, None).rows
    if any(isinstance(value, PageCsp) for _, value in rows):
        notes.append("It has no nonce, because a nonce is unique to a response.")
    notes += [
        f"It does not set {name}, which is unique to a request."
        for name, value in rows
        if _is_per_request(value)
    ]
    return notes


def _is_per_request(value: Value) -> bool:
    return isinstance(value, DynamicValue) and value.per_request


def _samples() -> dict[str, Any]:
    """Return a response of each kind, as Flask makes it."""
    page = send_file(io.BytesIO(), "text/html", etag=False)
    script = send_file(io.BytesIO(), "text/javascript", etag=False)
    file = send_file(io.BytesIO(), "text/plain", etag=False)
    error = BadGateway().get_response()
    return {ERROR: error, PAGE: page, SCRIPT: script, FILE: file}
