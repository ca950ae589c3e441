"""``flask headers suggest`` in a loop with a real browser, until a page loads."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Bake, run_python
from .served_over_https import (
    Certificate,
    gunicorn_over_https,
    new_certificate,
    serve_sites,
)
from .test_browser import OtherSites, Site, chromium
from .test_headers_page import NO_ICON

if TYPE_CHECKING:
    from playwright.sync_api import Page

CSP = "Content-Security-Policy"
FLAGS = re.MULTILINE | re.DOTALL

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("steady_network")]

APP = '''
from flask import Flask, Response, render_template_string
from my_flask_app import create_app
{import_line}

app = create_app()

PAGE = """<!doctype html>
<html lang="en">
<title>Blocked</title>
<link rel="stylesheet" href="https://cdn.example/style.css">
<img src="https://maps.example/pixel.gif" alt="" class="foreign">
<div id="here"></div>
<script src="/library.js" nonce="{{{{ csp_nonce() }}}}"></script>
</html>"""

LIBRARY = """
const here = document.getElementById("here");
here.innerHTML = '<p id="written">Written</p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs=">';
here.setAttribute("style", "color: rgb(1, 2, 3)");
const sheet = document.createElement("style");
sheet.textContent = "#written {{ margin-left: 7px }}";
document.head.append(sheet);
"""


@app.get("/library.js")
def library():
    return Response(LIBRARY, mimetype="text/javascript")


@app.get("/page")
{decorator}
def page():
    return render_template_string(PAGE)
'''


class Cdn(OtherSites):
    """Sites that know nothing of COEP, one of them with a stylesheet."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """Send the stylesheet, or what the others send."""
        if self.path == "/style.css":
            self.send(b"body { padding-left: 5px }", "text/css")
        else:
            super().do_GET()


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """Return a certificate for all hosts."""
    hosts = [f"{host}.example" for host in ("app", "cdn", "maps")]
    return new_certificate(tmp_path, *hosts)


@pytest.fixture
def cdn(certificate: Certificate) -> Iterator[int]:
    """Serve the other sites over HTTPS, and yield the port."""
    with serve_sites(Cdn, certificate) as port:
        yield port


def suggested(project: Path, log: Path, seconds: float = 20) -> str:
    """Return what is printed for a log, once reports are in it and no more come."""
    end, size = time.monotonic() + seconds, -1
    while time.monotonic() < end:
        time.sleep(2)
        found = log.read_text("utf-8").count("csp-report")
        if found and found == size:
            break
        size = found
    paths = os.pathsep.join([str(log.parent), str(project / "src")])
    command = ["-m", "flask", "--app", "blocked_app:app", "headers", "suggest"]
    return run_python(
        *command, log, "--route", "page", cwd=project, PYTHONPATH=paths
    ).stdout


def decorator_in(printed: str) -> str:
    """Return the code for the page."""
    _, _, rest = printed.partition("# page: ")
    code: list[str] = re.findall(r"^@override_headers\(\{\n.*?^\}\)$", rest, FLAGS)
    return code[0]


def with_lines(decorator: str, added: str) -> str:
    """Add the sources of one decorator to those of another, as its comment says."""
    names: dict[str, Any] = {"amend_csp": dict, "override_headers": dict}
    old, new = (eval(each[1:], names) for each in (decorator, added))  # noqa: S307
    csp = old[CSP]
    for directive, words in new.pop(CSP).items():
        lists = [csp.get(directive) or [], words or []]
        known, more = ([each] if isinstance(each, str) else each for each in lists)
        csp[directive] = words and known + more
    del old[CSP]
    others = "".join(f"{name!r}: {value!r}, " for name, value in (old | new).items())
    return f"@override_headers({{{others}{CSP!r}: amend_csp({csp!r})}})"


def works(page: Page) -> bool:
    """Whether all that a page wants has loaded, and has run."""
    done: bool = page.evaluate(
        """() => document.querySelector(".foreign").naturalWidth === 1
            && document.querySelector("#here img").naturalWidth === 1
            && getComputedStyle(document.body).paddingLeft === "5px"
            && getComputedStyle(document.getElementById("here")).color === "rgb(1, 2, 3)"
            && getComputedStyle(document.getElementById("written")).marginLeft === "7px"
        """
    )
    return done


def test_the_printed_lines_let_a_page_load(
    baked: Bake, tmp_path: Path, certificate: Certificate, cdn: int
) -> None:
    project = baked(header_policy="web")
    log, source = tmp_path / "log", tmp_path / "blocked_app.py"
    decorator, import_line = "", ""
    messages: list[list[str]] = []
    for _ in range(4):
        text = APP.format(decorator=decorator, import_line=import_line)
        source.write_text(text, "utf-8")
        served = gunicorn_over_https(
            "blocked_app:app", project, certificate, log, PYTHONPATH=str(tmp_path)
        )
        with served as port:
            rules = f"MAP app.example:443 127.0.0.1:{port}"
            rules += "".join(
                f", MAP {host}.example:443 127.0.0.1:{cdn}" for host in ("cdn", "maps")
            )
            with chromium(f"--host-resolver-rules={rules}") as browser:
                visit = Site(browser, log).open("https://app.example/page")
                visit.page.wait_for_timeout(500)
                messages.append([each for each in visit.messages if each != NO_ICON])
                if not messages[-1]:
                    assert works(visit.page)
                    break
                printed = suggested(project, log)
        import_line, added = printed.partition("\n")[0], decorator_in(printed)
        assert ("It has an override" in printed) is bool(decorator)
        decorator = with_lines(decorator, added) if decorator else added
    else:
        pytest.fail(f"still blocked: {messages} with {decorator}")
    assert len(messages) > 1
