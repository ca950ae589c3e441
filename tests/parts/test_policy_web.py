"""What the policy "web" sends, value by value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.engine.wire import fetch

from .policies import COMMON, HSTS, sent_by

if TYPE_CHECKING:
    from flask import Flask

WEB = COMMON | {"Reporting-Endpoints": 'csp="/csp-reports"'}

PAGE = (
    "default-src 'none'; script-src {script}; style-src 'self'{style}; img-src 'self'"
    " data: blob:; media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " report-uri /csp-reports"
)
FILE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def test_a_page_with_a_nonce(app: Flask) -> None:
    sent = sent_by(app, "/")
    csp = sent["Content-Security-Policy"]
    (nonce,) = {*re.findall("'nonce-([0-9a-f]{32})'", csp)}
    script = f"'nonce-{nonce}' 'strict-dynamic'"
    expected = PAGE.format(script=script, style=f" 'nonce-{nonce}'")
    assert sent == WEB | {
        "Content-Security-Policy": expected,
        "Cache-Control": "no-store",
    }


def test_each_script_of_the_first_page_has_the_nonce(app: Flask) -> None:
    response = fetch(app, "/")
    page = response.body.decode()
    (csp,) = response.values("Content-Security-Policy")
    nonces = re.findall(r'<script [^>]*nonce="([0-9a-f]{32})"', page)
    assert len(nonces) == page.count("<script") == 1
    assert f"'nonce-{nonces[0]}'" in csp
    assert page.count("integrity=") == page.count("<script") + page.count("stylesheet")
    assert "<title>Hello World - My Flask App</title>" in page


def test_a_page_without_a_nonce(app: Flask) -> None:
    assert sent_by(app, "/no/such/page") == WEB | {
        "Content-Security-Policy": PAGE.format(script="'none'", style=""),
        "Cache-Control": "no-cache",
    }


def test_a_script_has_the_policy_of_a_worker(app: Flask) -> None:
    csp = f"{FILE}; script-src 'self'; connect-src 'self'"
    (sent,) = fetch(app, "/static/hello.js").values("Content-Security-Policy")
    assert sent == csp


def test_everything_else(app: Flask) -> None:
    assert sent_by(app, "/health") == WEB | {"Content-Security-Policy": FILE}


def test_https(app: Flask) -> None:
    page = PAGE.format(script="'none'", style="")
    assert sent_by(app, "/no/such/page", https=True) == WEB | {
        "Content-Security-Policy": f"{page}; report-to csp; upgrade-insecure-requests",
        "Strict-Transport-Security": HSTS,
        "Cache-Control": "no-cache",
    }
    assert sent_by(app, "/health", https=True) == WEB | {
        "Content-Security-Policy": f"{FILE}; upgrade-insecure-requests",
        "Strict-Transport-Security": HSTS,
    }
