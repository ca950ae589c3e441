"""What headers are sent. This is the file to edit.

Each row of ``HEADERS`` is one header, which every response of the app carries exactly
once: pages, errors, redirects, static files, all of them.

- To add a header, add a row.
- To change a header, change its value here.
- To stop sending a header, remove its row.
- For one route or blueprint, use ``override_headers`` or ``override_blueprint_headers``.
- For a value that depends on the request or the response, write a ``DynamicValue``.

A header that a view sets wins, and ``Vary`` is merged. The app does not start with a
row that cannot be sent: the error names the row and how to fix it. Only a missing comma
after a row is Python's to report: ``'tuple' object is not callable``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .response_headers import Value

HEADERS: list[tuple[str, Value]] = [
    {{ cookiecutter | as_policy_rows }}
]
