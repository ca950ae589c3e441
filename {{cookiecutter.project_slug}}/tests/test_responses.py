"""A response of each kind carries the policy: pages, errors, redirects, files.

The routes belong to these tests. They need no change when yours do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, abort, redirect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Fetch
    from flask import Flask
    from werkzeug import Response

PREFIX = "/routes-of-the-tests"

bp = Blueprint("routes_of_the_tests", __name__, url_prefix=PREFIX)


@bp.get("/text")
def text() -> str:
    """Return a string."""
    return "text"


@bp.get("/json")
def json() -> dict[str, str]:
    """Return what becomes JSON."""
    return {"key": "value"}


@bp.get("/redirect")
def elsewhere() -> Response:
    """Redirect."""
    return redirect("/", 302)


@bp.get("/stream")
def stream() -> Iterator[str]:
    """Send a body of unknown length."""
    yield from ("one ", "two")


@bp.get("/abort")
def stop() -> None:
    """Abort."""
    abort(410)


@bp.get("/exception")
def fail() -> None:
    """Raise an exception that nothing handles."""
    msg = "This is raised by a test, on purpose."
    raise RuntimeError(msg)


KINDS: list[tuple[str, str, int, dict[str, Any]]] = [
    ("text", "/text", 200, {}),
    ("JSON", "/json", 200, {}),
    ("a stream", "/stream", 200, {}),
    ("a redirect", "/redirect", 302, {}),
    ("HEAD", "/text", 200, {"method": "HEAD"}),
    ("OPTIONS", "/text", 200, {"method": "OPTIONS"}),
    ("an error", "/abort", 410, {}),
    ("an exception", "/exception", 500, {}),
    ("an unknown page", "/no/such/page", 404, {}),
    ("a wrong method", "/text", 405, {"method": "PUT"}),
    ("a file", "/static/file.txt", 200, {}),
    ("an unchanged file", "/static/file.txt", 304, {"headers": {"If-None-Match": "*"}}),
]


@pytest.mark.parametrize(
    ("path", "status", "request_"),
    [pytest.param(*kind[1:], id=kind[0]) for kind in KINDS],
)
def test_a_response_of_this_kind_carries_the_policy(
    flask_app: Flask,
    fetch: Fetch,
    tmp_path: Path,
    path: str,
    status: int,
    request_: dict[str, Any],
) -> None:
    (tmp_path / "file.txt").write_text("text", "utf-8")
    files = Blueprint("files_of_the_tests", __name__, None, tmp_path, "/static")
    bp_with_files = ...
