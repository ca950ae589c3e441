"""The policy ``web`` in a real browser: workers, frames, media, forms, and reports."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Bake
from .served_over_https import (
    Certificate,
    gunicorn_over_https,
    new_certificate,
    serve_sites,
)
from .test_browser import WITH_WINDOWS, OtherSites, Site, Visit, chromium
from .test_served import gunicorn

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("steady_network")]

APP = "workers_app:app"
HOSTS = ["app", "plain", "evil", "maps", "pay"]
REPORT = "/static/report.pdf"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for every host."""
    hosts = [f"{host}.example" for host in HOSTS]
    return new_certificate(tmp_path_factory.mktemp("certificate"), *hosts)


@dataclass
class OverHttp:
    """The app without HTTPS, as in development, and what it writes to its log."""

    port: int
    log: Path


@pytest.fixture(scope="module")
def over_http(
    baked: Bake, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OverHttp]:
    """Serve the app over HTTP."""
    log = tmp_path_factory.mktemp("http") / "log"
    tests = str(Path(__file__).parent)
    project = baked(header_policy="web")
    with gunicorn(project, APP, log=log, PYTHONPATH=tests) as (_, port):
        yield OverHttp(port, log)


@dataclass
class OverHttps:
    """The option by which a browser finds the app, and what the app writes to its log."""

    option: str
    log: Path


@pytest.fixture(scope="module")
def over_https(
    baked: Bake,
    certificate: Certificate,
    over_http: OverHttp,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OverHttps]:
    """Serve the app over HTTPS, with overrides of ``static`` and without them."""
    project = baked(header_policy="web")
    folder = tmp_path_factory.mktemp("workers")
    log = folder / "log"
    with (
        serve_sites(OtherSites, certificate) as others,
        gunicorn_over_https(APP, project, certificate, log, OVERRIDES="yes") as port,
        gunicorn_over_https(APP, project, certificate, folder / "plain") as plain,
    ):
        ports = dict.fromkeys(HOSTS, others) | {"app": port, "plain": plain}
        ports["http"] = over_http.port
        rules = [f"MAP {host}.example 127.0.0.1:{to}" for host, to in ports.items()]
        yield OverHttps(f"--host-resolver-rules={', '.join(rules)}", log)


@pytest.fixture(scope="module")
def served_site(over_https: OverHttps) -> Iterator[Site]:
    """Start a browser."""
    with chromium(over_https.option) as browser:
        yield Site(browser, over_https.log)


@pytest.fixture(scope="module")
def site_with_windows(over_https: OverHttps) -> Iterator[Site]:
    """Start a browser that can show a PDF."""
    with chromium(over_https.option, program=WITH_WINDOWS) as browser:
        yield Site(browser, over_https.log)


@pytest.fixture
def site(served_site: Site) -> Iterator[Site]:
    """Return a browser, and close afterwards what a test has opened."""
    yield served_site
    for context in served_site.browser.contexts:
        context.close()


@pytest.fixture
def lab(site: Site) -> Visit:
    """Return a page that tries what it is asked to try."""
    return site.open("https://app.example/lab")


def attempt(page: Page, call: str) -> object:
    """Return what a page says of something it tries, if it says so in time."""
    return page.evaluate(
        f"""() => Promise.race([
            {call},
            new Promise((resolve) => setTimeout(resolve, 10000, "nothing happened")),
        ])"""
    )


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("worker('fetches.js')", "answered"),
        ("worker('imports.js')", "imported"),
        ("worker('nested.js')", "answered"),
        ("worker('module.mjs', {type: 'module'})", "imported, answered"),
        ("shared()", "answered"),
        ("worklet()", "added"),
        ("image('data')", "loaded"),
        ("image('blob')", "loaded"),
        ("audio()", "loaded"),
    ],
)
def test_workers_and_media_of_the_app_work(
    lab: Visit, call: str, expected: str
) -> None:
    assert attempt(lab.page, f"tries.{call}") == expected
    assert lab.messages == []


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("/sw.js", "{}"),
        ("/below/sw.js", "{scope: '/'}"),
        ("/static/sw.js", "{scope: '/'}"),
    ],
)
def test_a_service_worker_that_fetches_leaves_the_site_reachable(
    lab: Visit, script: str, options: str
) -> None:
    attempt(lab.page, f"tries.serve('{script}', {options})")
    answer = lab.page.goto("https://app.example/lab")
    assert answer
    assert answer.status == 200
    assert answer.from_service_worker
    assert attempt(lab.page, "tries.image('blob')") == "loaded"
    assert attempt(lab.page, "tries.worker('fetches.js')") == "answered"
    assert lab.messages == []


