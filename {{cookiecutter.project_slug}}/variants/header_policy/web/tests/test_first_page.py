"""The first page that came with the app. This test goes with it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Fetch

REPLACED = "If you replaced this page, or it needs a login: change or delete this file."


def test_the_first_page_is_complete(fetch: Fetch) -> None:
    response = fetch("/")
    page = response.body.decode()
    assert response.code == 200, REPLACED
    assert response.values("Content-Language") == ["en"], REPLACED
    assert '<html lang="en">' in page, REPLACED
    assert page.count("<title>") == page.count("<h1>") == 1, REPLACED
    files = re.findall(r'"(/static/.+?)"(?: integrity="(.+?)-(.+?)")?', page)
    assert len(files) == 4, REPLACED
    for path, algorithm, checksum in files:
        file = fetch(path)
        assert file.code == 200, REPLACED
        if checksum:
            digest = hashlib.new(algorithm, file.body).digest()
            intact = base64.b64encode(digest).decode() == checksum
            assert intact, f"{path} is changed when it is sent: browsers refuse it."
