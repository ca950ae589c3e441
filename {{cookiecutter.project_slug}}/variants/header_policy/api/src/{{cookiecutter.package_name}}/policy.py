"""What headers are sent. This is the file to edit.

Each row of ``HEADERS`` is one header, which every response of the app carries exactly
once: JSON, errors, redirects, static files, all of them.

- To add a header, add a row.
- To change a header, change its value here.
- To stop sending a header, remove its row.
- For one route or blueprint, use ``override_headers`` or ``override_blueprint_headers``.
- For a value that depends on the request or the response, write a ``DynamicValue``.

A header that a view sets wins, and ``Vary`` is merged. The app does not start with a
row that cannot be sent: the error names the row and how to fix it. Only a missing comma
after a row is Python's to report: ``'tuple' object is not callable``.

The values are those of the OWASP Secure Headers Project (July 2026), and a policy under
which nothing of the app can be loaded, framed or kept. A page among the answers, such as
Swagger UI, needs a way out: the README shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .response_headers import Csp, HttpsOnly, RequestId, amend_csp

if TYPE_CHECKING:
    from .response_headers import Directives, Override, Value

NOTHING: Directives = {
    "default-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
    "require-trusted-types-for": ["'script'"],
}
"""What a browser may do with an answer: https://www.w3.org/TR/CSP3/#csp-directives"""

PERMISSIONS = (
    "accelerometer=(), autoplay=(), camera=(), clipboard-read=(),"
    " clipboard-write=(self), cross-origin-isolated=(), display-capture=(),"
    " encrypted-media=(), fullscreen=(self), gamepad=(), geolocation=(), gyroscope=(),"
    " hid=(), idle-detection=(), interest-cohort=(), keyboard-map=(), magnetometer=(),"
    " microphone=(), midi=(), payment=(), picture-in-picture=(),"
    " publickey-credentials-get=(), screen-wake-lock=(), serial=(), sync-xhr=(self),"
    " unload=(), usb=(), xr-spatial-tracking=()"
)
"""Features that no page may use, or the app's own pages only: ``(self)``.

OWASP's list, less what Chromium 156 does not know and complains of in the console:
``web-share``.
"""

EXTENSION_PAGES: dict[str, Override] = {
    "Content-Security-Policy": amend_csp(
        {
            "script-src": ["'self'", "'unsafe-inline'"],
            "style-src": ["'self'", "'unsafe-inline'"],
            "img-src": ["'self'", "data:"],
            "font-src": "'self'",
            "connect-src": "'self'",
            "require-trusted-types-for": None,
        }
    )
}
"""An override for the pages of an extension, such as the docs of Flask-RESTX.

>>> override_blueprint_headers(bp, policy.EXTENSION_PAGES)
"""

HEADERS: list[tuple[str, Value]] = [
    {{ cookiecutter | as_policy_rows }}
    ("Content-Security-Policy", Csp(NOTHING)),
    # Two years. "preload" is not there on purpose: it can hardly be undone.
    (
        "Strict-Transport-Security",
        HttpsOnly("max-age=63072000; includeSubDomains"),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    # An API that pages of other sites may use: "cross-origin".
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "credentialless"),
    ("Permissions-Policy", PERMISSIONS),
    ("X-Permitted-Cross-Domain-Policies", "none"),
    ("X-Request-ID", RequestId()),  # that of the app's log
    ("Cache-Control", "no-store"),
]
