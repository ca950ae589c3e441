"""Flasgger: https://github.com/flasgger/flasgger."""

from __future__ import annotations

from flasgger import Swagger
from flask import Blueprint

from . import policy
from .response_headers import override_blueprint_headers

bp = Blueprint("colors", __name__)
swagger = Swagger(config={"auth": {}}, merge=True)  # without, its script has "None"


@bp.get("/colors/<palette>/")
def colors(palette):
    """Return the colors of a palette.
    ---
    parameters:
      - name: palette
        in: path
        type: string
        required: true
    responses:
      200:
        description: A list of colors
    """
    return {palette: ["red", "green"]}


def init_app(app):
    swagger.init_app(app)
    override_blueprint_headers(app.blueprints["flasgger"], policy.EXTENSION_PAGES)
    app.register_blueprint(bp)


def check(wire):
    assert wire("GET", "/colors/rgb/").json == {"rgb": ["red", "green"]}
    csp = wire("GET", "/apidocs/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in csp
    assert "/colors/{palette}/" in wire("GET", "/apispec_1.json").json["paths"]
    wire("GET", "/flasgger_static/swagger-ui.css")
    wire("GET", "/apidocs", 308)
