"""Flask-Admin: https://flask-admin.readthedocs.io/en/stable/."""

from __future__ import annotations

from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy

from . import policy
from .response_headers import override_blueprint_headers

CONFIG = {"SQLALCHEMY_DATABASE_URI": "sqlite:///admin.db"}

db = SQLAlchemy()
admin = Admin(name="microblog")


class Post(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(80))


admin.add_view(ModelView(Post, db, name="Posts"))


def init_app(app):
    admin.init_app(app)
    for view in admin._views:
        override_blueprint_headers(view.blueprint, policy.EXTENSION_PAGES)
    db.init_app(app)
    with app.app_context():
        db.create_all()


def check(wire):
    assert "microblog" in wire("GET", "/admin/").text
    csp = wire("GET", "/admin/post/new/").headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in csp
    wire("POST", "/admin/post/new/", 302, data={"title": "Hello"})
    assert "Hello" in wire("GET", "/admin/post/").text
    wire("GET", "/admin/static/bootstrap/bootstrap4/js/bootstrap.min.js")
    wire("GET", "/admin/static/missing.js", 404)
