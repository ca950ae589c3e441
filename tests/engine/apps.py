"""Small apps with a header policy, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask
from my_flask_app.response_headers import ResponseHeaders, Value

POLICY: list[tuple[str, str]] = [
    ("Custom-Header", "Some value"),
    ("Content-Security-Policy", "default-src 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Permissions-Policy", "camera=(), geolocation=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Vary", "Accept, Accept-Language"),
    ("Cache-Control", "no-store"),
]
"""A policy of strings, with a header that is merged (``Vary``)."""

WHERE = "policy"
"""What errors call the policy of these apps."""


def bare_app(**config: Any) -> Flask:
    """Make an app without headers. Errors become pages, as in production."""
    app = Flask(__package__ or __name__)
    app.config.from_mapping({"PROPAGATE_EXCEPTIONS": False} | config)
    return app


def set_policy(app: Flask, rows: Iterable[tuple[str, Value]]) -> None:
    """Send a policy from now on."""
    ResponseHeaders(rows, where=WHERE).init_app(app)


def make_app(rows: Iterable[tuple[str, Value]], **config: Any) -> Flask:
    """Make an app that sends a policy."""
    app = bare_app(**config)
    set_policy(app, rows)
    return app
