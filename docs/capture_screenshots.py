"""Draw docs/screenshots/: the first page of an app and its page /_headers, in a browser.

``.venv/bin/python docs/capture_screenshots.py``, when a test says that they are stale. It
needs Chromium: the system's, or ``playwright install chromium``. The letters are those of
the machine's fonts, here Debian's ``fonts-noto-core`` and ``fonts-noto-mono``.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.serving import make_server
from werkzeug.test import Client

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser

TEMPLATE = Path(__file__).parent.parent
PICTURES = Path(__file__).with_name("screenshots")
SOURCES = "sources.json"

ANSWERS = {"project_name": "Corner Shop", "header_policy": "web"}
PACKAGE = "corner_shop"

PICTURED = [
    "first_page.py",
    "policy.py",
    "static/**/*",
    "templates/**/*",
    "response_headers/cli/page.py",
    "response_headers/cli/templates/**/*",
]
"""What the pictures depend on, in the package. A change of it makes them stale."""

URL = "http://127.0.0.1:5000"
"""Where the pages say that they are, as with ``flask run``."""

PAGES = {"first-page": "/", "headers": "/_headers"}
SCHEMES = ("light", "dark")
WIDTHS = (1280, 390)
HEIGHTS = {1280: 1550, 390: 844}
"""The most pixels that are shown of a page."""

FRAGMENTS = {("headers", 390): "#origins"}
"""Where a picture starts, if not at the top."""

QUALITY = 65
"""Of WebP, which is half as large as PNG at this one, and no less legible."""

PAGE = "<!doctype html><title>Corner Shop</title><h1>Corner Shop</h1>"
REPORT = {
    "document-uri": f"{URL}/products/1",
    "effective-directive": "img-src",
    "blocked-uri": "https://images.example/1.webp",
    "disposition": "enforce",
}


def names() -> list[str]:
    """Return the names of the pictures."""
    parts = itertools.product(PAGES, WIDTHS, SCHEMES)
    return [f"{page}-{width}-{scheme}.webp" for page, width, scheme in parts]


def sources(project: Path) -> dict[str, str]:
    """Return a checksum of each file that the pictures depend on."""
    package = project / "src" / PACKAGE
    found = (path for pattern in PICTURED for path in package.glob(pattern))
    files = {path.relative_to(package).as_posix(): path for path in found}
    files[Path(__file__).name] = Path(__file__)
    return {
        name: checksum(files[name]) for name in sorted(files) if files[name].is_file()
    }


def checksum(file: Path) -> str:
    """Return the same for a file on every system."""
    return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def generate(folder: str) -> Path:
    """Generate a project in a folder."""
    answers = [f"{name}={answer}" for name, answer in ANSWERS.items()]
    options = ["--no-input", "--default-config", "--output-dir", folder]
    command = [sys.executable, "-m", "cookiecutter", *options, str(TEMPLATE), *answers]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Path(folder, "corner-shop")


def make_shop(project: Path) -> Flask:
    """Make the app with a few routes, of which one violates the policy."""
    os.environ["FLASK_DEBUG"] = "1"
    sys.path.insert(0, str(project / "src"))
    headers = import_module(f"{PACKAGE}.response_headers")
    app: Flask = import_module(PACKAGE).create_app()
    frames = headers.amend_csp({"frame-ancestors": "https://partner.example"})
    embedded = {"X-Frame-Options": None, "Content-Security-Policy": frames}

    def page(**_: Any) -> str:
        return PAGE

    @headers.override_headers(embedded)
    def widget() -> str:
        return PAGE

    app.add_url_rule("/products/", "products", page)
    app.add_url_rule("/products/<int:number>", "product", page)
    app.add_url_rule("/cart", "cart", page)
    app.add_url_rule("/cart", "add_to_cart", page, methods=["POST"])
    app.add_url_rule("/stock", "stock", lambda: {"apples": 12})
    app.add_url_rule("/widget", "widget", widget)
    app.add_url_rule("/help", "help", lambda: (PAGE, {"Referrer-Policy": "unsafe-url"}))
    return app


@contextmanager
def serve(app: Flask) -> Iterator[int]:
    """Serve an app, and yield the port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@contextmanager
def chromium(port: int) -> Iterator[Browser]:
    """Start a browser that finds the app."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    moved = f"--host-resolver-rules=MAP {URL.partition('//')[2]} 127.0.0.1:{port}"
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system,
            args=["--no-sandbox", moved],  # a container's root cannot have a sandbox
        )
        yield browser
        browser.close()


def draw(browser: Browser, name: str, width: int, scheme: str) -> bytes:
    """Return a picture of a page."""
    size = {"width": width, "height": HEIGHTS[width]}
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    page.goto(URL + PAGES[name] + FRAGMENTS.get((name, width), ""))
    page.wait_for_timeout(500)  # the script of the first page fetches its headers
    top = page.evaluate("scrollY")
    size["height"] = min(page.evaluate("document.body.scrollHeight"), HEIGHTS[width])
    scale = 1 if width > 500 else 2  # a phone has more pixels
    options = {
        "format": "webp",
        "quality": QUALITY,
        "clip": {"x": 0, "y": top, **size, "scale": scale},
        "captureBeyondViewport": True,
    }
    devtools = context.new_cdp_session(page)  # Playwright itself draws no WebP
    drawn = devtools.send("Page.captureScreenshot", options)
    context.close()
    return base64.b64decode(drawn["data"])


def capture(folder: Path) -> None:
    """Write all pictures to a folder, and what they depend on."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        project = generate(temporary)
        app = make_shop(project)
        logging.disable()
        client = Client(app)
        report, kind = json.dumps({"csp-report": REPORT}), "application/csp-report"
        for _ in range(3):
            client.post("/csp-reports", data=report, content_type=kind)
        with serve(app) as port, chromium(port) as browser:
            for name in names():
                page, width, scheme = name.removesuffix(".webp").rsplit("-", 2)
                (folder / name).write_bytes(draw(browser, page, int(width), scheme))
        text = json.dumps(sources(project), indent=2)
    (folder / SOURCES).write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    capture(Path(sys.argv[1]) if sys.argv[1:] else PICTURES)
