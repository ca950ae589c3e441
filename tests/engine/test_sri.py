"""Static files in templates have the checksum of their current content."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from hashlib import sha384
from pathlib import Path

import pytest
from flask import Blueprint, Flask, render_template_string
from my_flask_app.response_headers import ResponseHeaders
from my_flask_app.response_headers.sri import static_href, static_src

from .apps import make_app
from .wire import fetch


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Make an app whose static files a test may change."""
    app = make_app([])
    app.static_folder = str(tmp_path)
    (tmp_path / "app.js").write_text("first")
    app.register_blueprint(Blueprint("pages", __name__))
    return app


def integrity(text: str) -> str:
    """Return the value of the attribute ``integrity`` for a text."""
    return f"sha384-{b64encode(sha384(text.encode()).digest()).decode()}"


def test_a_file_has_its_url_and_its_checksum(app: Flask) -> None:
    with app.test_request_context():
        start, end = static_src("app.js").split("?v=")
        assert start == 'src="/static/app.js'
        assert end.endswith(f'" integrity="{integrity("first")}"')
        assert static_href("app.js").startswith('href="/static/app.js?v=')


def test_a_template_uses_both_functions_and_the_url_works(app: Flask) -> None:
    text = (
        "<script {{ static_src('app.js') }}></script><link {{ static_href('app.js') }}>"
    )
    app.add_url_rule("/page", "page", lambda: render_template_string(text))
    page = fetch(app, "/page").body.decode()
    assert page.count(f'integrity="{integrity("first")}"') == 2
    url = page.split('src="')[1].split('"')[0]
    assert fetch(app, url).body == b"first"


def test_a_changed_file_has_another_checksum_and_url(
    app: Flask, tmp_path: Path
) -> None:
    with app.test_request_context():
        first = static_src("app.js")
        (tmp_path / "app.js").write_text("again")  # of the same length
        os.utime(tmp_path / "app.js", ns=(1, 1))
        second = static_src("app.js")
    assert integrity("again") in second
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
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "page.css").write_text("own")
    bp = Blueprint("own", __name__, static_folder=folder, url_prefix="/own")
    app.register_blueprint(bp)
    with app.test_request_context():
        link = static_href("page.css", "own.static")
    assert link.startswith('href="/own/assets/page.css?v=')
    assert integrity("own") in link


@pytest.mark.parametrize(
    ("filename", "endpoint"),
    [
        ("missing.js", "static"),
        ("../conftest.py", "static"),
        ("app.js", "nowhere.static"),
        ("app.js", "pages.static"),
        ("app.js", "pages.page"),
        ("app.js", "other"),
        ("", "static"),
    ],
)
def test_a_missing_file_is_an_error(app: Flask, filename: str, endpoint: str) -> None:
    with app.test_request_context(), pytest.raises(FileNotFoundError) as caught:
        static_src(filename, endpoint)
    message = str(caught.value)
    assert message.startswith(f"{endpoint!r} has no static file {filename!r}: add it")
    assert message.endswith(", or fix the template.")


def test_a_file_outside_the_static_folder_is_an_error(
    app: Flask, tmp_path: Path
) -> None:
    app.static_folder = str(tmp_path / "static")
    Path(app.static_folder).mkdir()
    assert (tmp_path / "app.js").exists()
    with app.test_request_context(), pytest.raises(FileNotFoundError):
        static_src("../app.js")


@pytest.mark.parametrize("is_made", [False, True])
def test_templates_have_the_functions_beside_what_the_app_adds(
    *, is_made: bool
) -> None:
    app = Flask(__name__)
    app.jinja_options = {"extensions": ["jinja2.ext.do"]}
    if is_made:
        assert app.jinja_env
    ResponseHeaders([], where="policy").init_app(app)
    text = "{% do [] %}{{ csp_nonce() }}"
    app.add_url_rule("/page", "page", lambda: render_template_string(text))
    assert re.fullmatch("[0-9a-f]{32}", fetch(app, "/page").body.decode())
