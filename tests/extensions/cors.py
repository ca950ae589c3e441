"""flask-cors on top: https://flask-cors.readthedocs.io/en/latest/."""

from __future__ import annotations

from flask_cors import CORS


def init_app(app):
    CORS(app)


def check(wire):
    origin = {"Origin": "https://shop.example"}
    for path, status in (("/", 200), ("/missing", 404)):
        response = wire("GET", path, status, headers=origin)
        assert response.headers.getlist("Access-Control-Allow-Origin") == [
            origin["Origin"]
        ]
    preflight = origin | {"Access-Control-Request-Method": "PUT"}
    response = wire("OPTIONS", "/", headers=preflight)
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]
