"""The session cookie, as strict as browsers allow.

It is ``HttpOnly`` and ``SameSite=Lax``. In production it is also ``Secure``, and its name
starts with ``__Host-``, so that no other host and no page over HTTP can set it (RFC
6265bis, section 4.1.3). Flask's own settings say so: extensions that store sessions
elsewhere read the same ones. https://flask.palletsprojects.com/config/
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flask.sessions import SecureCookieSessionInterface
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.sessions import SessionMixin


def set_defaults(app: Flask) -> None:
    """Set the defaults of the cookie, which the app's configuration can override.

    In development the app is served over HTTP, where browsers ignore such a cookie.
    """
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    if not (app.debug or os.environ.get("FLASK_RUN_FROM_CLI") == "true"):
        app.config["SESSION_COOKIE_SECURE"] = True
        app.config["SESSION_COOKIE_NAME"] = "__Host-session"


def init_app(app: Flask) -> None:
    """Use the cookie for the app's sessions. They need a ``SECRET_KEY``.

    Sessions of an extension stay, and Flask-Login's cookie has the same attributes.

    Raises:
        ValueError: browsers would ignore a cookie of this configuration.
    """
    for attribute in ("SECURE", "SAMESITE"):
        setting = app.config[f"SESSION_COOKIE_{attribute}"]
        app.config.setdefault(f"REMEMBER_COOKIE_{attribute}", setting)
    if type(app.session_interface) is SecureCookieSessionInterface:
        app.session_interface = StrictSessions()
    sessions = app.session_interface
    name = sessions.get_cookie_name(app)
    whole_host = not sessions.get_cookie_domain(app) and (
        sessions.get_cookie_path(app) == "/"
    )
    if name.startswith("__Host-") and not (
        whole_host and sessions.get_cookie_secure(app)
    ):
        msg = f"FLASK_SESSION_COOKIE_NAME is {name!r}: browsers accept that prefix only for a Secure cookie without a domain or a path. Set it to 'session'."
        raise ValueError(msg)


class StrictSessions(SecureCookieSessionInterface):
    """Flask's own sessions. Deleting the cookie in a view logs out, too."""

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        """Save the session, or end it if the view deleted its cookie by name.

        ``response.delete_cookie(name)`` alone would do nothing: browsers ignore a cookie
        with this prefix that is not ``Secure``.
        """
        deleted = f"{self.get_cookie_name(app)}=;"
        cookies = Headers(response.headers).getlist("Set-Cookie")
        if any(cookie.startswith(deleted) for cookie in cookies):
            session.clear()
        super().save_session(app, session, response)
