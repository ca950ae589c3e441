"""Flask-Login: https://flask-login.readthedocs.io/en/latest/."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)

bp = Blueprint("accounts", __name__)
login = LoginManager()


class User(UserMixin):
    def __init__(self, name):
        self.id = name


login.user_loader(User)


@bp.post("/login")
def log_in():
    login_user(User("ada"), remember=True)
    return redirect(url_for("accounts.profile"))


@bp.get("/profile")
@login_required
def profile():
    return f"Hello {current_user.id}"


@bp.post("/logout")
def log_out():
    logout_user()
    return redirect("/")


def init_app(app):
    login.init_app(app)
    app.register_blueprint(bp)


def check(wire):
    wire("GET", "/profile", 401)
    cookies = wire("POST", "/login", 302).headers.getlist("Set-Cookie")
    for name in ("remember_token", "__Host-session"):
        (cookie,) = [each for each in cookies if each.startswith(f"{name}=")]
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {*cookie.split("; ")}
    assert wire("GET", "/profile").text == "Hello ada"
    wire.client.delete_cookie("__Host-session", path="/")
    assert wire("GET", "/profile").text == "Hello ada", "by the remember cookie"
    wire("POST", "/logout", 302)
    wire("GET", "/profile", 401)
