"""What ``flask headers show`` prints."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING, Any

import click

from .violations import violations_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .plan import Skipped
    from .tracing import ProbeResponse

COLORS = {
    "policy": "green",
    "blueprint override": "yellow",
    "route override": "yellow",
    "view": "cyan",
    "hook": "magenta",
    "response class": "magenta",
    "middleware": "red",
}

_INDENT = 4


def as_lines(
    responses: Iterable[ProbeResponse], skipped: Iterable[Skipped], *, values: bool
) -> Iterator[str]:
    """Yield a line for each response, and one for each part that set some headers.

    They fit the terminal, or 80 columns if there is none.
    """
    for response in responses:
        yield _heading(response)
        names: dict[str, list[str]] = {}
        for name, value, origin in response.headers:
            names.setdefault(origin, []).append(name)
            if values:
                yield from wrapped(f"{name} ({origin})", value, origin)
        if not values:
            for origin, each in names.items():
                yield from wrapped(origin, ", ".join(each), origin)
        for violation in violations_of(response):
            yield from wrapped("VIOLATION", violation.problem, "middleware")
    for what in skipped:
        for line in wrapped("not checked", str(what), indent=0):
            yield click.style(line, dim=True)


def as_json(
    responses: Iterable[ProbeResponse], skipped: Iterable[Skipped]
) -> dict[str, Any]:
    """Return the same for other programs."""
    return {
        "responses": [
            {
                "method": response.request.method,
                "path": response.request.path,
                "kind": response.request.kind,
                "endpoint": response.endpoint,
                "status": response.status,
                "headers": [sent._asdict() for sent in response.headers],
                "violations": [each.problem for each in violations_of(response)],
            }
            for response in responses
        ],
        "not_checked": [{"what": each.what, "reason": each.reason} for each in skipped],
    }


def wrapped(label: str, text: str, color: str = "", indent: int = _INDENT) -> list[str]:
    """Return a labeled text in lines that fit."""
    lines = textwrap.wrap(
        f"{label}: {text}",
        _width(),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + _INDENT),
        break_on_hyphens=False,
    )
    colored = click.style(label, fg=COLORS.get(color))
    return [lines[0].replace(label, colored, 1), *lines[1:]]


def _heading(response: ProbeResponse) -> str:
    text = f"{response.status} {response.request}"
    kind = response.request.kind
    if kind == "route":
        kind = response.endpoint or "no route"
    room = _width() - len(text) - len(kind)
    gap = " " * room if room > 1 else "\n" + " " * _INDENT
    return click.style(text, bold=True) + gap + click.style(kind, dim=True)


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns - 1
