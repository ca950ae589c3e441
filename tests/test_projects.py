"""Every combination: its tests pass, it is linted and typed, and it is clean."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from .conftest import (
    POLICIES,
    STRATEGIES,
    Bake,
    first_quick,
    need,
    run_pytest,
    run_python,
    run_ruff,
)

ODD_TEXTS = {
    "quotes": """'single' "double" `back` '''three''' \"\"\"three\"\"\"""",
    "backslashes": r"C:\new\table\x41 \\ \N{DASH}",
    "braces": "{{ 7*7 }} {% raw %} {# x #} }} %} #} ${x} {0} %s {{ cookiecutter.x }}",
    "markup": "</script><b>&amp; <!-- [a](b) *c* _d_ ~e~ | # -",
    "beyond the BMP": "emoji 🛒 and \u05e9\u05dc\u05d5\u05dd, 中文, é",
    "list": "1. - + item",
    "long": "word " * 399 + "end",
}

TRACES = {
    "after_request": re.compile(r"after_request|after_this_request"),
    "Response": re.compile(r"\bResponse\(|jsonify|response_class"),
    "make_response": re.compile(r"make_response|ensure_sync"),
}
"""What shows in a file that a strategy is used there."""

ENGINE_USES = {
    "Response": {"advice.py"},  # asks what a policy would send
    "after_request": {"tracing.py"},  # flask headers watches requests with it
    "make_response": {"net.py"},  # copies a response that requests may share
}
"""Where the engine uses the same API for something else."""


