"""Send requests to an app from greenlets that take turns in the middle of a page.

Run in the folder of a project of the policy ``web``. Prints the nonces that each page
and its policy have.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from greenlet import getcurrent, greenlet

sys.path[:0] = ["src", str(Path(__file__).parent.parent)]

from my_flask_app import create_app  # noqa: E402
from my_flask_app.response_headers import csp_nonce  # noqa: E402

from tests.engine.wire import fetch  # noqa: E402


def main() -> None:
    """Let every greenlet request a page, and give way while it is made."""
    app = create_app()

    @app.get("/page")
    def page() -> str:
        first = csp_nonce()
        getcurrent().parent.switch()
        return f'<script nonce="{first}"></script><script nonce="{csp_nonce()}">'

    def fetch_page() -> None:
        wire = fetch(app, "/page")
        policy = "".join(wire.values("Content-Security-Policy"))
        in_policy = re.findall(r"'nonce-([^']+)'", policy)
        found.append(in_policy + re.findall(r'nonce="([^"]+)"', wire.body.decode()))

    found: list[list[str]] = []
    greenlets = [greenlet(fetch_page) for _ in range(5)]
    for _ in range(2):
        for each in greenlets:
            each.switch()
    print(json.dumps(found))


main()
