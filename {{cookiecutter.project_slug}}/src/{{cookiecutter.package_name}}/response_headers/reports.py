"""Browsers' reports of what the headers of a page blocked, written to the app's log.

Browsers send them in the format of ``report-uri`` (CSP 2) or that of ``report-to``
(https://www.w3.org/TR/reporting-1/#media-type). Anyone can send one: a report has a size
limit, is logged on one line and is otherwise treated as untrusted.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, current_app, request

from .values import CachedValue, script_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from .values import Value

_BLUEPRINT = "response_headers"
_PATH = re.compile(r"(/[A-Za-z0-9._~-]*)+")

REPORT_GROUP = "csp"
"""What ``report-to`` and ``Reporting-Endpoints`` call the route."""

MAX_BODY = 16 * 1024
"""The most bytes of one request."""

MAX_REPORTS = 20
"""The most reports of one request that are logged."""

MAX_TEXT = 500
"""The most characters of one string of a report."""

MAX_NUMBER = 1_000_000_000
"""Numbers in a report, such as a line of a file, are smaller."""

RECENT = "response_headers.recent_reports"
"""The key in ``app.extensions`` of a list that gets each report, too, if there is one."""

FIELDS = {
    "type": ("type",),
    "page": ("document-uri", "documentURL", "url"),
    "directive": ("effective-directive", "effectiveDirective", "violated-directive"),
    "blocked": ("blocked-uri", "blockedURL"),
    "disposition": ("disposition",),
    "source": ("source-file", "sourceFile"),
    "line": ("line-number", "lineNumber"),
    "sample": ("script-sample", "sample"),
    "destination": ("destination",),  # of a request that COEP blocked
    "feature": ("featureId", "policyId"),  # of Permissions-Policy
    "reason": ("reason",),  # of COEP and COOP, such as "navigation-to-response"
}
"""What is logged of a report, with its names in each format."""

URLS = {"page", "blocked", "source"}
"""What is logged without its query, which may have personal data."""


class ReportingEndpoints(CachedValue):
    """A header that tells browsers where to send reports, which also adds that route.

    >>> ("Reporting-Endpoints", ReportingEndpoints("/csp-reports"))

    Raises:
        ValueError: the path cannot be in a URL as it is.
    """

    vary_on = (script_root,)

    def __init__(self, path: str) -> None:
        if not _PATH.fullmatch(path):
            msg = f"ReportingEndpoints(): {path!r} is not a path: start it with / and use letters, digits and - . _ ~ /."
            raise ValueError(msg)
        self.path = path

    def build(self, root: str) -> str:
        """Return the address, below the script root."""
        return f'{REPORT_GROUP}="{root}{self.path}"'


def init_app(app: Flask, rows: Iterable[tuple[str, Value]]) -> None:
    """Add the route for reports, if the policy has a :class:`ReportingEndpoints`."""
    for _, value in rows:
        if isinstance(value, ReportingEndpoints) and _BLUEPRINT not in app.blueprints:
            bp = Blueprint(_BLUEPRINT, __name__)
            bp.url_value_preprocessor(_exempt)
            bp.add_url_rule(value.path, "reports", take, methods=["POST"])
            app.register_blueprint(bp)


def take() -> tuple[str, int]:
    """Log each report of a request and return 204.

    A body that is too large gets a 413, another content type a 415, and anything else
    that is not a report a 400.
    """
    if request.mimetype not in {"application/csp-report", "application/reports+json"}:
        abort(415)
    request.max_content_length = MAX_BODY + 1
    body = request.get_data()
    if len(body) > MAX_BODY:  # without a Content-Length, Flask would cut it short
        abort(413)
    recent = current_app.extensions.get(RECENT)
    for report in _reports(body):
        # JSON escapes line breaks: safe against log injection.
        current_app.logger.warning("csp-report %s", json.dumps(report))
        if recent is not None:
            recent.append(report)
    return "", 204


def _exempt(*_: object) -> None:
    """Exempt the route from what Flask-WTF and Flask-Limiter ask of each request.

    Browsers send reports without a CSRF token, and many at once. It is called before the
    functions of those extensions, and finds them in whatever order an app was made.
    """
    extensions = current_app.extensions
    limiters = extensions.get("limiter", ())
    for each in [extensions.get("csrf"), *limiters]:
        if hasattr(each, "exempt"):
            each.exempt(take)


def _reports(body: bytes) -> list[dict[str, Any]]:
    """Return what to log of the reports in a request."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        abort(400, "The body is not JSON.")
    if isinstance(sent, dict):  # the format of report-uri, which is CSP's only
        sent = [{"type": "csp-violation", "body": sent.get("csp-report")}]
    if not isinstance(sent, list) or not all(map(_is_report, sent)):
        abort(400, "The body is not a report.")
    return [_summary(each, each["body"]) for each in sent[:MAX_REPORTS]]


def _is_report(sent: object) -> bool:
    return isinstance(sent, dict) and isinstance(sent.get("body"), dict)


def _summary(report: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    found = {**body, "reason": body.get("type"), **report}
    summary: dict[str, Any] = {}
    for name, keys in FIELDS.items():
        value = next((found[key] for key in keys if key in found), None)
        if isinstance(value, str):
            text = re.split("[?#]", value)[0] if name in URLS else value
            summary[name] = text[:MAX_TEXT]
        elif isinstance(value, int) and abs(value) < MAX_NUMBER:
            summary[name] = value
    return summary
