"""Measure, and print the ratios."""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
from pathlib import Path

from .measuring import Table, as_json, machine

PARTS = {
    "request": 161,
    "profile": 161,
    "growth": 21,
    "start": 21,
    "load": 9,
    "generation": 9,
}
"""What can be measured, and in how many rounds."""


def main() -> None:
    """Measure the parts that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument(
        "part", nargs="*", help=f"of {', '.join(PARTS)}; all if none is named"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write it there, too")
    parser.add_argument("--rounds", type=int, help="in place of the usual number")
    given = parser.parse_args()
    for part in given.part:
        if part not in PARTS:
            parser.error(f"{part!r} is none of {', '.join(PARTS)}")
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    print("A ratio to the first line, the median (and the quartiles) of the rounds.")
    tables: list[Table] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in given.part or PARTS:
            module = importlib.import_module(f"{__package__}.{part}")
            for table in module.measure(Path(folder), given.rounds or PARTS[part]):
                print(table, flush=True)
                tables.append(table)
    if given.json:
        given.json.write_text(json.dumps(as_json(tables), indent=2) + "\n")


if __name__ == "__main__":
    main()
