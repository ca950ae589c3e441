"""The app's first page."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.wire import ask

if TYPE_CHECKING:
    from flask import Flask


def test_the_first_page_says_hello(app: Flask) -> None:
    app.config["APP_NAME"] = "<b>Odd & Co."
    wire = ask(app)
    page = wire.body.decode()
    assert wire.status == "200 OK"
    assert "<h1>Hello World</h1>" in page
    assert "&lt;b&gt;Odd &amp; Co." in page
    assert wire.values("Content-Language") == ["en"]


def test_the_first_page_names_its_language_and_its_parts(app: Flask) -> None:
    page = ask(app).body.decode()
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert page.count("<main>") == page.count("<h1>") == page.count("<title>") == 1


def test_every_part_of_the_first_page_is_there(app: Flask) -> None:
    page = ask(app).body.decode()
    parts = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(parts) == 3
    for part in parts:
        assert ask(app, part).status == "200 OK"


def test_script_and_style_carry_the_checksum_of_their_file(app: Flask) -> None:
    page = ask(app).body.decode()
    found = re.findall(r'="/static/([\w.]+)\?v=\w+" integrity="sha384-([^"]+)"', page)
    assert {name for name, _ in found} == {"style.css", "hello.js"}
    for name, checksum in found:
        content = Path(app.static_folder or "", name).read_bytes()
        digest = hashlib.sha384(content).digest()
        assert base64.b64decode(checksum) == digest
