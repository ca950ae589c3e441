"""The first response that came with the app. This test goes with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Fetch

REPLACED = "If you replaced it, or it needs a login: change or delete this file."


def test_the_first_response_is_json(fetch: Fetch) -> None:
    response = fetch("/")
    assert response.code == 200, REPLACED
    assert response.values("Content-Type") == ["application/json"], REPLACED
    assert response.values("Content-Language") == ["en"], REPLACED
    assert "message" in json.loads(response.body), REPLACED
