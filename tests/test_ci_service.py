"""What each CI service is told to do: sound for its linters, and run as it is written."""

from __future__ import annotations

import os
import re
import shutil
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import (
    COMPILE_WHAT_IS_IMPORTED,
    QUESTIONS,
    TEMPLATE,
    Bake,
    need,
    need_package,
    new_environment,
    run,
    run_python,
)
from .test_readme import PYTHONS

pytestmark = pytest.mark.slow

FILES = {
    "github": {".github/dependabot.yml", ".github/workflows/ci.yml"},
    "gitlab": {".gitlab-ci.yml"},
    "none": set[str](),
}

MAIN_FILE = {"github": ".github/workflows/ci.yml", "gitlab": ".gitlab-ci.yml"}

SCHEMAS = [
    ("github", ".github/workflows/ci.yml", ["vendor.github-workflows"]),
    ("github", ".github/dependabot.yml", ["vendor.dependabot"]),
    (
        "gitlab",
        ".gitlab-ci.yml",
        ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    ),
]

ACTIONLINT = (
    TEMPLATE / "build" / "scanners" / "node_modules" / "@tktco" / "node-actionlint"
)
"""actionlint itself, made to run in Node.js."""

INSTALL = 'pip install --editable ".[dev]"'
JOBS = {
    "tests": [INSTALL, "pytest", "flask --app my_flask_app headers check"],
    "style": [INSTALL, "ruff check", "mypy"],
}
"""What both services run. The first line is the README's."""


def read(project: Path, service: str) -> Any:
    """What a service is told."""
    return yaml.safe_load((project / MAIN_FILE[service]).read_text("utf-8"))


def jobs(project: Path, service: str) -> dict[str, list[str]]:
    """The commands of each job, in order."""
    told = read(project, service)
    if service == "github":
        return {
            name: [step["run"] for step in job["steps"] if "run" in step]
            for name, job in told["jobs"].items()
        }
    return {
        name: job["script"]
        for name, job in told.items()
        if isinstance(job, dict) and "script" in job
    }


@pytest.mark.parametrize("service", QUESTIONS["ci_service"])
def test_a_service_has_its_own_files_only(baked: Bake, service: str) -> None:
    project = baked(ci_service=service)
    found = {
        path.relative_to(project).as_posix()
        for path in project.rglob("*")
        if path.is_file() and path.relative_to(project).parts[0].startswith(".git")
    }
    assert found == FILES[service] | {".gitignore"}


@pytest.mark.parametrize("service", QUESTIONS["ci_service"])
def test_the_readme_tells_of_its_own_service_only(baked: Bake, service: str) -> None:
    text = (baked(ci_service=service) / "README.md").read_text("utf-8")
    links = set(re.findall(r"\]\((\.git[^)]+)\)", text))
    assert links == FILES[service]
    assert ("A step for CI" in text) == (service == "none")


def test_zizmor_finds_nothing(baked: Bake) -> None:
    need_package("zizmor")
    zizmor = shutil.which("zizmor", path=sysconfig.get_path("scripts"))
    project = baked(ci_service="github")
    command = [str(zizmor), "--offline", "--no-config", "--persona=pedantic"]
    done = run(*command, "--format=json", project, cwd=project)
    assert done.stdout.strip() == "[]"
    assert done.stderr.count("completed") == len(FILES["github"])


def test_actionlint_finds_nothing(baked: Bake) -> None:
    need("node", found=shutil.which("node"))
    need("actionlint", found=ACTIONLINT.is_dir())
    script = ACTIONLINT / "bin" / "node-actionlint.js"
    project = baked(ci_service="github")
    done = run("node", script, ".github/workflows/*.yml", cwd=project)
    assert "Checking 1 workflow file" in done.stdout
    assert "All workflow files passed" in done.stdout


@pytest.mark.parametrize(("service", "name", "schema"), SCHEMAS)
def test_a_file_is_as_its_schema_says(
    baked: Bake, service: str, name: str, schema: list[str]
) -> None:
    need_package("check-jsonschema")
    project = baked(ci_service=service)
    run_python(
        *("-m", "check_jsonschema", "--builtin-schema", *schema, name), cwd=project
    )


def test_actions_are_pinned_by_commit_with_their_version_beside(baked: Bake) -> None:
    text = (baked(ci_service="github") / MAIN_FILE["github"]).read_text("utf-8")
    pin = r"actions/(?:checkout|setup-python)@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+"
    used = re.findall(r"uses: (.+)", text)
    assert used
    assert all(re.fullmatch(pin, each) for each in used)
    assert len(set(used)) == 2  # the same in each job


