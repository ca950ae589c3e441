"""The page ``/_headers`` in a real browser, under the policy of the app."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from .conftest import POLICIES, Bake
from .test_browser import Site, chromium, violations
from .test_served import answer, gunicorn

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("steady_network")]

NO_ICON = (
    "Failed to load resource: the server responded with a status of 404 (NOT FOUND)"
)
"""Browsers ask for /favicon.ico by themselves, and an app need not have one."""

APP = """
from my_flask_app import create_app

app = create_app()


@app.get("/faulty")
def faulty():
    return "", {"Custom-Header": "its own"}
"""


WIDE = "document.documentElement.scrollWidth > innerWidth"
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
SIZES: list[ViewportSize] = [
    {"width": 1280, "height": 900},
    {"width": 390, "height": 844},
]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_page_is_readable_and_accessible(
    baked: Bake, tmp_path: Path, policy: str
) -> None:
    (tmp_path / "served.py").write_text(APP)
    served = gunicorn(
        baked(header_policy=policy),
        "served:app",
        FLASK_DEBUG="1",
        PYTHONPATH=str(tmp_path),
    )
    with served as (host, port), chromium() as browser:
        visit = Site(browser, tmp_path).open(f"http://{host}:{port}/_headers")
        page = visit.page
        assert page.inner_text("h1") == "Headers of this app"
        assert page.inner_text("h2 >> nth=0") == "1 violation"
        assert page.inner_text("td.wrong") == "V!"
        color = "getComputedStyle(document.querySelector('.wrong abbr')).color"
        styled = page.evaluate(color) == "rgb(255, 255, 255)"
        assert styled is (policy != "api")  # that one allows no style
        looks = [*itertools.product(SCHEMES, SIZES)]
        if policy == "custom":  # which leaves the page the styles that web does
            looks = looks[:1]
        for scheme, size in looks:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            assert violations(page) == []
            assert page.evaluate(WIDE) is False or not styled
        follow_links(page)
        assert {*visit.messages} <= {NO_ICON}


def follow_links(page: Page) -> None:
    """Open the values of a response and filter, with the keyboard only."""
    page.focus("th a:has-text('/faulty')")
    assert page.locator("details[open] th:has-text('Content-Length')").count() == 1
    page.keyboard.press("Enter")
    opened = page.locator("details[open]:has-text('GET /faulty')")
    assert "its own" in opened.inner_text()
    page.focus("summary:has-text('Filter by route')")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "/"
    page.focus("header a:has-text('/faulty')")
    page.keyboard.press("Enter")
    page.wait_for_url("**?route=/faulty")
    page.reload()
    assert page.locator("[scope=col]").all_inner_texts() == ["Header", "/faulty"]
    page.click("text=show all routes")
    page.wait_for_url("**/_headers")


def test_what_was_blocked_is_readable_and_accessible(
    baked: Bake, tmp_path: Path
) -> None:
    served = gunicorn(
        baked(header_policy="web"), "my_flask_app:create_app()", FLASK_DEBUG="1"
    )
    with served as (host, port), chromium() as browser:
        url = f"http://{host}:{port}"
        report = {
            "document-uri": f"{url}/",
            "effective-directive": "img-src",
            "blocked-uri": "https://tiles.example/1.png",
            "disposition": "enforce",
        }
        kind = {"Content-Type": "application/csp-report"}
        visit = Site(browser, tmp_path).open(f"{url}/_headers")
        data = json.dumps({"csp-report": report})
        visit.page.request.post(f"{url}/csp-reports", data=data, headers=kind)
        visit.page.reload()
        assert '"img-src": "https://tiles.example",' in visit.page.inner_text("main")
        assert violations(visit.page) == []
        visit.page.set_viewport_size({"width": 390, "height": 800})
        assert visit.page.evaluate(WIDE) is False
        assert {*visit.messages} <= {NO_ICON}


@pytest.mark.parametrize("debug", ["", "0"])
def test_outside_of_debug_mode_there_is_no_page(baked: Bake, debug: str) -> None:
    project = baked(header_policy="web")
    with gunicorn(project, "my_flask_app:create_app()", FLASK_DEBUG=debug) as address:
        sent = answer(address, "GET", "/_headers")
    assert sent.startswith(b"HTTP/1.1 404 ")
