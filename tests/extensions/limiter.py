"""Flask-Limiter: https://flask-limiter.readthedocs.io/en/stable/."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(
    get_remote_address,
    default_limits=["200 per day", "50 per hour"],
    storage_uri="memory://",
)


def init_app(app):
    limiter.init_app(app)


def check(wire):
    for _ in range(50):
        wire("GET", "/")
    wire("GET", "/", 429)
    for _ in range(60):
        wire("GET", "/health")
    if wire.answers("/csp-reports"):
        report = {"csp-report": {"effective-directive": "img-src"}}
        for _ in range(60):
            wire(
                "POST",
                "/csp-reports",
                204,
                json=report,
                content_type="application/csp-report",
            )
