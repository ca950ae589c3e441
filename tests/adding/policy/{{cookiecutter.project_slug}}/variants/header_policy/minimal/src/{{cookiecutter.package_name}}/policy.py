"""WHAT is sent: the headers of every response. This is the file to edit.

One row is one header: its name, its value. Every response of the app carries each
row once: pages, errors, redirects, static files, all of them.

- To add a header, add a row.
- To change a header, change its value here.
- To stop sending a header, remove its row.
- For one route or one blueprint only, leave this file alone and use ``overrides.py``.
- For a value that depends on the response, see ``values.py``.

A header that a view sets itself is left as the view set it, and ``Vary`` is merged
with what is there. The app does not start with a row that cannot be sent: the error
names the row and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .values import Value

HEADERS: list[tuple[str, Value]] = [
    {{ cookiecutter | as_policy_rows }}
    ("X-Content-Type-Options", "nosniff"),
]
