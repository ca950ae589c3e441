"""The README of a generated project: short, and it names what is there."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from flask_headers_extension.filters import template_docs

from .conftest import POLICIES, TEMPLATE, Bake, run_python

DOCS = TEMPLATE / "docs"


def readme_of(project: Path) -> str:
    """The README of a project."""
    return (project / "README.md").read_text("utf-8")


@pytest.mark.parametrize("policy", POLICIES)
def test_it_is_short(baked: Bake, policy: str) -> None:
    assert len(readme_of(baked(header_policy=policy)).splitlines()) <= 220


def test_links_lead_somewhere(project: Path) -> None:
    text = readme_of(project)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {
        re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings
    }
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        if link.startswith("#"):
            assert link[1:] in anchors, link
        else:
            assert (project / link).exists(), link


@pytest.mark.parametrize("policy", ["web", "api"])
def test_it_explains_each_header_of_the_policy(baked: Bake, policy: str) -> None:
    project = baked(header_policy=policy)
    table = readme_of(project).partition("### What is sent\n")[2].partition("\n###")[0]
    rows = re.findall(r"^\| (`.+?) \| .+ \| .+ \|$", table, re.MULTILINE)
    explained = set(re.findall(r"`([\w-]+)`", " ".join(rows)))
    # "`Cross-Origin-Opener-Policy`, `-Embedder-Policy`"
    explained = {re.sub("^-", "Cross-Origin-", name) for name in explained}
    names = "from my_flask_app.policy import HEADERS; print(*dict(HEADERS))"
    sent = set(run_python("-c", names, cwd=project / "src").stdout.split())
    assert sent - explained == {"Custom-Header"}
    assert explained <= sent


def test_the_pages_of_the_docs_that_it_names_exist(project: Path) -> None:
    pages = re.findall(r"`docs/([\w.-]+)` of the template", readme_of(project))
    assert len(pages) > 3
    for page in pages:
        assert (DOCS / page).is_file(), page


@pytest.mark.parametrize(
    ("template", "link"),
    [
        ("https://github.com/me/app", "https://github.com/me/app/blob/HEAD/docs/x.md"),
        (
            "https://github.com/me/app.git",
            "https://github.com/me/app/blob/HEAD/docs/x.md",
        ),
        ("https://github.com/me/app/", "https://github.com/me/app/blob/HEAD/docs/x.md"),
        ("git@github.com:me/app.git", "https://github.com/me/app/blob/HEAD/docs/x.md"),
        (
            "ssh://git@gitlab.com/me/a.b",
            "https://gitlab.com/me/a.b/-/blob/HEAD/docs/x.md",
        ),
        ("gh:me/app", "https://github.com/me/app/blob/HEAD/docs/x.md"),
        ("gl:me/app", "https://gitlab.com/me/app/-/blob/HEAD/docs/x.md"),
        ("bb:me/app", "https://bitbucket.org/me/app/src/HEAD/docs/x.md"),
        ("/home/me/template", ""),
        ("template.zip", ""),
        (".", ""),
        ("https://git.example/me/app", ""),
        ("file:///home/me/template", ""),
        ("https://token@github.com/me/app", ""),
    ],
)
def test_it_links_to_the_docs_of_the_template(template: str, link: str) -> None:
    shown = f"[x.md]({link})" if link else "`docs/x.md` of the template"
    assert template_docs("x.md", {"_template": template}) == shown


def test_a_cdn_that_it_allows_is_allowed_with_and_without_a_nonce(
    baked: Bake, tmp_path: Path
) -> None:
    project = shutil.copytree(baked(header_policy="web"), tmp_path / "my-flask-app")
    (row,) = re.findall(r'`("style-src": \[.*\])`', readme_of(project))
    policy = project / "src/my_flask_app/policy.py"
    text, count = re.subn(
        r'^    "style-src": \["\'self\'"\],',
        f"    {row},",
        policy.read_text("utf-8"),
        flags=re.MULTILINE,
    )
    assert count == 1
    policy.write_text(text, "utf-8")
    ask = (
        "from my_flask_app import create_app; from werkzeug.test import Client\n"
        "client = Client(create_app())\n"
        "for path in ('/', '/no/such/page'):\n"
        "    print(client.get(path).headers['Content-Security-Policy'])"
    )
    sent = run_python("-c", ask, cwd=project / "src").stdout
    assert len(re.findall("style-src 'self' https://cdn.jsdelivr.net[ ;]", sent)) == 2
