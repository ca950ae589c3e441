"""Flask-SQLAlchemy and Flask-Migrate.

https://flask-sqlalchemy.palletsprojects.com/quickstart/
https://flask-migrate.readthedocs.io
"""

from __future__ import annotations

import tempfile

from flask import Blueprint, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CONFIG = {"SQLALCHEMY_DATABASE_URI": "sqlite:///project.db"}


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)
migrate = Migrate()
bp = Blueprint("users", __name__, url_prefix="/users")


class User(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


@bp.get("")
def users():
    return [user.name for user in db.session.execute(db.select(User)).scalars()]


@bp.post("")
def add():
    db.session.add(User(name=request.form["name"]))
    db.session.commit()
    return "", 201


@bp.get("/<int:number>")
def user(number):
    return {"name": db.get_or_404(User, number).name}


def init_app(app):
    db.init_app(app)
    migrate.init_app(app, db)
    app.register_blueprint(bp)


def check(wire):
    folder = tempfile.mkdtemp()
    for command in (["init"], ["migrate"], ["upgrade"]):
        wire.flask("db", *command, "--directory", folder)
    wire("POST", "/users", 201, data={"name": "ada"})
    assert wire("GET", "/users").json == ["ada"]
    assert wire("GET", "/users/1").json == {"name": "ada"}
    wire("GET", "/users/2", 404)
    wire("POST", "/users", 500, data={"name": "ada"})  # it is there
