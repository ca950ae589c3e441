"""A strategy and a policy, added by the five steps of ``CONTRIBUTING.md``.

``tests/adding/strategy`` and ``tests/adding/policy`` hold the files that the steps name,
where they have them in the template.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from .conftest import (
    POLICIES,
    STRATEGIES,
    TEMPLATE,
    run_pytest,
    run_python,
    run_ruff,
)
from .test_generation import cookiecutter
from .test_same_wire import differences, wires_of

pytestmark = pytest.mark.slow

ADDED = Path(__file__).parent / "adding"
PROJECT = "{{cookiecutter.project_slug}}/"

CHOICES = {
    "strategy": ("header_strategy", "wsgi", "wsgi: a middleware inside the app"),
    "policy": ("header_policy", "minimal", "minimal: your own header, and no sniffing"),
}

TRACE = r"HeadersMiddleware|as Page\b|-> tuple\[dict|WSGI middleware\*\*"

LINES = {
    "strategy": {
        "tests/test_projects.py": [("TRACES = {", f'"wsgi": re.compile(r"{TRACE}"),')]
    },
    "policy": {
        "tests/test_generation.py": [("OWN_FILES = {", '"minimal": set[str](),')]
    },
}
"""What the steps add to files that are there: below which line, and what."""

PROJECTS = [("strategy", "wsgi", POLICIES[0]), ("policy", STRATEGIES[0], "minimal")]


def files(what: str) -> set[str]:
    """The files that are added, as their step names them."""
    folder = ADDED / what
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix().removeprefix(PROJECT) for path in paths}


def steps(what: str) -> list[str]:
    """The numbered steps by which something is added."""
    text = (TEMPLATE / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition(f"\n## How to add a {what}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d\. (.+?)(?=^\d\. |\Z)", section, re.MULTILINE | re.DOTALL)


def named(what: str) -> list[str]:
    """The paths that the steps name, some of them with ``<strategy>`` or ``<policy>``."""
    words = re.findall(r"`([^`]+)`", " ".join(steps(what)))
    return [word for word in words if re.fullmatch(r"\S+/\S*[^/]|\w+\.(json|md)", word)]


@pytest.mark.parametrize("what", CHOICES)
def test_there_are_five_steps(what: str) -> None:
    assert len(steps(what)) == 5


@pytest.mark.parametrize("what", CHOICES)
def test_the_steps_name_every_file_and_no_other(what: str) -> None:
    there = {*LINES[what], "cookiecutter.json", "README.md"}
    left = files(what) | there
    for name in named(what):
        pattern = re.sub(r"<\w+>", "[^/{}]+", re.escape(name))
        found = {path for path in left if re.fullmatch(pattern, path)}
        assert found, f"the steps name {name}"
        left -= found
    assert left == set()


def add(template: Path, what: str) -> None:
    """Do what the steps say."""
    shutil.copytree(ADDED / what, template, dirs_exist_ok=True)
    variable, choice, label = CHOICES[what]
    path = template / "cookiecutter.json"
    questions = json.loads(path.read_text("utf-8"))
    questions[variable].append(choice)
    questions["__prompts__"][variable][choice] = label
    path.write_text(json.dumps(questions), "utf-8")
    for name, lines in LINES[what].items():
        text = (template / name).read_text("utf-8")
        for below, line in lines:
            assert text.count(f"\n{below}\n") == 1
            text = text.replace(f"\n{below}\n", f"\n{below}\n    {line}\n")
        (template / name).write_text(text, "utf-8")


def generated(template: Path, strategy: str, policy: str, cors: str = "no") -> Path:
    """A project of a template, with a strategy and a policy."""
    out = template.parent / f"{strategy}-{policy}"
    answers = (
        f"header_strategy={strategy}",
        f"header_policy={policy}",
        f"use_cors={cors}",
    )
    cookiecutter(out, "--no-input", *answers, template=template)
    return out / "my-flask-app"


@pytest.mark.parametrize(("what", "strategy", "policy"), PROJECTS)
def test_what_is_added_is_tested_linted_and_typed(
    template_copy: Path, mypy_cache: str, what: str, strategy: str, policy: str
) -> None:
    add(template_copy, what)
    project = generated(template_copy, strategy, policy)
    done = run_pytest(cwd=project)
    assert re.search(r"\d{2} passed", done.stdout)
    run_ruff(project)
    run_python("-m", "mypy", "--cache-dir", mypy_cache, cwd=project)


def test_the_strategy_added_sends_what_the_others_send(template_copy: Path) -> None:
    add(template_copy, "strategy")
    place = template_copy.parent / "place" / "my-flask-app"
    one, other = (
        wires_of(generated(template_copy, strategy, "custom"), place)
        for strategy in ("wsgi", "after_request")
    )
    assert len(one) > 700
    found = differences(one, other)
    assert not found, "\n".join(found.values())


@pytest.mark.parametrize(
    ("what", "tests"),
    [
        ("strategy", ("test_projects.py", "-k", "trace and wsgi")),
        ("policy", ("test_generation.py", "-k", "minimal")),
    ],
)
def test_the_template_s_own_tests_see_what_is_added(
    template_copy: Path, what: str, tests: tuple[str, ...]
) -> None:
    add(template_copy, what)
    name, *options = tests
    done = run_python(
        *("-m", "pytest", "-n0", "-v", "-p", "no:cacheprovider", f"tests/{name}"),
        *options,
        cwd=template_copy,
    )
    choice = CHOICES[what][1]
    assert re.search(rf"{choice}.*PASSED", done.stdout)
