"""What ``flask headers show`` prints."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING, Any

import click

from .faults import faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .asking import Answer
    from .questions import Plan

COLORS = {
    "policy": "green",
    "blueprint override": "yellow",
    "route override": "yellow",
    "view": "cyan",
    "hook": "magenta",
    "middleware": "red",
}

_INDENT = 4


def as_lines(answers: list[Answer], *, values: bool) -> Iterator[str]:
    """Write each answer as a line for the request and one for each who set headers.

    They fit the terminal, or 80 columns where there is none.
    """
    width = shutil.get_terminal_size((80, 24)).columns
    for answer in answers:
        yield _heading(answer, width)
        if values:
            for row in answer.rows:
                yield from _wrapped(f"{row.name} ({row.set_by})", row.value, width)
        else:
            for set_by, names in _by_setter(answer).items():
                yield from _wrapped(set_by, ", ".join(names), width)
        for fault in faults_of(answer):
            text = f"{fault.header}: expected {fault.expected}, found {fault.found}"
            yield from _wrapped("FAULT", text, width, "red")


def as_json(answers: list[Answer], plan: Plan) -> dict[str, Any]:
    """Write the same for other programs."""
    return {
        "answers": [
            {
                "method": answer.question.method,
                "path": answer.question.path,
                "kind": answer.question.kind,
                "endpoint": answer.endpoint,
                "status": answer.status,
                "headers": [
                    {"name": row.name, "value": row.value, "set_by": row.set_by}
                    for row in answer.rows
                ],
                "faults": [str(fault) for fault in faults_of(answer)],
            }
            for answer in answers
        ],
        "not_asked": [
            {"route": route, "reason": reason} for route, reason in plan.not_asked
        ],
    }


def _heading(answer: Answer, width: int) -> str:
    question = answer.question
    text = f"{answer.status} {question.method} {question.path}"
    kind = answer.endpoint if question.kind == "route" else question.kind
    gap = " " * max(2, width - len(text) - len(str(kind)) - 1)
    return click.style(text, bold=True) + gap + click.style(str(kind), dim=True)


def _by_setter(answer: Answer) -> dict[str, list[str]]:
    """The names of the headers that each has set."""
    names: dict[str, list[str]] = {}
    for row in answer.rows:
        names.setdefault(row.set_by, []).append(row.name)
    return names


def _wrapped(who: str, text: str, width: int, color: str | None = None) -> list[str]:
    lines = textwrap.wrap(
        f"{who}: {text}",
        width - 1,
        initial_indent=" " * _INDENT,
        subsequent_indent=" " * 2 * _INDENT,
        break_on_hyphens=False,
    )
    colored = click.style(who, fg=color or COLORS.get(who))
    return [lines[0].replace(who, colored, 1), *lines[1:]]
