"""What ``flask headers show`` prints."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING, Any

import click

from .violations import faults_of
from .plan import NotAsked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .client import Answer
    from .plan import Plan

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
    for answer in answers:
        yield _heading(answer)
        if values:
            for row in answer.rows:
                yield from wrapped(f"{row.name} ({row.origins})", row.value, row.origins)
        else:
            for origins, names in _by_setter(answer).items():
                yield from wrapped(origins, ", ".join(names), origins)
        for fault in faults_of(answer):
            text = f"{fault.header}: expected {fault.expected}, found {fault.found}"
            yield from wrapped("FAULT", text, "middleware")


def missed(answers: Iterable[Answer]) -> list[NotAsked]:
    """Tell of routes that have not answered, although they were asked."""
    return [
        NotAsked(
            f"{answer.question.method} {answer.question.path}",
            f"{answer.endpoint or 'no route'} has answered ({answer.status}), not {answer.question.endpoint}: see asked.py",
        )
        for answer in {answer.question: answer for answer in answers}.values()
        if answer.missed
    ]


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
                    {"name": row.name, "value": row.value, "origins": row.origins}
                    for row in answer.rows
                ],
                "faults": [str(fault) for fault in faults_of(answer)],
            }
            for answer in answers
        ],
        "not_asked": [
            {"what": skipped.what, "reason": skipped.reason}
            for skipped in [*plan.not_asked, *missed(answers)]
        ],
    }


def _heading(answer: Answer) -> str:
    question = answer.question
    text = f"{answer.status} {question.method} {question.path}"
    kind = question.kind if question.kind != "route" else answer.endpoint or "no route"
    room = _width() - len(text) - len(kind)
    gap = " " * room if room > 1 else "\n" + " " * _INDENT
    return click.style(text, bold=True) + gap + click.style(kind, dim=True)


def _by_setter(answer: Answer) -> dict[str, list[str]]:
    """The names of the headers that each has set."""
    names: dict[str, list[str]] = {}
    for row in answer.rows:
        names.setdefault(row.origins, []).append(row.name)
    return names


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns - 1


def wrapped(what: str, text: str, color: str = "", indent: int = _INDENT) -> list[str]:
    """Write a text in lines that fit, the first of which begins with what it is."""
    lines = textwrap.wrap(
        f"{what}: {text}",
        _width(),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + _INDENT),
        break_on_hyphens=False,
    )
    colored = click.style(what, fg=COLORS.get(color))
    return [lines[0].replace(what, colored, 1), *lines[1:]]
