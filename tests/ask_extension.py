"""Check a generated app that has an extension, over raw WSGI.

Run in the folder of a generated project: ``python ask_extension.py <package name>``. Its
``extensions.py`` is a file of ``tests/extensions/``, which has ``check(wire)``, and if it
needs them ``CONFIG`` for ``create_app()`` and ``DEBUG``.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from werkzeug.test import Client
from werkzeug.utils import redirect

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


def main(package: str) -> None:
    """Check the app, and print the lines of ``flask headers check`` as JSON."""
    sys.path.insert(0, "src")
    extension = importlib.import_module(f"{package}.extensions")
    config = SETTINGS | getattr(extension, "CONFIG", {})
    app = importlib.import_module(package).create_app(config)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/raises", "raises", lambda: 1 / 0)
    app.add_url_rule("/moved", "moved", lambda: redirect("/"))
    wire = Wire(app, importlib.import_module(f"{package}.policy"))
    extension.check(wire)
    for path in ("/", "/health", "/static/README.txt", "/missing", "/raises", "/moved"):
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            wire(method, path, None)
    app.config["HEADERS_SKIP"] = ["raises"]
    json.dump(wire.flask("headers", "check").splitlines(), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
