"""The page ``/_headers`` in a real browser, under the policy of the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import POLICIES, Bake
from .test_browser import Site, chromium, violations
from .test_served import answer, gunicorn

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

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
        assert visit.page.inner_text("h1") == "Headers of this app"
        assert visit.page.inner_text("h2 >> nth=0") == "1 violation"
        row = visit.page.locator("tr", has_text="GET /faulty").first
        assert "violation: view" in row.inner_text()
        border = "getComputedStyle(document.querySelector('td')).borderTopColor"
        styled = visit.page.evaluate(border) == "rgba(136, 136, 136, 0.533)"
        assert styled is (policy != "api")  # that one allows no style
        visit.page.click("summary:has-text('GET /') >> nth=0")
        assert visit.page.locator("details[open] td.value").count() > 0
        assert violations(visit.page) == []
        assert {*visit.messages} <= {NO_ICON}


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
        wide = "document.documentElement.scrollWidth > innerWidth"
        assert visit.page.evaluate(wide) is False
        assert {*visit.messages} <= {NO_ICON}


@pytest.mark.parametrize("debug", ["", "0"])
def test_outside_of_debug_mode_there_is_no_page(baked: Bake, debug: str) -> None:
    project = baked(header_policy="web")
    with gunicorn(project, "my_flask_app:create_app()", FLASK_DEBUG=debug) as address:
        sent = answer(address, "GET", "/_headers")
    assert sent.startswith(b"HTTP/1.1 404 ")
