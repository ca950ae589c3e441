"""What the policy "api" sends, value by value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .policies import COMMON, HSTS, sent_by

if TYPE_CHECKING:
    from flask import Flask

API = COMMON | {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors"
        " 'none'; require-trusted-types-for 'script'"
    ),
    "Cache-Control": "no-store",
}


@pytest.mark.parametrize("path", ["/", "/health", "/no/such/page"])
def test_every_response(app: Flask, path: str) -> None:
    assert sent_by(app, path) == API


def test_https(app: Flask) -> None:
    csp = API["Content-Security-Policy"]
    assert sent_by(app, "/", https=True) == API | {
        "Content-Security-Policy": f"{csp}; upgrade-insecure-requests",
        "Strict-Transport-Security": HSTS,
    }
