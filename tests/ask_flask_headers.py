"""Print, as JSON, what ``flask headers`` prints for an app with each kind of response.

Run in the folder of a generated project: ``python ask_flask_headers.py <package name>``,
with ``--check-only`` if only what ``flask headers check`` prints is wanted.
"""

from __future__ import annotations

import importlib
import itertools
import json
import logging
import secrets
import sys
from pathlib import Path

NEED_ANOTHER_ROUTE = {"after_request returns a response from a cache"}
"""Kinds that show only if a second route is asked, too: the app's first page."""


SHOW, CHECK = ["show", "--values"], ["check"]


def main(package: str, *options: str) -> None:
    """Print the output of ``show`` and of ``check``, by the kind's name."""
    commands = [CHECK] if "--check-only" in options else [SHOW, CHECK]
    sys.path[:0] = ["src", str(Path(__file__).parent.parent)]
    create_app = importlib.import_module(package).create_app
    kinds = importlib.import_module("tests.engine.response_kinds").KINDS
    importlib.import_module("tests.engine.wire").keep_templates()
    importlib.import_module("tests.wires").hide_strategy(package)
    logging.disable()
    count = itertools.count()
    secrets.token_hex = lambda _bytes=None: f"nonce{next(count)}"
    printed = {}
    for kind in kinds:
        app = create_app({"SECRET_KEY": "secret"})
        skipped = set(app.view_functions)
        if kind.request["path"] == "/" or kind.name in NEED_ANOTHER_ROUTE:
            skipped = {name for name in skipped if not name.endswith(".hello")}
        app.config["HEADERS_SKIP"] = sorted(skipped)
        kind.prepare(app)
        runner = app.test_cli_runner()
        count = itertools.count()
        printed[kind.name] = {
            " ".join(command): runner.invoke(args=["headers", *command]).output
            for command in commands
        }
    json.dump(printed, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
