"""The parts of the app, in the order in which it is given to them.

A part of your own is a module with such an ``init_app``, and a line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import health, logs, proxies

if TYPE_CHECKING:
    from flask import Flask


def init_app(app: Flask) -> None:
    """Give the app to its parts.

    Raises:
        ValueError: something in the configuration cannot be used.
    """
    proxies.init_app(app)
    logs.init_app(app)
    health.init_app(app)
