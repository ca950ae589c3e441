"""What headers are sent. This is the file to edit.

Each row of ``HEADERS`` is one header, which every response of the app carries exactly
once: pages, errors, redirects, static files, all of them.

- To add a header, add a row.
- To change a header, change its value here.
- To stop sending a header, remove its row.
- For one route or blueprint, use ``override_headers`` or ``override_blueprint_headers``.
- For a value that depends on the request or the response, write a ``DynamicValue``.

A header that a view sets wins, and ``Vary`` is merged. The app does not start with a
row that cannot be sent: the error names the row and how to fix it. Only a missing comma
after a row is Python's to report: ``'tuple' object is not callable``.

The values are those of the OWASP Secure Headers Project (July 2026), as strict as a real
front end and the highest score of the MDN HTTP Observatory 1.4.8 allow. The rows that are
most likely to break a page have a comment that says how to relax them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .response_headers import (
    NONCE,
    REPORT_GROUP,
    HttpsOnly,
    PageCaching,
    PageCsp,
    ReportingEndpoints,
    RequestId,
    report_only,
)

if TYPE_CHECKING:
    from .response_headers import Directives, Override, Value

REPORTS: str | None = "/csp-reports"
"""The route for browsers' reports of what was blocked; ``None`` turns them off."""

TO_REPORTS: Directives = (
    {"report-uri": [REPORTS], "report-to": [REPORT_GROUP]} if REPORTS else {}
)

PAGES: Directives = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'self'"],  # stylesheets from a CDN: add it
    "img-src": ["'self'", "data:", "blob:"],  # images from a CDN: add it
    "media-src": ["'self'"],
    "font-src": ["'self'"],  # fonts from a CDN: add it
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "worker-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],  # a form that leads to another site: add it
    "frame-ancestors": ["'none'"],  # a page to be embedded: see X-Frame-Options too
    # Trusted Types: stops an injected text from becoming HTML or a script. It breaks every
    # library that writes innerHTML, as jQuery, htmx, Turbo, Leaflet and most editors do.
    # "require-trusted-types-for": ["'script'"],
    **TO_REPORTS,
}
"""What a page may load and do: https://www.w3.org/TR/CSP3/#csp-directives"""

WITH_NONCE: Directives = {
    "script-src": [NONCE, "'strict-dynamic'"],
    "style-src": [*PAGES["style-src"], NONCE],
}
"""What a page has instead whose template calls ``csp_nonce()``."""

OTHERS: Directives = {
    "default-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}
"""What everything else has: files, JSON."""

SCRIPTS: Directives = {"script-src": ["'self'"], "connect-src": ["'self'"]}
"""What JavaScript files have, too: it is the policy of a worker that they start."""

EXTENSION_PAGES: dict[str, Override] = {
    "Content-Security-Policy": PageCsp(
        {
            "default-src": ["'self'"],
            "script-src": ["'self'", "'unsafe-inline'"],
            "style-src": ["'self'", "'unsafe-inline'"],
            "img-src": ["'self'", "data:"],
            "object-src": ["'none'"],
            "base-uri": ["'none'"],
            "form-action": ["'self'"],
            "frame-ancestors": ["'none'"],
            **TO_REPORTS,
        },
        {},
        OTHERS,
        SCRIPTS,
    )
}
"""An override for the pages of an extension, such as Flask-Admin: they have no nonces.

>>> override_blueprint_headers(bp, policy.EXTENSION_PAGES)
"""

REPORT_ONLY: Directives = {}
"""A policy to try out: what it would block is reported and not blocked."""

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

HEADERS: list[tuple[str, Value]] = [
    {{ cookiecutter | as_policy_rows }}
    ("Content-Security-Policy", PageCsp(PAGES, WITH_NONCE, OTHERS, SCRIPTS)),
    *report_only(REPORT_ONLY, TO_REPORTS),
    # Two years. "preload" is not there on purpose: it can hardly be undone.
    (
        "Strict-Transport-Security",
        HttpsOnly("max-age=63072000; includeSubDomains"),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # a page to be embedded: see frame-ancestors too
    ("Referrer-Policy", "same-origin"),
    # Signing in with a pop-up of another site: "same-origin-allow-popups".
    ("Cross-Origin-Opener-Policy", "same-origin"),
    # Files that other sites may show: "cross-origin".
    ("Cross-Origin-Resource-Policy", "same-origin"),
    # Frames of a site that sends no such header: override it with None for their page.
    ("Cross-Origin-Embedder-Policy", "credentialless"),
    ("Permissions-Policy", PERMISSIONS),
    ("X-Permitted-Cross-Domain-Policies", "none"),
    ("X-Request-ID", RequestId()),  # that of the app's log
    *([("Reporting-Endpoints", ReportingEndpoints(REPORTS))] if REPORTS else []),
    ("Cache-Control", PageCaching()),
]
