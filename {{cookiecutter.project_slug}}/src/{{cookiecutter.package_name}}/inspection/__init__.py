"""See, check and carry the headers: ``flask headers``, and a page in debug mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import commands, page

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Add the commands; in debug mode (``flask run --debug``) the page ``/_headers``."""
    app.cli.add_command(commands.headers)
    if app.debug:
        app.register_blueprint(page.bp)
