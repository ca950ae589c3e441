"""Reports of browsers about what a page's policy has blocked, written to the log.

Browsers send them in two forms: that of ``report-uri`` (CSP 2) and that of ``report-to``
(https://www.w3.org/TR/reporting-1/#media-type). Whoever can reach the app can send one:
a report is short, is written on one line, and is believed no further.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, current_app, request

from .csp import mounted_at
from .values import Decided

if TYPE_CHECKING:
    from flask import Flask

GROUP = "csp"
"""The name that ``report-to`` and ``Reporting-Endpoints`` have for the route."""

MAX_BODY = 16 * 1024
"""Bytes of one request."""

MAX_REPORTS = 20
"""Reports of one request that are written."""

MAX_TEXT = 500
"""Characters of one text of a report."""

MAX_NUMBER = 1_000_000_000
"""A number of a report is smaller: a line of a file."""

FIELDS = {
    "page": ("document-uri", "documentURL"),
    "directive": ("effective-directive", "effectiveDirective", "violated-directive"),
    "blocked": ("blocked-uri", "blockedURL"),
    "disposition": ("disposition",),
    "source": ("source-file", "sourceFile"),
    "line": ("line-number", "lineNumber"),
    "sample": ("script-sample", "sample"),
}
"""What is written of a report, and what it is called in either form."""


class ReportingEndpoints(Decided):
    """The header that tells browsers where reports go.

    Raises:
        ValueError: the path is no path.
    """

    facts = (mounted_at,)

    def __init__(self, path: str) -> None:
        if not path.startswith("/"):
            msg = f"policy.py: REPORTS is {path!r}: write a path that begins with /, or None."
            raise ValueError(msg)
        self._path = path

    def value_of(self, root: str) -> str:
        """Return the address, below the path where the app is mounted."""
        return f'{GROUP}="{root}{self._path}"'


def init_app(app: Flask, path: str | None) -> None:
    """Add the route that takes reports; none where ``path`` is ``None``."""
    if path is None:
        return
    bp = Blueprint("reports", __name__)
    bp.add_url_rule(path, "take", take, methods=["POST"])
    app.register_blueprint(bp)


def take() -> tuple[str, int]:
    """Write each report of a request to the log and answer 204.

    Too much at once is answered with 413, another type of content with 415, what is no
    JSON, or no report, with 400.
    """
    if request.mimetype not in {"application/csp-report", "application/reports+json"}:
        abort(415)
    request.max_content_length = MAX_BODY + 1
    body = request.get_data()
    if len(body) > MAX_BODY:  # one whose length was not announced is cut, not refused
        abort(413)
    for report in _reports(body):
        # JSON writes a line break as \n: a report cannot begin another line.
        current_app.logger.warning("csp-report %s", json.dumps(report))
    return "", 204


def _reports(body: bytes) -> list[dict[str, Any]]:
    """What is worth writing of the reports in a request."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        abort(400, "The body is not JSON.")
    if isinstance(sent, dict):
        bodies = [sent.get("csp-report")]
    elif isinstance(sent, list):
        bodies = [
            report.get("body") if isinstance(report, dict) else None for report in sent
        ]
    else:
        bodies = [None]
    if not all(isinstance(each, dict) for each in bodies):
        abort(400, "The body is not a report.")
    return [_summary(each) for each in bodies[:MAX_REPORTS] if each]


def _summary(report: dict[str, Any]) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for name, keys in FIELDS.items():
        value = next((report[key] for key in keys if key in report), None)
        if isinstance(value, str):
            summary[name] = value[:MAX_TEXT]
        elif isinstance(value, int) and abs(value) < MAX_NUMBER:
            summary[name] = value
    return summary
