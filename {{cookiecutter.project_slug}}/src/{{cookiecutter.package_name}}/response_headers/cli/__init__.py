"""Show, check and export the headers: ``flask headers``, and a page in debug mode.

A server needs neither, so their modules are imported on first use.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask


class Commands(click.Group):
    """Commands that are imported when one of them is used."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return their names."""
        return sorted(import_module(".commands", __name__).COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """Return one of them."""
        commands: dict[str, click.Command] = import_module(
            ".commands", __name__
        ).COMMANDS
        return commands.get(name)


@click.group(cls=Commands)
@click.pass_context
def headers(context: click.Context) -> None:
    """Show, check and export the headers of the app's responses."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        context.color = False


def init_app(app: Flask) -> None:
    """Add the commands, and in debug mode (``flask run --debug``) the page ``/_headers``."""
    app.cli.add_command(headers)
    if app.debug:
        app.register_blueprint(import_module(".page", __name__).bp)
