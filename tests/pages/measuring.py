"""How far each page gets: untouched, or with the lines that ``suggest`` prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .listing import Page
from .suggesting import lines_of, merged, suggest

if TYPE_CHECKING:
    from .browsing import Lines, Seen, Visitor

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
    _visit(measured, visitor, pages, UNTOUCHED)
    for outcome in (SUGGESTED, COMMENTED):
        for _ in range(ROUNDS):
            lines = _lines(measured, visitor, commented=outcome == COMMENTED)
            changed = {
                name for name in lines if lines[name] != measured.lines.get(name)
            }
            if not changed:
                break
            measured.lines = lines
            _visit(measured, visitor, _affected(measured, pages, changed), outcome)
    for page in _left(measured, pages):
        measured.lines = merged(measured.lines, page.lines)
    by_hand = [page for page in _left(measured, pages) if page.lines]
    _visit(measured, visitor, by_hand, BY_HAND)
    left = _left(measured, pages)
    broken = [
        name
        for name, seen in visitor.visit(left, _bare(left)).items()
        if not seen.works
    ]
    if broken:
        raise AssertionError(f"pages that do not even work without headers: {broken}")
    measured.outcomes |= {page.name: NOT for page in left}
    return measured


def _bare(pages: list[Page]) -> Lines:
    """Overrides that remove all that could stop a page."""
    nothing = dict.fromkeys(["Content-Security-Policy", "Cross-Origin-Embedder-Policy"])
    return {page.name: dict(nothing) for page in pages}


def _left(measured: Measured, pages: list[Page]) -> list[Page]:
    return [page for page in pages if page.name not in measured.outcomes]


def _affected(measured: Measured, pages: list[Page], changed: set[str]) -> list[Page]:
    """The pages that do not work yet and have new lines, or load what has."""
    left = _left(measured, pages)
    shared = changed - {page.name for page in pages}
    return left if shared else [page for page in left if page.name in changed]


def _visit(
    measured: Measured, visitor: Visitor, pages: list[Page], outcome: str
) -> None:
    seen = visitor.visit(pages, measured.lines)
    measured.seen |= seen
    measured.outcomes |= {name: outcome for name, page in seen.items() if page.works}


def _lines(measured: Measured, visitor: Visitor, *, commented: bool) -> Lines:
    """The lines by now and those to paste, where a page does not work yet."""
    printed = suggest(visitor.project, visitor.log, visitor.lines_file)
    measured.printed.append(printed)
    found = lines_of(printed, commented=commented)
    new = {name: found[name] for name in found if name not in measured.outcomes}
    return merged(measured.lines, new)
