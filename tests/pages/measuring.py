"""How far each page gets: untouched, or with the lines that ``suggest`` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .browsing import Lines, Seen, Visitor
from .listing import Page
from .suggesting import lines_of, merged, suggest

ROUNDS = 4
"""How often someone pastes lines and loads the page again."""

UNTOUCHED = "untouched"
SUGGESTED = "with the lines of `suggest`"
COMMENTED = "with its lines that are commented out"
BY_HAND = "with lines by hand"
NOT = "not as it is"
OUTCOMES = [UNTOUCHED, SUGGESTED, COMMENTED, BY_HAND, NOT]


@dataclass
class Measured:
    """What each page needs, what it has by now, and what its console says."""

    outcomes: dict[str, str] = field(default_factory=dict)
    lines: Lines = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)


def measure(visitor: Visitor, pages: list[Page]) -> Measured:
    """Open pages as they are, then with what ``suggest`` says, until no line is new."""
    measured = Measured()
    log = _visit(measured, visitor, pages, UNTOUCHED)
    for outcome in (SUGGESTED, COMMENTED):
        for _ in range(ROUNDS):
            left = [page for page in pages if page.name not in measured.outcomes]
            lines = _lines(measured, visitor, log, commented=outcome == COMMENTED)
            lines = merged(measured.lines, lines)
            if not left or lines == measured.lines:
                break
            changed = {
                name for name in lines if lines[name] != measured.lines.get(name)
            }
            measured.lines = lines
            others = any(not _is_page(name, left) for name in changed)
            again = [page for page in left if others or page.name in changed]
            log = _visit(measured, visitor, again, outcome)
    by_hand = [
        page for page in pages if page.lines and page.name not in measured.outcomes
    ]
    for page in by_hand:
        measured.lines = merged(measured.lines, page.lines)
    _visit(measured, visitor, by_hand, BY_HAND)
    measured.outcomes |= {p.name: NOT for p in pages if p.name not in measured.outcomes}
    return measured


def _is_page(endpoint: str, pages: list[Page]) -> bool:
    return endpoint in {page.name for page in pages}


def _visit(
    measured: Measured, visitor: Visitor, pages: list[Page], outcome: str
) -> Path:
    seen, log = visitor.visit(pages, measured.lines)
    measured.seen |= seen
    measured.outcomes |= {name: outcome for name, page in seen.items() if page.works}
    return log


def _lines(
    measured: Measured, visitor: Visitor, log: Path, *, commented: bool
) -> Lines:
    """What to paste for the pages that do not work yet, and for what they load."""
    printed = suggest(visitor.project, log, visitor.lines_file)
    measured.printed.append(printed)
    lines = lines_of(printed, commented=commented)
    return {name: new for name, new in lines.items() if name not in measured.outcomes}
