"""The table of ``flask headers show`` as a page, ``/_headers``, for ``flask run --debug``.

It goes out under the app's own policy. Where that allows no style, it has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template, request

from ..header_policy import headers_for
from .client import Answer, ask
from .violations import Fault, dead_overrides, faults_of
from .plan import NotAsked, plan_for
from .formatting import missed

bp = Blueprint("headers_page", __name__, template_folder="templates")


@dataclass
class Line:
    """One line of the table."""

    answer: Answer
    faults: list[Fault]

    def cell(self, name: str) -> tuple[str, bool]:
        """Who set a header, and whether something is wrong with it."""
        origins = ", ".join(row.origins for row in self.answer.sent(name))
        wrong = any(fault.header.lower() == name.lower() for fault in self.violations)
        return origins, wrong


@bp.get("/_headers")
def show() -> str:
    """Ask the app for everything, over the scheme of this request, and show the answers."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    plan = plan_for(app, app)
    answers = [ask(app, app, question, request.scheme) for question in plan.plan]
    raised = [answer for answer in answers if answer.error is not None]
    answers = [answer for answer in answers if answer.error is None]
    plan.not_asked += [
        NotAsked(answer.question.path, f"the debugger's page answers: {answer.error}")
        for answer in raised
    ]
    lines = [Line(answer, faults_of(answer)) for answer in answers]
    names = [row.name for answer in answers for row in answer.rows]
    names += [fault.header for line in lines for fault in line.violations]
    faults = [fault for line in lines for fault in line.violations] + dead_overrides(app)
    return render_template(
        "response_headers/headers.html",
        lines=lines,
        names=list({name.lower(): name for name in names}.values()),
        faults=faults,
        not_asked=plan.not_asked + missed(answers),
        scheme=request.scheme,
        has_csp="content-security-policy" in headers_for(app, request.endpoint).names,
    )