def test_a_service_worker_of_static_serves_static_without_an_override(
    site: Site,
) -> None:
    page = site.open("https://plain.example/lab").page
    call = "tries.serve('/static/sw.js', {scope: '/'}).catch((error) => error.name)"
    assert attempt(page, call) == "SecurityError"
    call = "navigator.serviceWorker.register('/static/sw.js').then((one) => one.scope)"
    assert attempt(page, call) == "https://plain.example/static/"


@pytest.mark.parametrize("button", ["copy", "fill"])
def test_the_app_copies_and_fills_the_screen(lab: Visit, button: str) -> None:
    lab.page.click(f"#{button}")
    assert attempt(lab.page, "window.asked") == "done"


def shows(visit: Visit, path: str) -> bool:
    """Whether a page can show something of the app in a frame."""
    visit.page.evaluate(
        """(path) => {
            const frame = document.createElement("iframe");
            frame.src = path;
            document.body.append(frame);
        }""",
        path,
    )
    visit.page.wait_for_timeout(1500)
    return visit.page.frames[1].url.endswith(path)


def test_the_app_shows_its_own_page_with_a_line_on_each_side(site: Site) -> None:
    visit = site.open("https://app.example/frames")
    assert shows(visit, "/framed")
    assert visit.messages == []
    assert not shows(site.open("https://app.example/lab"), "/framed")
    assert not shows(site.open("https://plain.example/frames"), "/not-framed")


def test_the_same_for_its_own_pdf(site_with_windows: Site) -> None:
    visit = site_with_windows.open("https://app.example/frames")
    assert shows(visit, REPORT)
    assert visit.messages == []
    for page in ("https://app.example/lab", "https://plain.example/frames"):
        assert not shows(site_with_windows.open(page), REPORT)


@pytest.mark.parametrize("form", ["direct", "redirect"])
def test_a_form_leads_to_another_site_with_the_way_out_only(
    site: Site, form: str
) -> None:
    blocked = site.open("https://app.example/lab")
    blocked.page.evaluate(f"document.querySelector('#{form} button').click()")
    blocked.page.wait_for_timeout(1000)
    assert blocked.page.url != "https://pay.example/"
    assert any("form-action 'self'" in message for message in blocked.messages)
    allowed = site.open("https://app.example/pays")
    allowed.page.click(f"#{form} button")
    allowed.page.wait_for_url("https://pay.example/")


def wait_for(
    log: Path, found: Callable[[list[dict[str, Any]]], bool], seconds: float = 60
) -> list[dict[str, Any]]:
    """Return the reports in a log as soon as they are complete, or time is up."""
    end = time.monotonic() + seconds
    reports: list[dict[str, Any]] = []
    while time.monotonic() < end and not found(reports):
        time.sleep(0.2)
        lines = [each for each in log.read_text().split("\n")[:-1] if each[:1] == "{"]
        said = [json.loads(line)["message"].partition("csp-report ") for line in lines]
        reports = [json.loads(report) for _, _, report in said if report]
    return reports


def test_reports_of_other_headers_arrive_without_queries(site: Site) -> None:
    page = "https://app.example/reported"
    kinds = {"coep", "csp-violation", "permissions-policy-violation"}
    site.open(f"{page}?token=secret")
    reports = wait_for(
        site.log, lambda sent: kinds <= {r["type"] for r in sent if r["page"] == page}
    )
    found = {r["type"]: r for r in reports if r["page"] == page}
    assert found.keys() >= kinds
    assert found["csp-violation"]["blocked"] == "https://evil.example/pixel.gif"
    assert found["coep"]["blocked"] == "https://maps.example/"
    assert found["permissions-policy-violation"]["feature"] == "geolocation"
    assert "secret" not in json.dumps(reports)


def test_reports_of_pop_ups_arrive(site: Site) -> None:
    opener = site.open("https://app.example/reported")
    with opener.page.expect_popup() as opened:
        opener.page.evaluate("() => { window.open('https://maps.example/'); }")
    opened.value.wait_for_load_state()
    reports = wait_for(site.log, lambda sent: any(r["type"] == "coop" for r in sent))
    (report, *_) = [r for r in reports if r["type"] == "coop"]
    assert report["page"] == "https://app.example/reported"
    assert report["reason"] == "navigation-from-response"


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "http.example"])
def test_a_report_arrives_over_http_at_once(
    site: Site, over_http: OverHttp, host: str
) -> None:
    page = f"http://{host.format(port=over_http.port)}/reported"
    site.open(f"{page}?token=secret")
    reports = wait_for(
        over_http.log, lambda sent: any(r["page"] == page for r in sent), 5
    )
    (report, *_) = [r for r in reports if r["page"] == page]
    assert report["type"] == "csp-violation"
    assert report["directive"] == "img-src"
    assert report["blocked"] == "https://evil.example/pixel.gif"
