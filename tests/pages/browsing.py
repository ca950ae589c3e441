"""Open the pages in Chromium and see which of them do what they are for."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error

from tests.conftest import need, run
from tests.served_over_https import (
    gunicorn_over_https,
    new_certificate,
    serve_sites,
)
from tests.test_browser import chromium, new_context

from .listing import HERE, Page
from .sites import LIBRARIES, NAMES, PIXEL, OtherSites

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

APP = "app.example.com"
WAIT = 8.0
"""Seconds until a page must work, on a machine that has nothing else to do."""

WAIT_BLOCKED = 4.0
"""The same, if something of it was blocked."""

WAIT_FOR_REPORTS = 3.0
"""Seconds until the reports must be in the log."""

TABS = 20
"""How many pages are open at the same time."""

HELPERS = """
window.painted = (canvas) => {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const context = copy.getContext("2d");
  context.drawImage(canvas, 0, 0);
  return context.getImageData(0, 0, copy.width, copy.height).data.some((byte) => byte > 0);
};
window.deep = (selector, root = document) => {
  for (const element of root.querySelectorAll("*")) {
    const found = element.shadowRoot && window.deep(selector.split(" ").at(-1), element.shadowRoot);
    if (found) return found;
  }
  return root.querySelector(selector);
};
window.violations = 0;
document.addEventListener("securitypolicyviolation", () => { window.violations += 1; });
"""
"""What a page's ``works`` may call; the browser runs it before the page's own scripts."""

IN_A_SECOND = """() => Promise.race([
  (async () => (%s))(),
  new Promise((resolve) => setTimeout(resolve, 1000, false)),
])"""
"""An expression that may wait, but not for ever."""

Lines = dict[str, dict[str, Any]]
"""The overrides of endpoints: headers, and for the CSP a table of directives."""


@dataclass
class Seen:
    """What became of a page."""

    works: bool
    console: list[str]


@dataclass
class Opened:
    """A page in the browser, and whether what it asks for was possible."""

    page: Page
    tab: Tab
    console: list[str]
    loading: float
    """Seconds until the page was loaded."""
    possible: bool
    works: bool = False


def link_libraries(project: Path) -> None:
    """Put own copies of the libraries into a project's static folder."""
    static = project / "src" / "my_flask_app" / "static"
    shutil.copytree(HERE / "static", static, dirs_exist_ok=True)
    (static / "vendor").symlink_to(LIBRARIES)
    (static / "dist").symlink_to(LIBRARIES.parent / "dist")


def build(pages: Iterable[Page]) -> None:
    """Build what some pages have as a bundle, with Vite."""
    need("the libraries of tests/pages/package.json", found=LIBRARIES.is_dir())
    folder = LIBRARIES.parent
    shutil.rmtree(folder / "dist", ignore_errors=True)
    shutil.copytree(HERE / "built", folder / "built", dirs_exist_ok=True)
    for entry in filter(None, [page.get("built") for page in pages]):
        vite = LIBRARIES / "vite" / "bin" / "vite.js"
        run(
            "node",
            vite,
            "build",
            "built",
            "--emptyOutDir=false",
            cwd=folder,
            ENTRY=entry,
        )


