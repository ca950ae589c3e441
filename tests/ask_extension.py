"""Check generated apps that have an extension, over raw WSGI.

``python ask_extension.py <file> <project>...``: the file is one of ``tests/extensions/``, and
the ``extensions.py`` of each project is a copy of it. It has ``check(wire)``, and if it needs
them ``CONFIG`` for ``create_app()`` and ``DEBUG``.
"""

from __future__ import annotations

import ast
import importlib
import json
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

from werkzeug.test import Client
from werkzeug.utils import redirect

PACKAGE = "my_flask_app"
SETTINGS = {"SECRET_KEY": "a key of more than 32 bytes, for the tests only"}


class Wire:
    """Sends requests over HTTPS, and checks that each response carries the policy once."""

    def __init__(self, app: Any, policy: Any) -> None:
        self.app = app
        self.client = Client(app)
        self._names = [name for name, _ in policy.HEADERS]

    def __call__(
        self, method: str, path: str, status: int | None = 200, **request: Any
    ) -> Any:
        """Return the response to a request; its status is checked, unless it is None."""
        request = {"base_url": "https://localhost", "buffered": True} | request
        response = self.client.open(path, method=method, **request)
        where = f"{method} {path}: {response.status}\n{response.headers}"
        assert status in {None, response.status_code}, where
        optional = {"Cache-Control"}
        if response.status_code == 304:  # the page that the browser has keeps its own
            optional.add("Content-Security-Policy")
        if request["base_url"].startswith("http:"):
            optional.add("Strict-Transport-Security")
        for name in self._names:
            count = len(response.headers.getlist(name))
            expected = {0, 1} if name in optional else {1}
            assert count in expected, f"{name} {count} times in {where}"
        return response

    def answers(self, path: str) -> bool:
        """Whether the app has such a route."""
        return any(rule.rule == path for rule in self.app.url_map.iter_rules())

    def flask(self, *arguments: str) -> str:
        """Run a command of ``flask`` and return what it printed."""
        done = self.app.test_cli_runner().invoke(args=arguments)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return str(done.stdout)


def import_what_it_imports(file: Path) -> None:
    """Import the packages that a file imports: that takes longer than all the rest."""
    tree = ast.parse(file.read_text("utf-8"))
    tree.body = [
        each
        for each in tree.body
        if isinstance(each, ast.Import)
        or (isinstance(each, ast.ImportFrom) and not each.level)
    ]
    exec(compile(tree, file, "exec"), {})  # noqa: S102 - a file of these tests


def check(project: str) -> list[str]:
    """Check the app of a project, and return the lines of ``flask headers check``."""
    os.chdir(project)
    sys.path.insert(0, "src")
    extension = importlib.import_module(f"{PACKAGE}.extensions")
    config = SETTINGS | getattr(extension, "CONFIG", {})
    app = importlib.import_module(PACKAGE).create_app(config)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/raises", "raises", lambda: 1 / 0)
    app.add_url_rule("/moved", "moved", lambda: redirect("/"))
    wire = Wire(app, importlib.import_module(f"{PACKAGE}.policy"))
    extension.check(wire)
    for path in ("/", "/health", "/static/README.txt", "/missing", "/raises", "/moved"):
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            wire(method, path, None)
    app.config["HEADERS_SKIP"] = ["raises"]
    return wire.flask("headers", "check").splitlines()


def main(file: str, *projects: str) -> None:
    """Check each app in a fork of this process, and print the lines as JSON."""
    import_what_it_imports(Path(file))
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
        json.dump(pool.map(check, projects, chunksize=1), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
