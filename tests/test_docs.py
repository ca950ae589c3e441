"""What the README shows is what there is: the picture of the prompts, every question."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from .conftest import QUESTIONS, STRATEGIES, TEMPLATE

README = (TEMPLATE / "README.md").read_text("utf-8")


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
def test_the_readme_names_every_question_and_every_choice(variable: str) -> None:
    choices = QUESTIONS[variable] if isinstance(QUESTIONS[variable], list) else []
    assert all(f"`{each}`" in README for each in [variable, *choices])


def test_the_diagram_has_each_strategy() -> None:
    diagram = README.partition("```mermaid\n")[2].partition("```")[0]
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
