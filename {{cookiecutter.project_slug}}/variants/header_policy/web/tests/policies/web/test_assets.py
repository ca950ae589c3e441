"""Static files in templates carry the checksum of what they are now."""

from __future__ import annotations

import os
from base64 import b64encode
from hashlib import sha384
from typing import TYPE_CHECKING

import pytest
from flask import Blueprint

from {{ cookiecutter.package_name }}.assets import static_href, static_src

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask


@pytest.fixture
def app(app: Flask, tmp_path: Path) -> Flask:
    """Make an app whose static files these tests may change."""
    app.static_folder = str(tmp_path)
    (tmp_path / "app.js").write_text("first")
    return app


def checksum(text: str) -> str:
    """The checksum of a text as pages have it."""
    return f"sha384-{b64encode(sha384(text.encode()).digest()).decode()}"


def test_a_file_has_its_address_and_its_checksum(app: Flask) -> None:
    with app.test_request_context():
        start, end = static_src("app.js").split("?v=")
        assert start == 'src="/static/app.js'
        assert end.endswith(f'" integrity="{checksum("first")}"')
        assert static_href("app.js").startswith('href="/static/app.js?v=')


def test_a_changed_file_has_another_checksum_and_address(
    app: Flask, tmp_path: Path
) -> None:
    with app.test_request_context():
        first = static_src("app.js")
        (tmp_path / "app.js").write_text("again")  # of the same length
        os.utime(tmp_path / "app.js", ns=(1, 1))
        second = static_src("app.js")
    assert checksum("again") in second
    assert first.split('"')[1] != second.split('"')[1]


def test_a_checksum_is_computed_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []

    def counting(content: bytes) -> object:
        computed.append(content)
        return sha384(content)

    monkeypatch.setattr("hashlib.sha384", counting)
    with app.test_request_context():
        for _ in range(5):
            static_src("app.js")
    assert computed == [b"first"]


def test_a_blueprint_has_its_own_files(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "of_blueprint"
    folder.mkdir()
    (folder / "page.css").write_text("own")
    bp = Blueprint("pages", __name__, static_folder=folder, url_prefix="/pages")
    app.register_blueprint(bp)
    with app.test_request_context():
        link = static_href("page.css", "pages.static")
    assert link.startswith('href="/pages/of_blueprint/page.css?v=')
    assert checksum("own") in link


@pytest.mark.parametrize(
    ("filename", "endpoint"),
    [
        ("missing.js", "static"),
        ("../conftest.py", "static"),
        ("app.js", "nowhere.static"),
        ("app.js", "views.static"),
        ("app.js", "views.hello"),
        ("app.js", "other"),
        ("", "static"),
    ],
)
def test_a_file_that_is_not_there_is_an_error(
    app: Flask, filename: str, endpoint: str
) -> None:
    with app.test_request_context(), pytest.raises(FileNotFoundError) as caught:
        static_src(filename, endpoint)
    assert f"{filename!r} of {endpoint!r}" in str(caught.value)
