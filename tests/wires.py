"""Print, as JSON, what a generated app sends for each kind of response.

Run in the folder of a generated project: ``python wires.py <package name>``.
"""

from __future__ import annotations

import importlib
import json
import logging
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

RICH_POLICY = [
    ("Custom-Header", "Some value"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Vary", "Accept, Accept-Language"),
    ("Cache-Control", "no-store"),
]
"""Also with what is merged (``Vary``) and what yields (``Cache-Control``)."""


ORIGIN = "https://shop.example"
"""The site of the page that sends the request: with CORS, it may read the response."""

SCHEMES = {
    "": {"HTTP_ORIGIN": ORIGIN},
    ", HTTPS": {"HTTP_ORIGIN": ORIGIN, "wsgi.url_scheme": "https"},
}


def requests(package: str) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield a name, an app and a request for each response to compare."""
    create_app = importlib.import_module(package).create_app
    own_policy = importlib.import_module(f"{package}.policy").HEADERS
    engine = importlib.import_module(f"{package}.response_headers")
    kinds = importlib.import_module("tests.engine.response_kinds").KINDS

    policies = {"": own_policy}
    if "Content-Security-Policy" not in dict(own_policy):
        # The policy custom: with the others they would only be the same once more.
        policies |= {", rich policy": RICH_POLICY, ", none": []}

    def new_app(prepare: Any = lambda _: None) -> Any:
        app = create_app({"PROPAGATE_EXCEPTIONS": False, "CORS_ORIGINS": [ORIGIN]})
        prepare(app)
        return app

    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        app = new_app()
        for title, policy in policies.items():
            engine.ResponseHeaders(policy).init_app(app)
            yield f"{method} /{title}", app, {"path": "/", "method": method}
    for kind in kinds:
        for suffix in ("", ", overridden"):
            app = new_app(kind.prepare)
            if suffix:
                override_everything(engine, app)
            for title, policy in policies.items():
                engine.ResponseHeaders(policy).init_app(app)
                yield f"{kind.name}{title}{suffix}", app, kind.request


def override_everything(engine: Any, app: Any) -> None:
    """Give each view of an app overrides that change, add, remove and merge."""
    decorate = engine.override_headers(
        {
            "X-Frame-Options": None,
            "referrer-policy": "origin",
            "X-Added": "by the route",
            "Vary": "Origin",
            "Cache-Control": "max-age=1",
        }
    )
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = decorate(
            lambda *a, view=view, **k: view(*a, **k)
        )


def hide_strategy(package: str) -> None:
    """Let the first page name no strategy: that is all in which it may differ."""
    first_page = importlib.import_module(f"{package}.first_page")
    if hasattr(first_page, "STRATEGY"):
        mock.patch.object(first_page, "STRATEGY", "one of them").start()


def main(package: str) -> None:
    """Print what the app of this folder sends."""
    sys.path[:0] = ["src", str(Path(__file__).parent.parent)]
    logging.disable()
    wire = importlib.import_module("tests.engine.wire")
    wire.keep_templates()
    mock.patch.object(secrets, "token_hex", return_value="0" * 32).start()
    hide_strategy(package)
    wires = {}
    for name, app, request in requests(package):
        for scheme, environ in SCHEMES.items():
            if name + scheme in wires:
                raise SystemExit(f"two kinds are named {name!r}")
            sent = wire.fetch(app, **request, environ_overrides=environ)
            headers = [
                # The clock may tick between two apps.
                (key, "<clock>" if key in {"Date", "Expires"} else value)
                for key, value in sent.headers
            ]
            wires[name + scheme] = [sent.status, headers, sent.body.decode("latin-1")]
    json.dump(wires, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
