"""The table of ``docs/front-ends.md``."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from tests.conftest import TEMPLATE

from .listing import Page
from .measuring import OUTCOMES, UNTOUCHED, Measured

DOCUMENT = TEMPLATE / "docs" / "front-ends.md"
START, END = "<!-- python -m tests.pages -->\n", "<!-- end -->\n"
CSP = "Content-Security-Policy"


def write(pages: list[Page], measured: Measured) -> None:
    """Put what was measured into the document."""
    before, _, rest = DOCUMENT.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    table = "\n".join([*_counts(pages, measured), "", *_rows(pages, measured), ""])
    DOCUMENT.write_text(f"{before}{START}\n{table}\n{END}{after}", "utf-8")


def outcomes() -> dict[str, str]:
    """What the document says of each page, by the page's name."""
    rows = re.findall(
        r"^\| \[.*\]\(\.\./tests/pages/templates/(.*)\.html\) \| (.*?) \|",
        DOCUMENT.read_text("utf-8"),
        re.MULTILINE,
    )
    return dict(rows)


def counts() -> dict[str, int]:
    """How many pages the document says have each outcome."""
    text = DOCUMENT.read_text("utf-8").partition(START)[2]
    found = re.findall(r"^\| ([^|]*) \|(?: \d+ \|){2} (\d+) \|$", text, re.MULTILINE)
    return {outcome: int(number) for outcome, number in found}


def _counts(pages: list[Page], measured: Measured) -> list[str]:
    outcomes = measured.outcomes
    own = Counter(outcomes[page.name] for page in pages if not page.needs_others)
    others = Counter(outcomes[page.name] for page in pages if page.needs_others)
    return [
        "| pages | files of the app only | of other sites, too | all |",
        "|---|--:|--:|--:|",
        *(f"| {o} | {own[o]} | {others[o]} | {own[o] + others[o]} |" for o in OUTCOMES),
    ]


def _rows(pages: list[Page], measured: Measured) -> list[str]:
    order = sorted(pages, key=lambda page: OUTCOMES.index(measured.outcomes[page.name]))
    return [
        "| page | works | what it takes |",
        "|---|---|---|",
        *(_row(page, measured) for page in order),
    ]


def _row(page: Page, measured: Measured) -> str:
    outcome = measured.outcomes[page.name]
    lines = "" if outcome == UNTOUCHED else _lines(measured.lines.get(page.name, {}))
    takes = "; ".join(filter(None, [lines, page.get("why")]))
    link = f"[{page.get('name')}](../tests/pages/templates/{page.name}.html)"
    return f"| {link} | {outcome} | {takes} |"


def _lines(overrides: dict[str, Any]) -> str:
    """Overrides in a few words: a directive and its sources, or a header."""
    texts = [
        f"{directive} {'removed' if words is None else ' '.join(words)}"
        for directive, words in overrides.get(CSP, {}).items()
    ]
    texts += [
        f"{header}: {'none' if value is None else value}"
        for header, value in overrides.items()
        if header != CSP
    ]
    return ", ".join(f"`{text}`" for text in texts)
