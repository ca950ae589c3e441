"""The parts of the app, in the order in which it is given to them.

A part of your own is a module with such an ``init_app``, and a line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import assets, health, logs, nonce, policy, proxies, reports, sessions

if TYPE_CHECKING:
    from flask import Flask

APP_NAME = {{ cookiecutter.project_name | as_python }}
"""The app's name, for its pages."""


def init_app(app: Flask) -> None:
    """Give the app to its parts.

    Raises:
        ValueError: something in the configuration cannot be used.
    """
    app.config["APP_NAME"] = APP_NAME
    proxies.init_app(app)
    logs.init_app(app)
    sessions.init_app(app)
    nonce.init_app(app)
    assets.init_app(app)
    reports.init_app(app, policy.REPORTS)
    health.init_app(app)
