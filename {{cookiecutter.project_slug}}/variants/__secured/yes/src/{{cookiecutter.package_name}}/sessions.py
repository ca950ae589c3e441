"""The session's cookie, as strict as browsers allow, and still working on localhost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask.sessions import SecureCookieSessionInterface

if TYPE_CHECKING:
    from flask import Flask


class StrictCookieSessions(SecureCookieSessionInterface):
    """Flask's own sessions, with a cookie for the scheme of the request.

    Over HTTPS the cookie is ``Secure``, and its name starts with ``__Host-``, so that
    no other host and no page over HTTP can set it (RFC 6265bis, section 4.1.3).
    Browsers take neither over HTTP, where the cookie goes without them. It is
    ``HttpOnly`` and ``SameSite=Lax`` on both, unless Flask's settings say otherwise.
    """

    def get_cookie_name(self, app: Flask) -> str:
        """Return the name; the prefix is for a cookie of the whole host only."""
        name = super().get_cookie_name(app)
        whole_host = (
            not self.get_cookie_domain(app) and self.get_cookie_path(app) == "/"
        )
        prefixed = name.startswith("__") or not whole_host
        return name if prefixed or not self.get_cookie_secure(app) else f"__Host-{name}"

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether the cookie is for HTTPS only."""
        return request.is_secure or super().get_cookie_secure(app)

    def get_cookie_samesite(self, app: Flask) -> str | None:
        """Return which requests from other sites the cookie comes with."""
        return super().get_cookie_samesite(app) or "Lax"


def init_app(app: Flask) -> None:
    """Give the app its sessions; they are in use once it has a ``SECRET_KEY``."""
    app.session_interface = StrictCookieSessions()
