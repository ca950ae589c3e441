"""``@cross_origin`` of flask-cors beside ``cors.py``, which allows another site."""

from __future__ import annotations

from flask import Blueprint
from flask_cors import cross_origin

CONFIG = {"CORS_ORIGINS": ["https://shop.example"]}

bp = Blueprint("partners", __name__)


@bp.put("/shared")
@cross_origin(origins=["https://partner.example"], methods=["PUT"])
def shared():
    return "ok"


@bp.put("/plain")
def plain():
    return "ok"


def init_app(app):
    app.register_blueprint(bp)


def check(wire):
    allowed = {"/shared": "https://partner.example", "/plain": "https://shop.example"}
    for path, site in allowed.items():
        for origin in allowed.values():
            headers = {"Origin": origin}
            expected = origin if origin == site else None
            response = wire("PUT", path, headers=headers)
            assert response.headers.get("Access-Control-Allow-Origin") == expected
            headers["Access-Control-Request-Method"] = "PUT"
            response = wire("OPTIONS", path, None, headers=headers)
            assert response.headers.get("Access-Control-Allow-Origin") == expected
            assert response.status_code < 300
