"""The policy ``web`` in a real browser: what works, what is blocked, what is reported."""

from __future__ import annotations

import atexit
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Bake, need, need_package
from .served_over_https import (
    Certificate,
    gunicorn_over_https,
    new_certificate,
    serve_sites,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

HERE = Path(__file__).parent
WITH_WINDOWS = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM = shutil.which("chromium-headless-shell") or WITH_WINDOWS
"""Debian's shell is the same without windows, and takes a third of the time."""

HOSTS = ["app", "cdn", "evil", "maps", "partner", "provider"]
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x00"
)

FLAGS = [
    "--no-sandbox",  # a container's root cannot have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",
    "--short-reporting-delay",
]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("steady_network")]


@dataclass
class Site:
    """The app as a browser reaches it, and what it writes to its log."""

    browser: Browser
    log: Path

    def open(self, url: str, until: Any = "load", **options: Any) -> Visit:
        """Open a page in a context of its own, and wait until it is there."""
        context = new_context(self.browser, **options)
        visit = Visit(context.new_page(), [])
        visit.page.on("console", lambda message: visit.messages.append(message.text))
        visit.page.on("pageerror", lambda error: visit.messages.append(str(error)))
        visit.page.goto(url, wait_until=until)
        return visit


@dataclass
class Visit:
    """A page, and all that its console says."""

    page: Page
    messages: list[str]


