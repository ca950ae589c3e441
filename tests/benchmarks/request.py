"""What a request costs: raw WSGI, one process, a view that returns ``Hello World``."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from flask import Flask, Response
from flask_cors import CORS
from flask_talisman import Talisman
from secure import Secure
from secure.middleware import SecureWSGIMiddleware

from tests.conftest import POLICIES, STRATEGIES

from .apps import (
    HEADERS,
    Project,
    bare_app,
    floor_app,
    generated,
    naive_app,
    requests_to,
    rows_of,
)
from .measuring import Line, Once, Table, compare
from .request_logs import apps_logged_by_others

BARE = "bare Flask"
LOGS = "bare Flask, with logs.py"
TALISMAN = "flask-talisman, with more of its options"
MORE_OPTIONS = {
    "content_security_policy_report_uri": "/csp-reports",
    "feature_policy": {"camera": "'none'"},
    "document_policy": {"oversized-images": "2.0"},
    "x_xss_protection": True,
}


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure ten headers, the policies, and other libraries."""
    projects = {
        (strategy, policy): generated(folder, strategy, policy)
        for strategy in STRATEGIES
        for policy in POLICIES
    }
    own = {strategy: projects[strategy, "custom"] for strategy in STRATEGIES}
    yield _ten_headers(projects, rounds)
    yield from _policies(projects, rounds)
    yield _logged(own, rounds)
    yield from _libraries(own, rounds)


def _ten_headers(projects: dict[tuple[str, str], Project], rounds: int) -> Table:
    nonces = {
        f"{strategy}, a nonce": projects[strategy, "web"].with_nonce_among(HEADERS)
        for strategy in STRATEGIES
    }
    things: dict[str, Once] = {
        BARE: requests_to(bare_app()),
        "the floor: put on, unchecked": requests_to(floor_app(HEADERS)),
        **{
            strategy: requests_to(projects[strategy, "custom"].app(HEADERS))
            for strategy in STRATEGIES
        },
        **{name: requests_to(app) for name, app in nonces.items()},
        "setdefault in a loop": requests_to(naive_app(HEADERS)),
    }
    targets = dict.fromkeys(STRATEGIES, 1.30) | dict.fromkeys(nonces, 1.45)
    return compare("Ten headers", things, rounds=rounds, at_most=targets)


def _policies(projects: dict[tuple[str, str], Project], rounds: int) -> Iterator[Table]:
    for policy in POLICIES:
        name = "Custom-Header" if policy == "custom" else "X-Frame-Options"
        override = {name: "SAMEORIGIN"}
        apps: dict[str, Any] = {}
        for strategy in STRATEGIES:
            project = projects[strategy, policy]
            apps[strategy] = project.app()
            apps[f"{strategy}, an override"] = project.app(override=override)
            if policy == "web":
                apps[f"{strategy}, a nonce"] = project.app(nonce=True)
        rows = rows_of(apps[STRATEGIES[0]])
        things = {
            BARE: requests_to(bare_app()),
            "the floor: put on, unchecked": requests_to(floor_app(rows)),
            **{name: requests_to(app) for name, app in apps.items()},
        }
        title = f"The policy {policy}, {len(rows)} headers over HTTP"
        yield compare(title, things, rounds=rounds)


def _logged(projects: dict[str, Project], rounds: int) -> Table:
    """What a line in the log for each request costs, written to nowhere."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
    module = next(iter(projects.values())).module("logs")
    ours, with_record = bare_app("line"), bare_app("record")
    for app in (ours, with_record):
        module.init_app(app)
        _log_to(nowhere, app)
    with_record.logger.addHandler(logging.NullHandler())
    others = apps_logged_by_others(nowhere)
    things = {
        BARE: requests_to(bare_app()),
        LOGS: requests_to(ours),
        f"{LOGS}, and a handler of one's own": requests_to(with_record),
        **{name: requests_to(app) for name, app in others.items()},
    }
    for strategy, project in projects.items():
        app = project.app(logged=True)
        _log_to(nowhere, app)
        things[strategy] = requests_to(project.app())
        things[f"{strategy}, logged"] = requests_to(app)
    title = "With a line in the log for each request"
    table = compare(title, things, rounds=rounds, at_most={LOGS: 1.32})
    (added,) = [line.median for line in table.lines if line.name == LOGS]
    lines = [
        replace(line, at_least=added) if line.name in others else line
        for line in table.lines
    ]
    return Table(title, lines)


def _log_to(stream: TextIO, app: Flask) -> None:
    (handler,) = app.logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)


def _libraries(projects: dict[str, Project], rounds: int) -> Iterator[Table]:
    """Other libraries, and the strategies with the very headers of each."""
    for name, app in {
        "flask-talisman, as it comes": _with_talisman(),
        TALISMAN: _with_talisman(**MORE_OPTIONS),
        "secure, in after_request": _with_secure(),
        "secure, as a middleware": _with_secure_middleware(),
        "flask-cors": _with_cors(),
    }.items():
        rows = [row for row in rows_of(app) if all(row)]  # an empty value is none
        things = {
            BARE: requests_to(bare_app()),
            name: requests_to(app),
            **{own: requests_to(p.app(rows)) for own, p in projects.items()},
        }
        title = f"The {len(rows)} headers of {name}"
        table = compare(title, things, rounds=rounds)
        yield table
        if name == TALISMAN:
            yield _share_of(table, name)


def _share_of(table: Table, name: str) -> Table:
    """What the strategies add to bare Flask, as a share of what a library adds."""
    added = {line.name: line.median - 1 for line in table.lines}
    lines = [
        Line(own, share, share, share, at_most=1 / 3)
        for own, share in ((own, added[own] / added[name]) for own in STRATEGIES)
    ]
    return Table(f"Of what {name} adds, the strategies add", lines)


def _with_talisman(**options: Any) -> Any:
    app = bare_app()
    Talisman(app, force_https=False, **options)
    return app


def _with_secure() -> Any:
    app = bare_app()
    headers = Secure.with_default_headers()

    @app.after_request
    def add(response: Response) -> Response:
        headers.set_headers(response)
        return response

    return app


def _with_secure_middleware() -> Any:
    return SecureWSGIMiddleware(bare_app(), secure=Secure.with_default_headers())


def _with_cors() -> Any:
    app = bare_app()
    CORS(app, origins="https://example.com", supports_credentials=True)
    return app
