"""Print, as JSON, what the route of each recipe sends over HTTPS.

Run in the folder of a generated project: ``python ask_recipes.py <package name> <policy>``.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from recipes import install


def main(package: str, policy: str) -> None:
    """Print status and headers by path, and how many recipes there are."""
    sys.path[:0] = ["src", str(Path(__file__).parent.parent)]
    app = importlib.import_module(package).create_app()
    fetch = importlib.import_module("tests.engine.wire").fetch
    own = {rule.endpoint for rule in app.url_map.iter_rules()}
    count = install(app, package, policy)
    sent = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in own:
            method = "POST" if "POST" in (rule.methods or ()) else "GET"
            scheme = {"wsgi.url_scheme": "https"}
            wire = fetch(app, rule.rule, method, environ_overrides=scheme)
            sent[rule.rule] = [wire.code, wire.headers]
    json.dump([count, sent], sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
