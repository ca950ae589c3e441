"""What every policy sends: the owner's own header, and what CORS needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.wire import fetch

if TYPE_CHECKING:
    from flask import Flask


@pytest.mark.parametrize("path", ["/", "/health", "/no/such/page"])
def test_the_owner_s_header_is_the_first(app: Flask, path: str) -> None:
    headers = fetch(app, path).headers
    assert headers[:2] == [("Custom-Header", "Some value"), ("Vary", "Origin")]
