"""What a proxy is to send with what the app does not answer itself."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from flask import send_file
from werkzeug.exceptions import BadGateway

from ..header_policy import headers_for
from ..values import DynamicValue
from .client import host_of

if TYPE_CHECKING:
    from flask import Flask

    from ..values import Value

ERROR, PAGE, FILE = "error", "page", "file"
"""The proxy's own error page, a static page, any other static file."""

SCHEMES = ("http", "https")

Case = tuple[str, str]
"""The scheme and the kind of what is sent."""


def values_for(app: Flask) -> dict[str, dict[Case, str]]:
    """The values of each header of the policy; a case in which it is not sent is left out.

    They are what the app would send, but for a nonce: it belongs to one response, so
    pages get the policy that they have without. A value that each request has of its own
    is left out. Overrides are not among them, they belong to routes of the app.
    """
    wanted = headers_for(app, None)
    values: dict[str, dict[Case, str]] = {
        name: {} for name, value in wanted.rows if not _is_per_request(value)
    }
    for scheme in SCHEMES:
        with app.test_request_context(base_url=f"{scheme}://{host_of(app)}") as context:
            for kind, response in _stand_ins().items():
                rows = [*wanted.rows_for(response, context.request), *response.headers]
                sent = {name.lower(): value for name, value in rows}  # Flask's win
                for name, cases in values.items():
                    if name.lower() in sent:
                        cases[scheme, kind] = sent[name.lower()]
    return {name: cases for name, cases in values.items() if cases}


def in_every_case(cases: dict[Case, str]) -> str | None:
    """The value that a header has in all cases, if it is one."""
    same = len(cases) == len(SCHEMES) * 3 and len(set(cases.values())) == 1
    return next(iter(cases.values())) if same else None


def prefix_of(app: Flask) -> str:
    """What the app's names in a proxy's file begin with."""
    return re.sub(r"[^0-9A-Za-z_]", "_", app.name)


def notes_for(app: Flask) -> list[str]:
    """What the reader of an exported file is to know."""
    notes = ["Made from policy.py: make it anew when that file changes."]
    if "csp_nonce" in app.jinja_env.globals:
        notes.append(
            "A nonce belongs to one response of the app: there is none in here."
        )
    notes += [
        f"{name} belongs to one request of the app: it is not in here."
        for name, value in headers_for(app, None).rows
        if _is_per_request(value)
    ]
    return notes


def _is_per_request(value: Value) -> bool:
    return isinstance(value, DynamicValue) and value.per_request


def _stand_ins() -> dict[str, Any]:
    """A response of each kind, as Flask makes it."""
    page = send_file(io.BytesIO(), "text/html", etag=False)
    file = send_file(io.BytesIO(), "text/plain", etag=False)
    return {ERROR: BadGateway().get_response(), PAGE: page, FILE: file}
