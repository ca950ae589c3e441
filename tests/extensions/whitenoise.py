"""WhiteNoise: https://whitenoise.readthedocs.io/en/stable/flask.html."""

from __future__ import annotations

from whitenoise import WhiteNoise


def init_app(app):
    app.wsgi_app = WhiteNoise(app.wsgi_app, root=app.static_folder, prefix="files/")


def check(wire):
    file = wire("GET", "/files/README.txt")
    assert file.headers["Cache-Control"] == "max-age=60, public"
    assert file.headers["Access-Control-Allow-Origin"] == "*"  # its own
    unchanged = {"If-None-Match": file.headers["ETag"]}
    wire("GET", "/files/README.txt", 304, headers=unchanged)
    wire("GET", "/files/README.txt", 206, headers={"Range": "bytes=0-1"})
    wire("GET", "/files/missing.txt", 404)