class Visitor:
    """A browser that opens the pages of a project."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project = project
        self.folder = folder
        self.log = folder / "log"
        self.lines_file = folder / "lines.json"
        self.certificate = new_certificate(folder, APP, *NAMES)

    def visit(self, pages: list[Page], lines: Lines) -> dict[str, Seen]:
        """Serve the app with some overrides, open pages, and return what was seen."""
        if not pages:
            return {}
        self.lines_file.write_text(json.dumps(lines), "utf-8")
        log = self.folder / "log-of-this-visit"
        environment = {"PAGES_LINES": str(self.lines_file)}
        served = gunicorn_over_https(
            "pages.app:app", self.project, self.certificate, log, **environment
        )
        with (
            served as port,
            serve_sites(OtherSites, self.certificate) as others,
            chromium(*self._options(port, others)) as browser,
        ):
            seen: dict[str, Seen] = {}
            for start in range(0, len(pages), TABS):
                seen |= see(browser, pages[start : start + TABS], log)
        with self.log.open("a", encoding="utf-8") as all_visits:
            all_visits.write(log.read_text("utf-8"))
        return seen

    @staticmethod
    def _options(port: int, others: int) -> list[str]:
        """What makes the browser find the app and the other sites, and draw in WebGL."""
        rules = [f"MAP {name} 127.0.0.1:{others}" for name in NAMES]
        rules += [f"MAP {APP} 127.0.0.1:{port}", "MAP * ~NOTFOUND"]
        return [
            f"--host-resolver-rules={', '.join(rules)}",
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader",
        ]


def see(browser: Browser, pages: list[Page], log: Path) -> dict[str, Seen]:
    """Open pages, each in a context of its own, do what they ask for, and look at them.

    They are open at the same time, so that they wait together.
    """
    opened = [open_page(browser, page) for page in pages]
    try:
        wait(opened)
        end = time.monotonic() + WAIT_FOR_REPORTS
        for each in opened:
            if not each.works:
                wait_for_reports(each, log, end)
    finally:
        for context in browser.contexts:
            context.close()
    return {each.page.name: Seen(each.works, each.console) for each in opened}


def open_page(browser: Browser, page: Page) -> Opened:
    """Open a page and do what it asks for."""
    context = new_context(browser)
    context.add_init_script(HELPERS)
    context.set_default_timeout(4000)
    tab = context.new_page()
    console: list[str] = []
    tab.on("console", lambda message: console.append(message.text))
    tab.on("pageerror", lambda error: console.append(str(error)))
    start = time.monotonic()
    tab.goto(f"https://{APP}/{page.name}", timeout=60000)
    loading = time.monotonic() - start
    return Opened(page, tab, console, loading, possible=do(tab, page))


def do(tab: Tab, page: Page) -> bool:
    """Do what a page's comment says; whether that was possible."""
    try:
        for key, value in page.fields:
            act(tab, key, value)
    except Error:
        return False
    return True


def act(tab: Tab, key: str, value: str) -> None:
    """Do one thing."""
    if key == "click":
        tab.click(value)
    elif key == "hover":
        tab.hover(value)
    elif key == "type":
        tab.locator(value).press_sequentially("typed")
    elif key == "drag":
        drag(tab, *value.split(" > ", 1))
    elif key == "upload":
        file = {"name": "a.gif", "mimeType": "image/gif", "buffer": PIXEL}
        tab.set_input_files(value, file)  # type: ignore[arg-type]
    elif key == "download":
        with tab.expect_download() as download:
            tab.click(value)
        assert download.value.path().stat().st_size
    elif key == "reload":
        tab.evaluate(IN_A_SECOND % "window.ready")
        tab.reload()


def drag(tab: Tab, source: str, target: str) -> None:
    """Drag the mouse from the middle of one element to the end of another."""
    start, end = tab.locator(source).bounding_box(), tab.locator(target).bounding_box()
    assert start
    assert end
    tab.mouse.move(start["x"] + 20, start["y"] + start["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(end["x"] + 30, end["y"] + end["height"] - 2, steps=10)
    tab.mouse.up()


def wait(opened: list[Opened]) -> None:
    """Wait until pages work, or should have."""
    start = time.monotonic()
    left = [each for each in opened if each.possible]
    while left:
        for each in left:
            each.works = all(holds(each.tab, *field) for field in each.page.fields)
        waited = time.monotonic() - start
        left = [e for e in left if not e.works and waited < patience(e)]
        if left:
            left[0].tab.wait_for_timeout(100)


def patience(opened: Opened) -> float:
    """Seconds until a page must work: fewer if something of it was blocked.

    More on a busy machine, where the page itself was slow to load.
    """
    blocked = holds(opened.tab, "works", "window.violations > 0")
    return max(WAIT_BLOCKED if blocked else WAIT, 10 * opened.loading)


def holds(tab: Tab, key: str, value: str) -> bool:
    """Whether one thing that a page's comment says is true."""
    try:
        if key == "works":
            return bool(tab.evaluate(IN_A_SECOND % value))
        if key == "frame":
            frames = [frame for frame in tab.frames if frame.url.startswith(value)]
            return any("embedded" in frame.inner_text("p") for frame in frames)
        return key != "at" or tab.url.startswith(value)
    except Error:  # the page is on its way to another, or what it names is not there
        return False


def wait_for_reports(opened: Opened, log: Path, end: float) -> None:
    """Wait until the reports of what a page had blocked are in the log."""
    try:
        expected = int(opened.tab.evaluate("window.violations"))
    except Error:
        expected = 1
    mark = f'https://{APP}/{opened.page.name}\\"'
    while time.monotonic() < end:
        if log.read_text("utf-8", errors="replace").count(mark) >= expected:
            break
        opened.tab.wait_for_timeout(100)
