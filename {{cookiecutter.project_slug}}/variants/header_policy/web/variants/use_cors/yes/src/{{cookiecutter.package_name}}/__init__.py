"""The app: ``flask --app`` and gunicorn call ``create_app()``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask

from . import cors, error_pages, logs, policy, proxies, sessions, views
from .response_headers import ResponseHeaders

if TYPE_CHECKING:
    from collections.abc import Mapping


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Make the app.

    Its configuration comes from environment variables that start with ``FLASK_``
    (https://flask.palletsprojects.com/config/#configuring-from-environment-variables)
    and from ``config``, which takes precedence.

    Raises:
        HeaderError: a header of ``policy.py`` or of an override cannot be sent.
        ValueError: the configuration has a value that cannot be used.
    """
    app = Flask(__name__)
    sessions.set_defaults(app)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)

    sessions.init_app(app)
    cors.init_app(app)
    error_pages.init_app(app)
    app.register_blueprint(views.bp)
    ResponseHeaders(policy.HEADERS, where="policy.py").init_app(app)

    # Middleware last: it goes around everything else.
    proxies.init_app(app)
    logs.init_app(app)

    return app
