"""What the docs show is what there is: the picture of the prompts, every question."""

from __future__ import annotations

import html
import json
import re
import tomllib
from pathlib import Path

import pytest

from .conftest import QUESTIONS, STRATEGIES, TEMPLATE

README = (TEMPLATE / "README.md").read_text("utf-8")
DOCS = {path.stem: path.read_text("utf-8") for path in (TEMPLATE / "docs").glob("*.md")}


def words(text: str) -> str:
    """A text without what a terminal, or an SVG, does to its blanks."""
    return " ".join(text.replace("\xa0", " ").split())


def test_the_picture_shows_every_question_and_every_choice() -> None:
    renew = "renew docs/prompts.svg: .venv/bin/python docs/capture_prompts.py"
    svg = (TEMPLATE / "docs" / "prompts.svg").read_text("utf-8")
    shown = words(html.unescape(re.sub(r"<[^>]*>", "", svg)))
    labels = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))
    for label in labels["__prompts__"].values():
        for text in label.values() if isinstance(label, dict) else [label]:
            assert words(text).replace(" ", "") in shown.replace(" ", ""), renew
    assert f"[{len(QUESTIONS)}/{len(QUESTIONS)}]" in shown, renew


@pytest.mark.parametrize("variable", QUESTIONS)
def test_the_docs_name_every_question_and_every_choice(variable: str) -> None:
    choices = QUESTIONS[variable] if isinstance(QUESTIONS[variable], list) else []
    assert all(f"`{each}`" in DOCS["questions"] for each in [variable, *choices])


def test_the_readme_shows_rows_of_the_table_of_the_strategies() -> None:
    rows = re.findall(r"^\|.* \| (?:✓|net|\*\*\d+\*\*) \|$", README, re.MULTILINE)
    assert len(rows) > 10
    assert set(rows) <= set(DOCS["strategies"].splitlines())


def test_the_changelog_has_the_version_of_the_template() -> None:
    project = tomllib.loads((TEMPLATE / "pyproject.toml").read_text("utf-8"))
    changelog = (TEMPLATE / "CHANGELOG.md").read_text("utf-8")
    found = re.findall(
        r"^## (?!Unreleased)(\S+) \(\d{4}-\d\d-\d\d\)$", changelog, re.MULTILINE
    )
    assert found[0] == project["project"]["version"]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_the_diagram_has_each_strategy() -> None:
    diagram = DOCS["design"].partition("```mermaid\n")[2].partition("```")[0]
    assert all(f"[/{strategy}/]" in diagram for strategy in STRATEGIES)


@pytest.mark.parametrize(
    "page",
    [TEMPLATE / "README.md", *sorted((TEMPLATE / "docs").glob("*.md"))],
    ids=lambda page: page.name,
)
def test_links_to_files_of_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert links or page.name != "README.md"
    for link in links:
        assert (page.parent / link).exists(), link
