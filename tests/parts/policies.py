"""The values that the policies "web" and "api" have in common, as they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.wire import HTTPS, fetch

if TYPE_CHECKING:
    from flask import Flask

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "credentialless",
    "Permissions-Policy": (
        "accelerometer=(), autoplay=(), camera=(), clipboard-read=(),"
        " clipboard-write=(self), cross-origin-isolated=(), display-capture=(),"
        " encrypted-media=(), fullscreen=(self), gamepad=(), geolocation=(), gyroscope=(),"
        " hid=(), idle-detection=(), interest-cohort=(), keyboard-map=(),"
        " magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(),"
        " publickey-credentials-get=(), screen-wake-lock=(), serial=(),"
        " sync-xhr=(self), unload=(), usb=(), xr-spatial-tracking=()"
    ),
    "X-Permitted-Cross-Domain-Policies": "none",
}
"""https://owasp.org/www-project-secure-headers/"""

HSTS = "max-age=63072000; includeSubDomains"

OF_RESPONSE = {"Content-Type", "Content-Length", "Content-Language", "X-Request-ID"}
"""Headers that describe one response."""


def sent_by(app: Flask, path: str, *, https: bool = False) -> dict[str, str]:
    """Return what an app sends for the policy, without an ID of the request."""
    response = fetch(app, path, environ_overrides=HTTPS if https else {})
    (request_id,) = response.values("X-Request-ID")
    assert len(request_id) == 32
    sent = dict(response.headers)
    assert len(sent) == len(response.headers)
    del sent["Custom-Header"], sent["Vary"]
    return {name: value for name, value in sent.items() if name not in OF_RESPONSE}
