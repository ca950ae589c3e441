"""Flask-Compress: https://github.com/colour-science/flask-compress."""

from __future__ import annotations

import gzip

from flask import Blueprint
from flask_compress import Compress

compress = Compress()
bp = Blueprint("long", __name__)


@bp.get("/long")
def long():
    return "Hello World " * 1000


def init_app(app):
    compress.init_app(app)
    app.register_blueprint(bp)


def check(wire):
    response = wire("GET", "/long", headers={"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["Vary"]
    assert gzip.decompress(response.data).startswith(b"Hello World")
    file = wire("GET", "/static/README.txt", headers={"Accept-Encoding": "gzip"})
    etag = {"Accept-Encoding": "gzip", "If-None-Match": file.headers["ETag"]}
    wire("GET", "/static/README.txt", 304, headers=etag)
