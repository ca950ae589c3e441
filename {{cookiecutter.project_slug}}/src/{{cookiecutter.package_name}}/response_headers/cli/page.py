"""The page ``/_headers`` of ``flask run --debug``: what ``flask headers show`` prints.

It also shows what ``flask headers suggest`` would print for the reports since the start.
It is sent under the app's own policy. If that allows no style, it has none.
"""

from __future__ import annotations

from collections import deque

from flask import Blueprint, current_app, render_template, request

from ..header_policy import headers_for
from ..nonce import PageCsp
from ..reports import RECENT
from .blocked import count, report_of
from .client import send
from .plan import Skipped, plan_for
from .suggest import IMPORT, NOT_REPORTED, reasons, suggest_for
from .violations import dead_overrides, violations_of

MAX_RECENT = 2000
"""How many of the last reports the page is about."""

bp = Blueprint("headers_page", __name__, template_folder="templates")
bp.record_once(
    lambda state: state.app.extensions.setdefault(RECENT, deque(maxlen=MAX_RECENT))
)


@bp.get("/_headers")
def show() -> str:
    """Send all requests over the scheme of this one, and show the responses."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    plan = plan_for(app, app)
    responses, skipped = send(app, app, plan, [request.scheme])
    skipped += [
        Skipped(str(each.request), f"it ends in the debugger's page: {each.error}")
        for each in responses
        if each.error
    ]
    lines = [(each, list(violations_of(each))) for each in responses if not each.error]
    violations = [each for _, found in lines for each in found]
    names = [sent.name for response, _ in lines for sent in response.headers]
    names += [each.header for each in violations if each.header]
    rows = headers_for(app, request.endpoint).rows
    csp = {name.lower(): value for name, value in rows}.get("content-security-policy")
    reports, _ = count(map(report_of, app.extensions[RECENT]))
    return render_template(
        "response_headers/headers.html",
        lines=lines,
        names=list({name.lower(): name for name in names}.values()),
        violations=violations + dead_overrides(app),
        skipped=skipped,
        scheme=request.scheme,
        reports=reports.total(),
        suggested=suggest_for(app, reports),
        first_line=IMPORT,
        notes=NOT_REPORTED.split("\n\n"),
        reasons=reasons(app),
        has_style=csp is None or isinstance(csp, PageCsp),
    )
