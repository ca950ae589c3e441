"""The benchmarks run, and print what they promise; how fast things are, no test tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .benchmarks.measuring import Line, compare, line_of
from .conftest import STRATEGIES, TEMPLATE, need_package, run_python

pytestmark = pytest.mark.slow


def test_the_benchmarks_run(tmp_path: Path) -> None:
    for package in ("flask-talisman", "python-json-logger", "secure", "structlog"):
        need_package(package)
    written = tmp_path / "figures.json"
    options = ["--rounds", "1", "--json", str(written)]
    parts = ["request", "profile", "growth", "start"]
    done = run_python("-m", "tests.benchmarks", *parts, *options, cwd=TEMPLATE)
    figures = json.loads(written.read_text("utf-8"))
    assert figures["machine"]["flask"] in done.stdout
    titles = "".join(table["title"] for table in figures["tables"])
    for title in ("Ten headers", "step by step", "With more headers", "create_app()"):
        assert title in titles
    for table in figures["tables"]:
        assert f"\n{table['title']}\n" in done.stdout
        names = " ".join(line["name"] for line in table["lines"])
        expected = ["Werkzeug"] if "step by step" in table["title"] else STRATEGIES
        assert all(name in names for name in expected)
        # What is added is a difference: of one round, noise can make it less than nothing.
        costs = not table["title"].startswith("Of what")
        assert all(line["median"] > 0 or not costs for line in table["lines"])


def test_an_unknown_part_is_refused_in_one_line() -> None:
    done = run_python("-m", "tests.benchmarks", "reqest", cwd=TEMPLATE, check=False)
    assert done.returncode == 2
    assert (
        "'reqest' is none of request, profile, growth, start, load, generation"
        in done.stderr
    )


def test_a_ratio_is_to_the_first_in_the_same_round() -> None:
    slower = iter([0.0, 1.0, 2.0, 4.0])
    twice = iter([0.0, 2.0, 4.0, 8.0])
    table = compare(
        "x",
        {"base": lambda: next(slower), "twice": lambda: next(twice)},
        rounds=3,
        at_most={"twice": 1.5},
    )
    assert [line.median for line in table.lines] == [1, 2]
    assert "MISSED" in str(table.lines[1])
    assert "MISSED" not in str(table.lines[0])


@pytest.mark.parametrize(
    ("line", "met"),
    [
        (Line("x", 1, 1, 1), True),
        (Line("x", 1, 1, 1, at_most=1), True),
        (Line("x", 1.1, 1, 1, at_most=1), False),
        (Line("x", 0.9, 1, 1, at_least=0.93), False),
        (line_of("x", [1.0, 2.0, 9.0], at_most=2.0), True),
    ],
)
def test_a_target_is_held_against_the_median(line: Line, *, met: bool) -> None:
    assert line.met is met
