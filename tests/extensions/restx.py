"""Flask-RESTX: https://flask-restx.readthedocs.io/en/latest/quickstart.html."""

from __future__ import annotations

from flask import Blueprint
from flask_restx import Api, Resource

from . import policy
from .response_headers import override_blueprint_headers

bp = Blueprint("api", __name__, url_prefix="/api")
api = Api(bp, doc="/docs")


@api.route("/hello")
class HelloWorld(Resource):
    def get(self):
        return {"hello": "world"}

    def put(self):
        api.abort(403, "Not you.")

    def delete(self):
        raise RuntimeError


def init_app(app):
    app.register_blueprint(bp)
    override_blueprint_headers(bp, policy.EXTENSION_PAGES)


def check(wire):
    assert wire("GET", "/api/hello").json == {"hello": "world"}
    csp = wire("GET", "/api/docs").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in csp
    assert "/hello" in wire("GET", "/api/swagger.json").json["paths"]
    wire("GET", "/swaggerui/swagger-ui.css")
    wire("PUT", "/api/hello", 403)
    wire("DELETE", "/api/hello", 500)
    wire("POST", "/api/hello", 405)
    wire("GET", "/api/missing", 404)