def test_github_gives_no_more_rights_than_needed(baked: Bake) -> None:
    told = read(baked(ci_service="github"), "github")
    assert told["permissions"] == {}
    assert told["concurrency"] == {
        "group": "${{ github.workflow }}-${{ github.ref }}",
        "cancel-in-progress": True,
    }
    for job in told["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"] <= 15
        checkout, python = job["steps"][:2]
        assert checkout["with"] == {"persist-credentials": False}
        assert python["with"]["cache"] == "pip"
        assert python["with"]["cache-dependency-path"] == "pyproject.toml"


def test_gitlab_runs_a_merge_request_once(baked: Bake) -> None:
    told = read(baked(ci_service="gitlab"), "gitlab")
    merge_request, doubled, branch = told["workflow"]["rules"]
    assert merge_request == {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'}
    assert doubled == {
        "if": "$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS",
        "when": "never",
    }
    assert branch == {"if": "$CI_COMMIT_BRANCH"}
    assert told["workflow"]["auto_cancel"] == {"on_new_commit": "interruptible"}
    assert told["default"]["interruptible"] is True


def test_gitlab_caches_what_pip_downloads(baked: Bake) -> None:
    told = read(baked(ci_service="gitlab"), "gitlab")
    cache = told["default"]["cache"]
    assert cache["key"] == {"prefix": "$CI_JOB_NAME_SLUG", "files": ["pyproject.toml"]}
    folders = [f"$CI_PROJECT_DIR/{path}" for path in cache["paths"]]
    assert folders == [told["variables"]["PIP_CACHE_DIR"]]


def test_each_supported_python_is_tested(baked: Bake) -> None:
    github = read(baked(ci_service="github"), "github")["jobs"]["tests"]
    assert github["strategy"]["matrix"] == {"python": PYTHONS}
    assert github["steps"][1]["with"]["python-version"] == "${{ matrix.python }}"
    gitlab = read(baked(ci_service="gitlab"), "gitlab")
    assert gitlab["tests"]["parallel"]["matrix"] == [{"PYTHON": PYTHONS}]
    assert gitlab["default"]["image"] == "python:$PYTHON-slim"


def test_both_services_run_the_same(baked: Bake) -> None:
    assert jobs(baked(ci_service="github"), "github") == JOBS
    assert jobs(baked(ci_service="gitlab"), "gitlab") == JOBS
    readme = (baked(ci_service="github") / "README.md").read_text("utf-8")
    assert INSTALL in readme


def test_the_jobs_do_what_they_say(bake: Bake, mypy_cache: str, tmp_path: Path) -> None:
    need("sh", found=shutil.which("sh"))
    project = bake()
    python = new_environment(tmp_path / "venv", "pip")
    path = os.pathsep.join([str(python.parent), os.defpath])
    printed = {}
    for job, commands in JOBS.items():  # in one environment: both install the same
        done = run(
            *("sh", "-ec", "\n".join(commands)),
            cwd=project,
            CI="true",
            PATH=path,
            MYPY_CACHE_DIR=mypy_cache,
            **COMPILE_WHAT_IS_IMPORTED,
        )
        printed[job] = done.stdout
    assert re.search(r"\d+ passed in", printed["tests"])
    assert "violations: 0" in printed["tests"]
    assert "All checks passed" in printed["style"]
    assert "Success: no issues found" in printed["style"]


@pytest.mark.parametrize(
    ("job", "fault"),
    [
        ("tests", "def test_red() -> None:\n    assert 1 == 2\n"),
        ("style", "print(missing)\n"),
    ],
)
def test_a_job_that_finds_a_fault_fails(
    bake: Bake, mypy_cache: str, job: str, fault: str
) -> None:
    need("sh", found=shutil.which("sh"))
    project = bake()
    (project / "tests" / "test_red.py").write_text(fault)
    commands = "\n".join(each for each in JOBS[job] if each != INSTALL)
    scripts = os.pathsep.join([sysconfig.get_path("scripts"), os.defpath])
    environment = {"PATH": scripts, "MYPY_CACHE_DIR": mypy_cache}
    done = run("sh", "-ec", commands, cwd=project, check=False, **environment)
    assert done.returncode == 1
    assert "test_red.py" in done.stdout