def test_the_generated_tests_pass(project: Path) -> None:
    done = run_pytest(cwd=project)
    passed = re.search(r"(\d+) passed in", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 20
    assert not re.search(r"failed|skipped|xfailed|warning", done.stdout), done.stdout


def test_the_project_is_linted_and_formatted(project: Path) -> None:
    run_ruff(project)


def test_the_project_is_typed(project: Path, mypy_cache: str) -> None:
    run_python("-m", "mypy", "--cache-dir", mypy_cache, cwd=project)


def test_no_file_has_leftovers(project: Path) -> None:
    for path in project.rglob("*"):
        if path.is_file() and path.suffix not in {".pyc", ".typed"}:
            text = path.read_text("utf-8")
            assert not re.search(r"cookiecutter|\bTODO\b|\bFIXME\b", text), path
            # The app's own pages are templates, and its README shows how to write one.
            rendered = "response_headers" not in path.parts
            if rendered and path.suffix != ".html" and path.name != "README.md":
                # GitHub's expressions in a workflow are ${{ ... }}.
                assert not re.search(r"(?<!\$)\{\{|\{%", text), path
            assert text.endswith("\n"), path
            assert not text.endswith("\n\n"), path
            assert not re.search(r"[ \t]+$", text, re.MULTILINE), path


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_app_has_no_trace_of_the_other_strategies(
    baked: Bake, strategy: str, policy: str
) -> None:
    project = baked(header_strategy=strategy, header_policy=policy)
    files = [*project.glob("src/**/*.py"), project / "README.md"]
    texts = {path: path.read_text("utf-8") for path in files}
    for other, trace in TRACES.items():
        found = {path.name for path, text in texts.items() if trace.search(text)}
        own = {"strategy.py", "views.py", "README.md"} if other == strategy else set()
        assert found == own | ENGINE_USES.get(other, set()), (
            f"{strategy} has these traces of {other}"
        )


@pytest.mark.parametrize("policy", POLICIES)
def test_the_projects_differ_in_the_strategy_s_own_files_only(
    baked: Bake, policy: str
) -> None:
    first, *others = (
        baked(header_strategy=strategy, header_policy=policy) for strategy in STRATEGIES
    )
    differing = {
        path.relative_to(first).as_posix()
        for path in first.rglob("*")
        for other in others
        if path.is_file()
        and path.suffix != ".pyc"
        and path.read_bytes() != (other / path.relative_to(first)).read_bytes()
    }
    assert differing == {
        "README.md",
        "src/my_flask_app/response_headers/strategy.py",
        "src/my_flask_app/views.py",
    }


@pytest.mark.parametrize("text", first_quick(ODD_TEXTS.values()), ids=ODD_TEXTS)
def test_odd_texts_come_out_whole(bake: Bake, text: str) -> None:
    answers = {"description": text, "author_name": text}
    project = bake(project_name=text, project_slug="odd", package_name="odd", **answers)
    metadata = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert metadata["description"] == text
    assert metadata["authors"] == [{"name": text, "email": "you@example.com"}]
    assert f" {text}\n" in (project / "LICENSE").read_text("utf-8")
    check = f"from odd.first_page import APP_NAME; assert APP_NAME == {text!r}"
    run_python("-X", "utf8", "-c", check, cwd=project / "src")
    run_ruff(project)


ODD_VALUES = [
    '"double"',
    "'single'",
    "\"double\" and 'single'",
    r"back\slash",
    "x" * 70,
    "y" * 300,
    "é \xa0 ÿ",
    "{{ x }} {% y %} {# z #} # {0}",
]


@pytest.mark.parametrize(
    ("value", "policy"),
    first_quick(zip(ODD_VALUES, itertools.cycle(POLICIES), strict=False)),
)
def test_odd_values_come_out_whole_and_formatted(
    bake: Bake, value: str, policy: str
) -> None:
    name = "X-" + "Long-" * 9 if len(value) == 70 else "X-Odd'`|"
    answers = {"custom_header_name": name, "custom_header_value": value}
    project = bake(header_policy=policy, **answers)
    check = f"from my_flask_app.policy import HEADERS; assert HEADERS[0] == {(name, value)!r}"
    run_python("-c", check, cwd=project / "src")
    run_ruff(project)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_generated_tests_pass_with_odd_answers(bake: Bake, policy: str) -> None:
    text = "".join(ODD_TEXTS[kind] for kind in ("quotes", "backslashes", "braces"))
    value = "\"double\" and 'single' \\ {{ x }} {% y %} {# z #} \xe9"
    header = {"custom_header_name": "X-Odd'`|", "custom_header_value": value}
    project = bake(
        project_name=text, project_slug="odd", header_policy=policy, **header
    )
    test_the_generated_tests_pass(project)


@pytest.mark.parametrize("name", ["a", "zz_top", "a" * 35])
def test_names_of_any_length_leave_the_project_formatted(bake: Bake, name: str) -> None:
    project = bake(project_slug=name, package_name=name)
    run_ruff(project)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_greenlets_do_not_share_a_nonce(baked: Bake, strategy: str) -> None:
    need("greenlet", found=find_spec("greenlet"))
    script = Path(__file__).parent / "ask_in_greenlets.py"
    project = baked(header_strategy=strategy, header_policy="web")
    found = json.loads(run_python(script, cwd=project).stdout)
    assert len(found) == 5
    for nonces in found:
        assert len(nonces) == 4  # two in the policy, two in the page
        assert len(set(nonces)) == 1
    assert len({nonces[0] for nonces in found}) == 5


TWO_APPS = """
import sys
sys.path[:0] = sys.argv[1:]
import one, two
from one.response_headers import strategy
from werkzeug.test import run_wsgi_app, EnvironBuilder

calls = []
add = strategy.apply_policy
strategy.apply_policy = lambda response: calls.append(response) or add(response)
for app, expected in ((two.create_app(), 0), (one.create_app(), 1)):
    _, status, headers = run_wsgi_app(app, EnvironBuilder("/health").get_environ())
    assert status == "200 OK"
    assert headers.getlist("Custom-Header") == ["Some value"]
    assert len(calls) == expected, (app, calls)
"""


@pytest.mark.parametrize("other", first_quick(STRATEGIES))
def test_two_apps_in_one_process_leave_each_other_alone(
    baked: Bake, tmp_path: Path, other: str
) -> None:
    paths = [
        baked(header_strategy=strategy, package_name=name) / "src"
        for name, strategy in (("one", "make_response"), ("two", other))
    ]
    run_python("-c", TWO_APPS, *paths, cwd=tmp_path)
