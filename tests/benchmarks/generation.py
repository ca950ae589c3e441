"""What it takes to generate a project, and to run what was generated."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import POLICIES, TEMPLATE, clean_environment

from .apps import generate
from .measuring import Line, Once, Table, compare, line_of, repeated

GENERATED_TESTS_SECONDS = 5

PUBLISHED = {
    "candidtim/cookiecutter-flask-minimal at 9706b17, 11 files": 9.4,
    "cookiecutter-flask/cookiecutter-flask at e5666c2, 66 files": 122.6,
}
"""KiB of the files that public templates generate from, with all that they offer."""


def measure(folder: Path, rounds: int) -> Iterator[Table]:
    """Measure cookiecutter with the hooks and without, each hook, and the tests."""
    with_hooks = _copy(folder / "with")
    without_hooks = _copy(folder / "without")
    shutil.rmtree(without_hooks / "hooks")
    things = {
        "cookiecutter, the same files without hooks": _generating(
            without_hooks, folder
        ),
        "cookiecutter": _generating(with_hooks, folder),
    }
    for hook in ("pre_gen_project", "post_gen_project"):
        one = _copy(folder / hook)
        for other in one.glob("hooks/*"):
            if other.stem != hook:
                other.unlink()
        things[f"cookiecutter, with {hook} only"] = _generating(one, folder)
    title = "Generate a project, a process"
    targets = {"cookiecutter": 1.30}
    yield compare(title, things, rounds=rounds, at_most=targets)

    lines: list[Line] = []
    sizes: list[Line] = []
    for policy in POLICIES:
        out = folder / f"tests-{policy}"
        generate(out, f"header_policy={policy}")
        project = out / "my-flask-app"
        sizes += [_size(policy, project), _size(f"{policy}, src", project / "src")]
        seconds = [_tests(project) for _ in range(3)]
        target = float(GENERATED_TESTS_SECONDS)
        lines.append(line_of(policy, seconds, at_most=target))
    yield Table("Seconds that the generated tests take, a process", lines)
    sizes += [line_of(name, [kib]) for name, kib in PUBLISHED.items()]
    yield Table("KiB of a generated project", sizes)


def _copy(folder: Path) -> Path:
    ignored = shutil.ignore_patterns(
        ".git", ".nox", ".venv", ".*_cache", "build", "tests"
    )
    shutil.copytree(TEMPLATE, folder, ignore=ignored)
    # The template's tests are no part of what is generated, the project's are.
    tests = "{{cookiecutter.project_slug}}/tests"
    shutil.copytree(TEMPLATE / tests, folder / tests, dirs_exist_ok=True)
    return folder


def _generating(template: Path, folder: Path) -> Once:
    return repeated(lambda: generate(_fresh(folder / "out"), template=template))


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _tests(project: Path) -> float:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    start = time.perf_counter()
    subprocess.run(
        command,
        check=True,
        cwd=project,
        # A project's own environment has none of the plugins that are here.
        env=clean_environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def _size(name: str, project: Path) -> Line:
    files = [path for path in project.rglob("*") if path.is_file()]
    kib = sum(path.stat().st_size for path in files) / 1024
    return line_of(f"{name}, {len(files)} files", [kib])