class OtherSites(BaseHTTPRequestHandler):
    """Every other site: a CDN, a partner, a provider of sign-in, an attacker."""

    def do_GET(self) -> None:
        """Answer with what the path asks for; nothing here knows of CORP."""
        host = self.headers["Host"].removesuffix(".example")
        if self.path.startswith("/swagger-ui-dist@5/"):
            self.send(swagger_file(self.path.rpartition("/")[2]))
        elif self.path == "/pixel.gif":
            self.send(PIXEL, "image/gif")
        elif self.path == "/embeds":
            frame = '<iframe src="https://app.example/widgets/clock"></iframe>'
            self.send(b"<!doctype html>" + frame.encode(), "text/html")
        elif self.path == "/frames":
            frame = '<iframe src="https://app.example/"></iframe>'
            self.send(b"<!doctype html>" + frame.encode(), "text/html")
        else:
            script = "<script>window.openerSeen = window.opener !== null</script>"
            self.send(f"<!doctype html><p>{host}</p>{script}".encode(), "text/html")

    do_POST = do_GET

    def send(self, body: bytes, content_type: str | None = None) -> None:
        """Send a body."""
        self.send_response(200)
        name = self.path.partition("?")[0]
        guessed = {"js": "text/javascript", "css": "text/css"}.get(
            name.rpartition(".")[2]
        )
        self.send_header("Content-Type", content_type or guessed or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def swagger_file(name: str) -> bytes:
    """A file of Swagger UI's distribution."""
    (folder,) = find_swagger().iterdir()
    return (folder / name).read_bytes()


def find_swagger() -> Path:
    """The folder that has a version of Swagger UI."""
    spec = find_spec("swagger_ui_bundle")
    assert spec
    assert spec.origin
    return Path(spec.origin).parent / "vendor"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for every host."""
    hosts = [f"{host}.example" for host in HOSTS]
    return new_certificate(tmp_path_factory.mktemp("certificate"), *hosts, "unpkg.com")


@pytest.fixture(scope="module")
def other_sites(certificate: Certificate) -> Iterator[int]:
    """Serve every other site, and yield the port."""
    with serve_sites(OtherSites, certificate) as port:
        yield port


@cache
def playwright() -> Playwright:
    """Start what drives browsers: one for all of this process, as that takes a second."""
    need_package("playwright")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    started = sync_playwright().start()
    atexit.register(started.stop)
    return started


@contextmanager
def chromium(*options: str, program: str | None = CHROMIUM) -> Iterator[Browser]:
    """Start a browser."""
    need("Chromium", found=program)
    browser = playwright().chromium.launch(
        executable_path=program, args=[*FLAGS, *options]
    )
    try:
        yield browser
    finally:
        browser.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Make a context whose pages may send reports, and write to the clipboard.

    Chromium with windows lets them. The shell without asks for permissions: of reports,
    for that of background sync.
    """
    context = browser.new_context(ignore_https_errors=True, **options)
    context.grant_permissions(["background-sync", "clipboard-write"])
    return context


@pytest.fixture
def site(served_site: Site) -> Iterator[Site]:
    """Return a browser, and close afterwards what a test has opened."""
    yield served_site
    for context in served_site.browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def served_site(
    baked: Bake,
    certificate: Certificate,
    other_sites: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Serve the app over HTTPS and start a browser that reaches it.

    One strategy is enough: ``test_same_wire.py`` shows that all send the same bytes.
    """
    project = baked(header_policy="web")
    log = tmp_path_factory.mktemp("browser") / "log"
    with gunicorn_over_https("browser_app:app", project, certificate, log) as port:
        rules = [
            f"MAP {host}.example:443 127.0.0.1:{other_sites}" for host in HOSTS[1:]
        ]
        rules += [f"MAP unpkg.com:443 127.0.0.1:{other_sites}"]
        rules += [f"MAP app.example:443 127.0.0.1:{port}"]
        with chromium(f"--host-resolver-rules={', '.join(rules)}") as browser:
            yield Site(browser, log)


def test_the_first_page_loads_without_a_word_in_the_console(site: Site) -> None:
    visit = site.open("https://app.example/")
    visit.page.wait_for_selector("button")
    visit.page.wait_for_timeout(500)
    assert visit.messages == []
    assert shown_value(visit.page, "Custom-Header") == "Some value"
    assert "'strict-dynamic'" in shown_value(visit.page, "Content-Security-Policy")
    width = "getComputedStyle(document.querySelector('main')).maxWidth"
    assert visit.page.evaluate(width) == "1200px"


def shown_value(page: Page, name: str) -> str:
    """What the first page says that a header is."""
    return page.inner_text(f"dt:text-is('{name}') + dd")


def test_the_command_of_the_first_page_can_be_copied(site: Site) -> None:
    page = site.open("https://app.example/").page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("button:text-is('Copy')")
    page.wait_for_selector("button:text-is('Copied')")
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.focus("textarea")
    page.keyboard.press("ControlOrMeta+V")
    assert page.input_value("textarea") == "curl -I https://app.example/"


def test_the_first_page_says_the_same_without_a_script(site: Site) -> None:
    with_script = site.open("https://app.example/").page
    without = site.open("https://app.example/", java_script_enabled=False).page
    texts = [
        re.sub("[0-9a-f]{32}", "", page.inner_text("main").replace("Copy\n", ""))
        for page in (with_script, without)
    ]
    assert texts[0] == texts[1]
    assert without.is_hidden("button")
    assert with_script.is_visible("button")


PAGES = {"first page": "/", "404": "/no/such/page", "500": "/fails"}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_first_page_and_error_pages_are_accessible(
    site: Site, path: str, scheme: str, width: int
) -> None:
    size = {"width": width, "height": 800}
    url = f"https://app.example{path}"
    page = site.open(url, color_scheme=scheme, viewport=size).page
    dark = "getComputedStyle(document.documentElement).backgroundColor"
    assert (page.evaluate(dark) == "rgb(20, 23, 27)") is (scheme == "dark")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert violations(page) == []
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"


def violations(page: Page) -> list[str]:
    """What axe-core finds inaccessible in a page."""
    need_package("axe-playwright-python")
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415

    found = Axe().run(page)
    return [violation["id"] for violation in found.response["violations"]]


def wait_until(page: Page, expression: str, seconds: float = 30) -> None:
    """Wait until a JavaScript expression holds.

    Playwright's own ``wait_for_function`` polls with ``eval()``, which the policy blocks.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)


def test_attacks_are_blocked_and_reported(site: Site) -> None:
    visit = site.open("https://app.example/attacks", "commit")
    wait_until(visit.page, "window.done && new Set(window.blocked).size >= 6")
    seen = visit.page.evaluate(
        """() => ({
            blocked: window.blocked,
            inline: window.inline,
            handler: window.handler,
            evaluated: window.evaluated,
            evalRefused: window.evalRefused,
            link: document.getElementById("link").href,
            at: location.href,
            unloaded: document.getElementById("headers"),
        })"""
    )
    assert seen["inline"] is None
    assert seen["handler"] is None
    assert seen["evaluated"] is None
    assert seen["evalRefused"] is True
    assert seen["link"] == "https://app.example/relative"
    assert seen["at"] == "https://app.example/attacks"
    assert {
        "base-uri",
        "form-action",
        "frame-src",
        "script-src-attr",
        "script-src-elem",
    } <= set(seen["blocked"])
    # The inline script, and the one with the address of a file of the app's own.
    assert seen["blocked"].count("script-src-elem") == 2
    expected = {"base-uri", "form-action", "script-src-elem"}
    assert expected <= reported(site.log, "https://app.example/attacks", expected)


def reported(log: Path, page: str, expected: set[str], seconds: float = 60) -> set[str]:
    """Return the directives that reports about a page name, once all expected came."""
    end = time.monotonic() + seconds
    found: set[str] = set()
    while time.monotonic() < end and not expected <= found:
        lines = [each for each in log.read_text().split("\n")[:-1] if each[:1] == "{"]
        said = [
            json.loads(line)["message"].partition("csp-report ")[2] for line in lines
        ]
        reports = [json.loads(report) for report in said if report]
        found = {r["directive"] for r in reports if r.get("page") == page}
        time.sleep(0.2)
    return found


def test_another_site_cannot_show_the_app_in_a_frame(site: Site) -> None:
    visit = site.open("https://evil.example/frames")
    assert url_of_frame(visit.page).startswith("chrome-error://")


def url_of_frame(page: Page) -> str:
    """Wait until the frame of a page shows something, and return its address."""
    for _ in range(300):
        if page.frames[1:] and page.frames[1].url not in {"", "about:blank"}:
            return page.frames[1].url
        page.wait_for_timeout(100)
    return "about:blank"


def test_the_page_with_the_way_out_can_be_embedded(site: Site) -> None:
    visit = site.open("https://partner.example/embeds")
    (frame,) = visit.page.frames[1:]
    frame.wait_for_selector("h1")
    assert frame.inner_text("h1") == "Hello World"
    other = site.open("https://evil.example/embeds")
    assert url_of_frame(other.page).startswith("chrome-error://")


def loads_image(page: Page) -> bool:
    """Whether a page can show an image of the CDN."""
    loaded: bool = page.evaluate(
        """() => new Promise((resolve) => {
            const image = new Image();
            image.onload = () => resolve(true);
            image.onerror = () => resolve(false);
            image.src = "https://cdn.example/pixel.gif";
        })"""
    )
    return loaded


def test_images_of_a_cdn_load_with_the_way_out_only(site: Site) -> None:
    assert not loads_image(site.open("https://app.example/").page)
    assert loads_image(site.open("https://app.example/gallery").page)


def writes_html(page: Page) -> bool:
    """Whether a page can write HTML from a text."""
    written: bool = page.evaluate(
        """() => {
            try { document.querySelector("h1").innerHTML = "<b>x</b>"; return true; }
            catch { return false; }
        }"""
    )
    return written


def test_a_library_writes_html_unless_trusted_types_are_required(site: Site) -> None:
    assert writes_html(site.open("https://app.example/").page)
    assert not writes_html(site.open("https://app.example/trusted-types").page)


def test_no_page_evaluates_a_text(site: Site) -> None:
    page = site.open("https://app.example/evaluates").page
    assert page.evaluate("window.evaluated") is None
    assert page.evaluate("window.refused") == "EvalError"


def shows_frame(page: Page) -> bool:
    """Whether a page can show one of a site that knows nothing of COEP."""
    page.evaluate(
        """() => {
            const frame = document.createElement("iframe");
            frame.src = "https://maps.example/";
            document.body.append(frame);
        }"""
    )
    return url_of_frame(page) == "https://maps.example/"


def test_a_frame_of_another_site_shows_with_the_way_out_only(site: Site) -> None:
    assert not shows_frame(site.open("https://app.example/").page)
    assert shows_frame(site.open("https://app.example/map").page)


def pop_up_sees_opener(page: Page) -> bool:
    """Whether a pop-up of another site can answer the page that opened it."""
    with page.expect_popup() as opened:
        page.evaluate("() => { window.open('https://provider.example/', 'sign-in'); }")
    opened.value.wait_for_load_state()
    seen: bool = opened.value.evaluate("window.openerSeen")
    return seen


def test_a_pop_up_to_sign_in_answers_with_the_way_out_only(site: Site) -> None:
    assert not pop_up_sees_opener(site.open("https://app.example/").page)
    assert pop_up_sees_opener(site.open("https://app.example/sign-in").page)


def test_swagger_ui_works_with_its_way_out(site: Site) -> None:
    need_package("swagger-ui-bundle")
    visit = site.open("https://app.example/docs")
    visit.page.wait_for_selector(".opblock-summary")
    visit.page.click(".opblock-summary")
    visit.page.wait_for_selector(".opblock-body")
    assert "An API to be shown" in visit.page.inner_text(".title")
    assert visit.messages == []


def test_logging_out_leaves_nothing_in_the_browser(site: Site) -> None:
    visit = site.open("https://app.example/")
    visit.page.evaluate("localStorage.setItem('kept', 'yes')")
    visit.page.evaluate(
        "() => fetch('/log-out', {method: 'POST'}).then((r) => r.text())"
    )
    wait_until(visit.page, "localStorage.getItem('kept') === null")
