"""The page ``/_headers`` of ``flask run --debug``: what ``flask headers show`` prints.

It also shows what ``flask headers suggest`` would print for the reports since the start.
It is sent under the app's own policy, which may allow no style and no form: then it has no
style, and the filter is a list of links.
"""

from __future__ import annotations

import re
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from click import BadParameter
from flask import Blueprint, abort, current_app, render_template, request

from ..header_policy import headers_for
from ..nonce import PageCsp
from ..reports import RECENT
from .blocked import count, report_of
from .client import send
from .plan import Skipped, narrow, plan_for
from .suggest import IMPORT, NOT_REPORTED, reasons, suggest_for
from .violations import dead_overrides, violations_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .tracing import ProbeResponse

MAX_RECENT = 2000
"""How many of the last reports the page is about."""

bp = Blueprint("headers_page", __name__, template_folder="templates")
bp.record_once(
    lambda state: state.app.extensions.setdefault(RECENT, deque(maxlen=MAX_RECENT))
)


class Column(NamedTuple):
    """Responses of one kind and status whose headers have the same origins."""

    responses: list[ProbeResponse]
    origins: dict[str, str]  # by lower name
    wrong: frozenset[str]  # lower names

    def values(self, name: str) -> list[str]:
        """Return the different values of a header. A nonce makes no difference."""
        values = [sent.value for each in self.responses for sent in each.sent(name)]
        return [*dict.fromkeys(re.sub("'nonce-[^']+", "'nonce-…", v) for v in values)]


@bp.get("/_headers")
def show() -> str:
    """Send all requests over the scheme of this one, and show the responses.

    ``?route=`` limits them to an endpoint or a URL rule; an unknown one is a 404.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    started, routes = time.perf_counter(), request.args.getlist("route")
    plan = plan_for(app, app)
    try:
        plan = narrow(plan, app, routes) if routes else plan
    except BadParameter as error:
        abort(404, error.message)
    responses, skipped = send(app, app, plan, [request.scheme])
    skipped += [
        Skipped(str(each.request), f"it ends in the debugger's page: {each.error}")
        for each in responses
        if each.error
    ]
    responses = [each for each in responses if not each.error]
    violations = [each for response in responses for each in violations_of(response)]
    names = [sent.name for response in responses for sent in response.headers]
    names += [each.header for each in violations if each.header]
    rows = headers_for(app, request.endpoint).rows
    csp = {name.lower(): value for name, value in rows}.get("content-security-policy")
    reports, _ = count(map(report_of, app.extensions[RECENT]))
    return render_template(
        "response_headers/headers.html",
        routes=routes,
        rules=sorted({rule.rule for rule in app.url_map.iter_rules()}),
        requests=len(responses),
        columns=columns_of(responses),
        names={name.lower(): name for name in names},
        violations=violations + dead_overrides(app),
        skipped=skipped,
        reports=reports.total(),
        suggested=suggest_for(app, reports, routes),
        first_line=IMPORT,
        notes=NOT_REPORTED.split("\n\n"),
        reasons=reasons(app),
        has_style=csp is None or isinstance(csp, PageCsp),
        at=time.strftime("%H:%M:%S"),
        seconds=time.perf_counter() - started,
    )


def columns_of(responses: Iterable[ProbeResponse]) -> list[Column]:
    """Put responses that look the same in the table into one column."""
    columns: dict[object, Column] = {}
    for response in responses:
        origins: dict[str, str] = {}
        for name, _, origin in response.headers:
            lower = name.lower()
            before = f"{origins[lower]} + " if lower in origins else ""
            origins[lower] = before + origin
        wrong = frozenset(each.header.lower() for each in violations_of(response))
        same = frozenset(origins.items())
        key = (response.request.kind, response.status, same, wrong)
        column = columns.setdefault(key, Column([], origins, wrong))
        column.responses.append(response)
    return [*columns.values()]
