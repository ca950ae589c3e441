"""Flask-JWT-Extended: https://flask-jwt-extended.readthedocs.io/en/stable/."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt_identity,
    jwt_required,
    set_access_cookies,
)

CONFIG = {"JWT_SECRET_KEY": "a key of at least 32 bytes, for HS256"}

jwt = JWTManager()
bp = Blueprint("tokens", __name__)


@bp.post("/login")
def login():
    if request.json.get("password") != "test":
        return jsonify(msg="Bad password"), 401
    return jsonify(access_token=create_access_token(identity="ada"))


@bp.post("/login-with-cookies")
def login_with_cookies():
    response = jsonify(msg="login successful")
    set_access_cookies(response, create_access_token(identity="ada"))
    return response


@bp.get("/protected")
@jwt_required()
def protected():
    return jsonify(logged_in_as=get_jwt_identity())


def init_app(app):
    app.config.update(
        JWT_TOKEN_LOCATION=["headers", "cookies"],
        JWT_COOKIE_SECURE=True,
        JWT_COOKIE_SAMESITE="Lax",
    )
    jwt.init_app(app)
    app.register_blueprint(bp)


def check(wire):
    wire("POST", "/login", 401, json={"password": "wrong"})
    token = wire("POST", "/login", json={"password": "test"}).json["access_token"]
    wire("GET", "/protected", 401)
    wire("GET", "/protected", 422, headers={"Authorization": "Bearer x.y.z"})
    bearer = {"Authorization": f"Bearer {token}"}
    assert wire("GET", "/protected", headers=bearer).json == {"logged_in_as": "ada"}
    cookies = wire("POST", "/login-with-cookies").headers.getlist("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert {"Secure", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert wire("GET", "/protected").json == {"logged_in_as": "ada"}
