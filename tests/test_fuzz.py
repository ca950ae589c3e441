"""Any answers at all: refused in one line, or a project that parses, starts and answers.

``pytest tests/test_fuzz.py --hypothesis-profile=long -n0`` takes a few minutes.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shutil
import sys
import tempfile
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from cookiecutter.main import cookiecutter
from hypothesis import event, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from werkzeug.test import Client

from .conftest import POLICIES, QUESTIONS, STRATEGIES, TEMPLATE

pytestmark = pytest.mark.slow

MARKS = st.text("`*_{}[]()<>#+-=.!|~&$\\'\"/:;,%@^? 1aZé", min_size=1, max_size=40)
JINJA = st.sampled_from(
    ["{{ 7*7 }}", "{% raw %}", "{# x #}", "{{", "%}", "{{ cookiecutter.x }}"]
)
ODD = st.sampled_from(
    [
        "</script><b>&amp;",
        "'''\"\"\"",
        "\\N{DASH} \\x41 \\",
        "# heading",
        "1. item",
        "- item",
        "> quote",
        "https://example.com www.example.com a@example.com",
        "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c",
        "🛒👩‍🚀",
        "yes: no",
        "word " * 399 + "end",
    ]
)
SHOWN = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)
SOUND = st.one_of(SHOWN.map(str.strip), MARKS.map(str.strip), JINJA, ODD)
TEXTS = st.one_of(*[SOUND] * 8, st.text(max_size=9))  # the last mostly is not
GOOD_NAMES = st.from_regex(r"\A[a-z][a-z0-9_]{2,12}x\Z")
BAD_NAMES = st.sampled_from(
    ["flask", "class", "json", "tests", "con", "a/b/c", "../x", "", "."]
)
NAMES = st.one_of(*[GOOD_NAMES] * 12, BAD_NAMES, st.text(max_size=9))
TOKENS = st.one_of(
    st.from_regex(r"\A[A-Za-z][A-Za-z0-9-]{0,20}\Z"),
    st.from_regex(r"\A[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}\Z"),
    st.sampled_from(["X-Ok", "Content-Length", "X-Frame-Options", "A B", "X:"]),
)
LATIN = st.one_of(
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), min_size=1).map(
        str.strip
    ),
    MARKS.map(str.strip),
    JINJA,
    TEXTS,
)

ANSWERS = st.fixed_dictionaries(
    {
        "header_strategy": st.sampled_from(STRATEGIES),
        "header_policy": st.sampled_from(POLICIES),
        "project_slug": NAMES,
    },
    optional={
        "project_name": TEXTS,
        "package_name": NAMES,
        "description": TEXTS,
        "author_name": TEXTS,
        "author_email": st.one_of(st.emails(), st.emails(), TEXTS),
        "custom_header_name": TOKENS,
        "custom_header_value": LATIN,
        **{
            variable: st.sampled_from(QUESTIONS[variable])
            for variable in ("license", "use_cors", "deployment", "ci_service")
        },
    },
)


class Title(HTMLParser):
    """The title of a page, as a browser reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.inside = False

    def handle_starttag(self, tag: str, _attributes: Any) -> None:
        """Note that the title begins."""
        self.inside = tag == "title"

    def handle_endtag(self, _tag: str) -> None:
        """Note that it ends."""
        self.inside = False

    def handle_data(self, data: str) -> None:
        """Keep its text."""
        self.text += data * self.inside


def bake(answers: dict[str, str], out: Path) -> Path:
    """Generate a project, as the command line does."""
    config = out.parent / "config.yaml"
    config.write_text(
        f"replay_dir: {json.dumps(str(out.parent / 'replay'))}\n", "utf-8"
    )
    return Path(
        cookiecutter(
            str(TEMPLATE),
            no_input=True,
            extra_context=answers,
            output_dir=str(out),
            config_file=str(config),
        )
    )


def given_or_default(answers: dict[str, str], variable: str) -> str:
    """An answer, or what is taken where there is none."""
    default: str = QUESTIONS[variable]
    return answers.get(variable, default)


def read_back(project: Path, answers: dict[str, str]) -> None:
    """See that every file parses and that each text reads back as it was given."""
    for path in project.rglob("*.py"):
        ast.parse(path.read_text("utf-8"))
    for path in [*project.rglob("*.yaml"), *project.rglob("*.yml")]:
        assert [*yaml.safe_load_all(path.read_text("utf-8"))]
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["description"] == given_or_default(answers, "description")
    author = {
        "name": given_or_default(answers, "author_name"),
        "email": given_or_default(answers, "author_email"),
    }
    assert metadata["authors"] == [author]
    heading, paragraph = paragraphs((project / "README.md").read_text("utf-8"))[:2]
    assert heading == given_or_default(answers, "project_name")
    assert paragraph == given_or_default(answers, "description")
    if answers.get("license", "MIT") == "MIT":
        owner = (project / "LICENSE").read_text("utf-8").split("\n")[2]
        assert re.sub(r"\d{4}", "YEAR", owner, count=1) == (
            f"Copyright (c) YEAR {author['name']}"
        )


def paragraphs(markdown: str) -> list[str]:
    """The texts of the headings and paragraphs of a Markdown document."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        "".join(child.content for child in token.children or [])
        for token in tokens
        if token.type == "inline"
    ]


def ask(project: Path, answers: dict[str, str]) -> None:
    """Start the app, ask for its first page, and look at it."""
    (package,) = (path.name for path in (project / "src").iterdir())
    before = set(sys.modules)
    sys.path.insert(0, str(project / "src"))
    importlib.invalidate_caches()
    try:
        app = importlib.import_module(package).create_app()
        response = Client(app).get("/")
        assert response.status_code == 200
        name = given_or_default(answers, "custom_header_name")
        value = given_or_default(answers, "custom_header_value")
        assert response.headers.getlist(name) == [value]
        if answers["header_policy"] == "web":
            title = Title()
            title.feed(response.text)
            expected = given_or_default(answers, "project_name")
            assert title.text == f"Hello World - {expected}"
    finally:
        sys.path.remove(str(project / "src"))
        for module in set(sys.modules) - before:
            if module.partition(".")[0] == package:
                del sys.modules[module]


@given(answers=ANSWERS)
def test_any_answers_are_refused_or_make_a_project(answers: dict[str, str]) -> None:
    place = Path(tempfile.mkdtemp())
    out = place / "out"
    out.mkdir()
    try:
        try:
            project = bake(answers, out)
        except SystemExit as refusal:
            event("refused")
            line = str(refusal)
            assert line.isprintable()
            assert " cannot be used. " in line
            assert os.listdir(out) == []  # noqa: PTH208
            assert {path.name for path in place.iterdir()} <= {
                "out",
                "config.yaml",
                "replay",
            }
        else:
            event("made")
            read_back(project, answers)
            ask(project, answers)
    finally:
        shutil.rmtree(place)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }} {% raw %}",
        "# C#",
        "1) a",
        "a &amp; b",
        "`a` *b*",
        "{{cookiecutter.project_slug}}",
        "see https://a.example/b_c?d=1&e",
    ],
)
def test_a_text_reads_back(tmp_path: Path, text: str) -> None:
    answers = {"project_name": text, "description": text, "project_slug": "x"}
    answers["header_policy"] = "web"
    project = bake(answers, tmp_path)
    read_back(project, answers)
    ask(project, answers)
