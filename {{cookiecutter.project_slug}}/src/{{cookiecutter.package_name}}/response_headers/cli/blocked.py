"""Read what browsers blocked: the reports in the log of an app.

Anyone can send a report, so no text of one is trusted.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from ..reports import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARKER = "csp-report "

MAX_DIFFERENT = 20_000
"""How many different reports are kept."""

MAX_LINE = 1_000_000
"""The most characters of one line of a log."""

MAX_SHOWN = 80
"""The most characters of a text that are shown."""

_decoder = json.JSONDecoder()


class Report(NamedTuple):
    """One report, with an empty text for what it lacks."""

    type: str
    page: str
    directive: str
    blocked: str
    disposition: str
    source: str
    line: int


def report_of(summary: dict[str, Any]) -> Report:
    """Return the report that was logged as a JSON object."""

    def text(name: str) -> str:
        value = summary.get(name)
        return value[:MAX_TEXT] if isinstance(value, str) else ""

    line = summary.get("line")
    directive = text("directive").lower().split()
    return Report(
        text("type") or "csp-violation",
        text("page"),
        directive[0] if directive else "",  # old browsers add its sources
        text("blocked"),
        text("disposition"),
        text("source"),
        line if isinstance(line, int) else 0,
    )


def read(lines: Iterable[str]) -> Iterator[Report]:
    """Yield the reports in the lines of a log, as text or as JSON, after any prefix."""
    for line in lines:
        _, found, after = line.partition(MARKER)
        summary = _decode(after) if found else None
        if isinstance(summary, dict):
            yield report_of(summary)


def count(reports: Iterable[Report]) -> tuple[Counter[Report], int]:
    """Count equal reports. Return also how many were left out, for there were too many."""
    counted: Counter[Report] = Counter()
    dropped = 0
    for report in reports:
        if report in counted or len(counted) < MAX_DIFFERENT:
            counted[report] += 1
        else:
            dropped += 1
    return counted, dropped


def shown(text: str) -> str:
    """Return a text without quotes, braces, spaces and more, cut to a length.

    What is left means nothing in Python, in a template or to a terminal.
    """
    escaped = quote(text, safe=":/?&=%@!$*+,;[]~|", errors="replace")
    return escaped if len(escaped) <= MAX_SHOWN else f"{escaped[: MAX_SHOWN - 3]}..."


def _decode(text: str) -> Any:
    """Return the JSON that a text starts with.

    In a log of JSON it is in a string, and in that of a container in a string in a string.
    """
    try:
        while text.startswith("{\\"):
            text, _ = _decoder.raw_decode(f'"{text}')
        found, _ = _decoder.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return found
