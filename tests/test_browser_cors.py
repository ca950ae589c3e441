"""CORS in a real browser: pages of two other sites ask the app, one of them is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import POLICIES, Bake
from .served_over_https import Certificate, gunicorn_over_https
from .test_browser import Site, certificate, chromium, other_sites

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("steady_network")]

__all__ = ["certificate", "other_sites"]  # fixtures

NAMED, OTHER = "https://partner.example/", "https://evil.example/"

APP = """
from flask import abort, request
from my_flask_app import create_app

app = create_app()
app.before_request(lambda: None if "Authorization" in request.headers else abort(401))


@app.route("/basket", methods=["GET", "PUT"])
def basket():
    return {"tea": 3}


@app.get("/raise")
def fail():
    raise RuntimeError("on purpose")
"""

ASK = """async ([path, options]) => {
    try {
        const response = await fetch("https://app.example" + path, options);
        return [response.status, (await response.text()).length > 0];
    } catch (error) {
        return [error.name, false];
    }
}"""

TOKEN: dict[str, Any] = {"headers": {"Authorization": "token"}}
CHANGES: dict[str, Any] = {"method": "PUT", "body": "{}", **TOKEN}

REQUESTS = [
    ("/basket", TOKEN, 200),
    (
        "/basket",
        CHANGES,
        200,
    ),  # these two are asked for in a preflight, without a token
    ("/basket", {}, 401),
    ("/missing", TOKEN, 404),
    ("/basket", CHANGES | {"method": "DELETE"}, 405),
    ("/raise", TOKEN, 500),
    ("/static/README.txt", TOKEN, 200),
]


@pytest.fixture(scope="module", params=POLICIES)
def site(
    request: pytest.FixtureRequest,
    baked: Bake,
    certificate: Certificate,
    other_sites: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """Serve the app of each policy, and a browser that reaches it."""
    project = baked(header_policy=request.param, use_cors="yes")
    folder = tmp_path_factory.mktemp("cors")
    (folder / "asked_by_pages.py").write_text(APP)
    origins = json.dumps([NAMED.rstrip("/")])
    served = gunicorn_over_https(
        "asked_by_pages:app",
        project,
        certificate,
        folder / "log",
        FLASK_CORS_ORIGINS=origins,
        PYTHONPATH=str(folder),
    )
    with served as port:
        rules = [f"MAP app.example:443 127.0.0.1:{port}"]
        rules += [f"MAP *:443 127.0.0.1:{other_sites}"]
        with chromium(f"--host-resolver-rules={', '.join(rules)}") as browser:
            yield Site(browser, folder / "log")


def test_a_page_of_a_site_that_is_named_reads_every_answer(site: Site) -> None:
    page = site.open(NAMED).page
    for path, options, status in REQUESTS:
        found = page.evaluate(ASK, [path, options])
        assert found == [status, True], f"{path} {options}"


def test_a_page_of_another_site_reads_none(site: Site) -> None:
    page = site.open(OTHER).page
    for path, options, _ in REQUESTS:
        assert page.evaluate(ASK, [path, options]) == ["TypeError", False]
