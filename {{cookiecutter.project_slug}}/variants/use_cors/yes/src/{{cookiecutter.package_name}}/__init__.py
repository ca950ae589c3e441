"""The app: ``flask --app`` and gunicorn start it by calling ``create_app()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import cors, headers, inspection, parts, policy, precedence, views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app.

    Configuration comes from environment variables that start with ``FLASK_``
    (https://flask.palletsprojects.com/config/#configuring-from-environment-variables),
    then from ``config``, which wins.

    Raises:
        HeaderError: a header in ``policy.py`` or in an override cannot be sent.
        ValueError: something in the configuration cannot be used.
    """
    app = headers.new_app(__name__)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)

    cors.init_app(app)
    parts.init_app(app)
    app.register_blueprint(views.bp)
    inspection.init_app(app)
    precedence.init_app(app, policy.HEADERS)

    return app
