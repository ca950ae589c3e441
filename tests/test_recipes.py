"""The recipes of ``docs/recipes.md``, run as written: what each of them sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import STRATEGIES, Bake, run_python

CSP = "Content-Security-Policy"
COEP = "Cross-Origin-Embedder-Policy"

EXPECTED: dict[str, dict[str, dict[str, str | None]]] = {
    "web": {
        "/gallery": {CSP: "img-src 'self' data: blob: https://cdn.example"},
        "/checkout": {CSP: "form-action 'self' https://pay.example"},
        "/reader": {CSP: "frame-src 'self'"},
        "/chapter": {CSP: "frame-ancestors 'self'", "X-Frame-Options": "SAMEORIGIN"},
        "/map": {CSP: "frame-src https://maps.example", COEP: None},
        "/sign-in": {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"},
        "/widgets/clock": {
            CSP: "frame-ancestors https://partner.example",
            "X-Frame-Options": None,
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
        "/docs": {CSP: "style-src-attr 'unsafe-inline'"},
        "/log-out": {"Clear-Site-Data": '"cache", "cookies", "storage"'},
    },
    "api": {
        "/public/prices": {"Cross-Origin-Resource-Policy": "cross-origin"},
        "/countries": {"Cache-Control": "public, max-age=3600"},
        "/docs": {CSP: "script-src 'self' https://unpkg.com", COEP: None},
        "/log-out": {"Clear-Site-Data": '"cache", "cookies", "storage"'},
    },
}
"""By policy and path: the value of a header, or for the CSP a directive in it; a
directive with a minus is gone, and so is a header with None."""


@pytest.mark.parametrize("policy", EXPECTED)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_recipes_send_what_they_say(
    baked: Bake, strategy: str, policy: str
) -> None:
    project = baked(header_strategy=strategy, header_policy=policy)
    script = Path(__file__).parent / "ask_recipes.py"
    done = run_python(script, "my_flask_app", policy, cwd=project)
    count, sent = json.loads(done.stdout)
    assert count == len(EXPECTED[policy])
    assert sent.keys() == EXPECTED[policy].keys()
    for path, headers in EXPECTED[policy].items():
        status, found = sent[path]
        assert status == 200
        for name, expected in headers.items():
            assert_sent(found, name, expected)


def assert_sent(found: list[list[str]], name: str, expected: str | None) -> None:
    """Look for a header, or for a directive in the CSP."""
    values = [value for sent, value in found if sent == name]
    if expected is None:
        assert values == []
    elif name != CSP:
        assert values == [expected]
    else:
        (policy,) = values
        parts: Any = policy.split("; ")
        if expected.startswith("-"):
            assert not any(part.startswith(expected[1:]) for part in parts)
        else:
            assert any(part.startswith(expected) for part in parts), parts
