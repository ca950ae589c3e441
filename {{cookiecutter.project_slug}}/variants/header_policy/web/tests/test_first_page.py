"""The first page that came with the app. These tests go with it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Fetch

REPLACED = "Do you have another first page? Delete tests/test_first_page.py, or test yours."


def test_the_first_page_is_whole(fetch: Fetch) -> None:
    response = fetch("/")
    page = response.body.decode()
    assert response.code == 200, REPLACED
    assert response.values("Content-Language") == ["en"], REPLACED
    assert page.startswith('<!doctype html>\n<html lang="en">'), REPLACED
    assert page.count("<title>") == page.count("<h1>") == 1, REPLACED


def test_the_files_of_the_first_page_are_there(fetch: Fetch) -> None:
    page = fetch("/").body.decode()
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"(?: integrity="(.+?)-(.+?)")?', page)
    assert len(files) == 3, REPLACED
    for path, algorithm, checksum in files:
        response = fetch(path)
        assert response.code == 200, REPLACED
        if checksum:
            digest = hashlib.new(algorithm, response.body).digest()
            assert base64.b64decode(checksum) == digest
