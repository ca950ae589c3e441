"""The first page. Replace it with your own.

To delete it, return a page of yours in ``views.py`` instead of ``first_page()``. Then
delete this file, ``templates/hello.html``, ``static/hello.css``, ``static/hello.js`` and
``tests/test_first_page.py``.
"""

from __future__ import annotations

from flask import current_app, render_template

from . import policy
from .response_headers import STRATEGY, policy_headers

APP_NAME = {{ cookiecutter.project_name | as_python }}

GROUPS = [
    (
        "Injected code",
        "What may load and run on a page, and that a file is what its type says.",
        [
            "Content-Security-Policy",
            "Content-Security-Policy-Report-Only",
            "X-Content-Type-Options",
        ],
    ),
    (
        "Other sites",
        "Whether they may frame the page, share its process, load its files or learn its"
        " address.",
        [
            "X-Frame-Options",
            "Cross-Origin-Opener-Policy",
            "Cross-Origin-Embedder-Policy",
            "Cross-Origin-Resource-Policy",
            "Referrer-Policy",
            "X-Permitted-Cross-Domain-Policies",
        ],
    ),
    (
        "Unencrypted connections",
        "How long browsers come back over HTTPS only.",
        ["Strict-Transport-Security"],
    ),
    (
        "Caching",
        "Whether caches may keep the page, and for which requests.",
        ["Cache-Control", "Vary"],
    ),
    (
        "Access to the device",
        "Which features a page may use, such as the camera and the microphone.",
        ["Permissions-Policy"],
    ),
    (
        "Reports and logs",
        "Where browsers report what was blocked, and the ID of the request in the log.",
        ["Reporting-Endpoints", "X-Request-ID"],
    ),
]
"""What the headers protect from, what they say about it, and their names."""


def first_page() -> tuple[str, int]:
    """Return the page and its status."""
    sent = dict(policy_headers())
    rest = sent.copy()
    groups = [
        (title, text, {name: rest.pop(name) for name in names if name in rest})
        for title, text, names in GROUPS
    ]
    page = render_template(
        "hello.html",
        app_name=APP_NAME,
        strategy=STRATEGY,
        number=len(sent),
        groups=[*groups, ("Your own", "The other rows of the policy.", rest)],
        not_sent=[name for name, _ in policy.HEADERS if name not in sent],
        policy_file=policy.__file__ if current_app.debug else "policy.py",
        has_headers_page="headers_page.show" in current_app.view_functions,
    )
    return page, 200
