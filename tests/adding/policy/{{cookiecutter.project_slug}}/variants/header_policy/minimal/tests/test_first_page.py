"""The first page that came with the app. This test goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Fetch

REPLACED = "If you replaced this page, or it needs a login: change or delete this file."


def test_the_first_page_is_there(fetch: Fetch) -> None:
    response = fetch("/")
    assert response.code == 200, REPLACED
    assert response.values("Content-Language") == ["en"], REPLACED
    assert response.body, REPLACED
