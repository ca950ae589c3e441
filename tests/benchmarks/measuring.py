"""Measure things against each other, and print the ratios."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = [
    "flask",
    "werkzeug",
    "flask-talisman",
    "secure",
    "flask-cors",
    "gunicorn",
    "structlog",
    "python-json-logger",
    "cookiecutter",
]

Once = Callable[[], float]
"""Does a thing once, and returns its cost: seconds, most often."""


@dataclass(frozen=True)
class Line:
    """One line of a table: a ratio to the table's first line, or a figure of its own."""

    name: str
    median: float
    low: float  # a quarter of the rounds is below
    high: float  # a quarter of the rounds is above
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool:
        """Whether the median is within the targets."""
        low, high = self.at_least, self.at_most
        return (low is None or self.median >= low) and (
            high is None or self.median <= high
        )

    def __str__(self) -> str:
        """The line, with its target and whether it is met."""
        figures = f"{self.median:7.3f}  ({self.low:.3f} to {self.high:.3f})"
        target = ""
        if self.at_most is not None:
            target = f"  at most {self.at_most:.2f}"
        if self.at_least is not None:
            target = f"  at least {self.at_least:.2f}"
        if target:
            target += "" if self.met else ": MISSED"
        return f"{figures}  {self.name}{target}"


@dataclass(frozen=True)
class Table:
    """Lines that belong together."""

    title: str
    lines: list[Line]

    def __str__(self) -> str:
        """The table."""
        return "\n".join([f"\n{self.title}", *map(str, self.lines)])


def compare(
    title: str,
    things: Mapping[str, Once],
    *,
    rounds: int,
    at_most: Mapping[str, float] | None = None,
    at_least: Mapping[str, float] | None = None,
) -> Table:
    """Measure things in rounds, one after the other in each, as ratios to the first.

    So a machine that is busy for a while slows all of them alike.
    """
    costs: dict[str, list[float]] = {name: [] for name in things}
    if rounds > 1:  # one round shows that it works, no more
        for once in things.values():  # the first time is dearer
            once()
    for _ in range(rounds):
        for name, once in things.items():
            costs[name].append(once())
    base = next(iter(costs.values()))
    lines = [
        line_of(
            name,
            [own / other for own, other in zip(cost, base, strict=True)],
            at_most=(at_most or {}).get(name),
            at_least=(at_least or {}).get(name),
        )
        for name, cost in costs.items()
    ]
    return Table(title, lines)


def repeated(do: Callable[[], object], times: int = 1) -> Once:
    """Do a thing so many times: the seconds it takes."""

    def once() -> float:
        start = time.perf_counter()
        for _ in range(times):
            do()
        return time.perf_counter() - start

    return once


def line_of(name: str, values: list[float], **targets: float | None) -> Line:
    """A line of the median and the quartiles of some values."""
    if len(values) < 2:
        return Line(name, values[0], values[0], values[0], **targets)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Line(name, median, low, high, **targets)


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    about = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
    }
    for name in PACKAGES:
        try:
            about[name] = version(name)
        except PackageNotFoundError:
            about[name] = "not installed"
    return about


def as_json(tables: list[Table]) -> dict[str, Any]:
    """The same for other programs."""
    return {
        "machine": machine(),
        "tables": [
            {
                "title": table.title,
                "lines": [asdict(line) | {"met": line.met} for line in table.lines],
            }
            for table in tables
        ],
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(": ")[2]
    return platform.processor()
