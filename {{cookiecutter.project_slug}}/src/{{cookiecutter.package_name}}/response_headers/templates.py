"""The functions that templates can call: ``csp_nonce()`` and those of ``sri.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2.ext import Extension

from .nonce import csp_nonce
from .sri import static_href, static_src

if TYPE_CHECKING:
    from flask import Flask
    from jinja2 import Environment

FUNCTIONS = {each.__name__: each for each in (csp_nonce, static_href, static_src)}


class Functions(Extension):
    """A Jinja extension that adds the functions."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals.update(FUNCTIONS)


def init_app(app: Flask) -> None:
    """Add the functions when Flask makes the app's Jinja environment.

    ``app.add_template_global()`` would make it now, before the app is configured.
    https://flask.palletsprojects.com/api/#flask.Flask.jinja_options
    """
    if "jinja_env" in vars(app):
        app.jinja_env.globals.update(FUNCTIONS)
    else:
        extensions = [*app.jinja_options.get("extensions", ()), Functions]
        app.jinja_options = {**app.jinja_options, "extensions": extensions}
