"""Parts of a generated app are removed as its README says, and the rest stays green."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from .conftest import STRATEGIES, Bake, run_pytest, run_python

pytestmark = pytest.mark.slow

APP = "src/my_flask_app"
FACTORY = f"{APP}/__init__.py"
ENGINE = f"{APP}/response_headers"

Edits = list[tuple[str, str, str]]

REMOVALS: dict[str, tuple[list[str], Edits]] = {
    "logs": (
        [f"{APP}/logs.py"],
        [
            (FACTORY, r"    logs\.init_app\(app\)\n", ""),
            (FACTORY, r"(import .*)logs, ", r"\1"),
        ],
    ),
    "health": ([], [(f"{APP}/views.py", r'\n\n@bp\.get\("/health"\)[\s\S]+\Z', "")]),
    "first page": (
        [
            f"{APP}/first_page.py",
            f"{APP}/templates/hello.html",
            f"{APP}/static/hello.css",
            f"{APP}/static/hello.js",
            "tests/test_first_page.py",
        ],
        [
            (f"{APP}/views.py", r"from \.first_page import first_page\n\n", ""),
            (f"{APP}/views.py", r"\*?first_page\(\)", '"<h1>Mine</h1>"'),
        ],
    ),
    "error pages": (
        [f"{APP}/error_pages.py", f"{APP}/templates/error.html"],
        [
            (FACTORY, r"    error_pages\.init_app\(app\)\n", ""),
            (FACTORY, r"(import .*)error_pages, ", r"\1"),
        ],
    ),
    "reports": (
        [],
        [
            (
                f"{APP}/policy.py",
                'REPORTS: str | None = "/csp-reports"'.replace("|", r"\|"),
                "REPORTS: str | None = None",
            )
        ],
    ),
    "command": (
        [f"{ENGINE}/cli", "tests/test_routes.py"],
        [
            (f"{ENGINE}/__init__.py", r" +cli\.init_app\(app\)\n", ""),
            (f"{ENGINE}/__init__.py", r"(import .*)cli, ", r"\1"),
        ],
    ),
    "CORS": (
        [f"{APP}/cors.py"],
        [
            (FACTORY, r"    cors\.init_app\(app\)\n", ""),
            (FACTORY, r"(import .*)cors, ", r"\1"),
            (f"{APP}/policy.py", r' +\("Vary", "Origin"\),.*\n', ""),
            ("pyproject.toml", r' +"flask-cors.*\n', ""),
        ],
    ),
}
"""The files to delete and the texts to replace, for each part."""


def remove(project: Path, part: str) -> None:
    """Do what the README says."""
    files, edits = REMOVALS[part]
    for name in files:
        path = project / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for name, pattern, replacement in edits:
        text = (project / name).read_text("utf-8")
        text, count = re.subn(pattern, replacement, text)
        assert count == 1, f"{pattern} is {count} times in {name}"
        (project / name).write_text(text, "utf-8")


@pytest.mark.parametrize("parts", [*[[part] for part in REMOVALS], list(REMOVALS)])
def test_without_a_part_the_rest_is_green_linted_and_typed(
    baked: Bake, tmp_path: Path, mypy_cache: str, parts: list[str]
) -> None:
    project = tmp_path / "my-flask-app"
    shutil.copytree(baked(header_policy="web", use_cors="yes"), project)
    for part in parts:
        remove(project, part)
    run_pytest(cwd=project)
    run_python("-m", "ruff", "check", "--no-cache", cwd=project)
    run_python("-m", "mypy", "--cache-dir", mypy_cache, cwd=project)


def test_the_readme_tells_how_to_remove_each_part(baked: Bake) -> None:
    readme = (baked(header_policy="web", use_cors="yes") / "README.md").read_text(
        "utf-8"
    )
    section = readme.partition("### Remove a part\n")[2].partition("\n## ")[0]
    names = re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE)
    assert names == [
        "Logs",
        "Health",
        "The first page",
        "Reports",
        "Error pages",
        "The command `flask headers`",
        "CORS",
    ]


def test_the_first_page_tells_how_to_delete_it(baked: Bake) -> None:
    project = baked(header_policy="web")
    module = (project / APP / "first_page.py").read_text("utf-8")
    page = (project / APP / "templates/hello.html").read_text("utf-8")
    files, _ = REMOVALS["first page"]
    for text in (module.split('"""')[1], page.rpartition("To delete this page")[2]):
        for name in files:
            assert name.removeprefix(f"{APP}/") in text or "this file" in text
        named = re.findall(r"[\w/]+\.(?:html|css|js)", text)
        assert {f"{APP}/{name}" for name in named} <= {*files}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_error_pages_look_the_same_without_the_first_page(
    baked: Bake, tmp_path: Path, strategy: str
) -> None:
    project = tmp_path / "my-flask-app"
    shutil.copytree(baked(header_policy="web", header_strategy=strategy), project)
    before = text_of("/no/such/page", project)
    assert "style.css" in before
    remove(project, "first page")
    assert text_of("/no/such/page", project) == before
    assert text_of("/", project) == "<h1>Mine</h1>\n"


def text_of(path: str, project: Path) -> str:
    """What a project's app answers."""
    code = "from my_flask_app import create_app; from werkzeug.test import Client;"
    code += f"print(Client(create_app()).get({path!r}).text)"
    return run_python("-c", code, cwd=project / "src").stdout
