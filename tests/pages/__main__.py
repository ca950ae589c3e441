"""Open every page, or those that are named, and write what each of them needs.

``python -m tests.pages [--out FILE.json] [PAGE ...]``: the table of
``docs/front-ends.md`` is written if no page is named.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from pathlib import Path

from cookiecutter.main import cookiecutter

from tests.conftest import TEMPLATE

from .browsing import Visitor, build, link_libraries
from .listing import Page, all_pages
from .measuring import measure
from .table import write


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.pages", description=__doc__)
    parser.add_argument("--out", type=Path, help="a file for all details, as JSON")
    parser.add_argument("pages", nargs="*")
    options = parser.parse_args()
    pages = [Page(name) for name in options.pages] or all_pages()
    with tempfile.TemporaryDirectory() as folder:
        answers = {"header_strategy": "Response", "header_policy": "web"}
        made = cookiecutter(
            str(TEMPLATE), no_input=True, output_dir=folder, extra_context=answers
        )
        project = Path(made)
        build(pages)
        link_libraries(project)
        start = time.monotonic()
        measured = measure(Visitor(project, Path(folder)), pages)
        seconds = time.monotonic() - start
    if options.out:
        options.out.write_text(json.dumps(dataclasses.asdict(measured), indent=1))
    for name, outcome in measured.outcomes.items():
        print(f"{name:24} {outcome}")
    print(f"{seconds:.0f} s")
    if not options.pages:
        write(pages, measured)


main()
