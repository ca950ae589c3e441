"""The owner's tests beside other people's pytest plugins, and started from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from .conftest import (
    COMPILE_WHAT_IS_IMPORTED,
    Bake,
    made_once,
    new_environment,
    python_of,
    run,
)

pytestmark = pytest.mark.slow

TOOLS: dict[str, tuple[str, list[str], list[str]]] = {
    "pytest-asyncio": (
        "asyncio",
        ["pytest-asyncio>=0.24"],
        ["-o", "asyncio_mode=auto"],
    ),
    "pytest-cov": ("pytest_cov", ["pytest-cov>=5"], ["--cov=one"]),
    "pytest-django": ("django", ["pytest-django>=4.9", "django>=5.1"], []),
    "pytest-flask": ("flask", ["pytest-flask>=1.3"], []),
    "pytest-randomly": ("randomly", ["pytest-randomly>=3.15"], []),
    "pytest-xdist": ("xdist", ["pytest-xdist>=3.6"], ["-n2"]),
}
"""The name that each plugin has for pytest, what is installed for it, and how it is used.

Each lower limit is the first version that was released for the oldest pytest.
"""

WAYS: dict[str, tuple[str, list[str], int]] = {
    "in the project": ("one", [], 1),
    "from another folder": ("elsewhere", ["{root}/one/tests"], 1),
    "with its configuration": (
        "elsewhere",
        ["-c", "{root}/one/pyproject.toml", "{root}/one/tests"],
        1,
    ),
    "above two projects": (".", [], 2),
}
"""The folder that pytest is started in, its arguments, and how many projects it tests."""

CASES = [
    ("highest", tool, way)
    for tool in TOOLS
    for way in WAYS
    if way == "in the project" or tool == "pytest-xdist"  # one is enough for the rest
]
# What these two warn of has stopped the tests.
CASES += [
    ("lowest-direct", tool, "in the project")
    for tool in ("pytest-asyncio", "pytest-flask")
]


@pytest.fixture(scope="module")
def monorepo(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two projects, and one with nothing."""
    root = tmp_path_factory.mktemp("monorepo")
    (root / "elsewhere").mkdir()
    for name, strategy, policy in [
        ("one", "after_request", "web"),
        ("two", "Response", "api"),
    ]:
        answers = {"header_strategy": strategy, "header_policy": policy}
        project = bake(project_slug=name, package_name=name, **answers)
        shutil.copytree(project, root / name)
    return root


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest, monorepo: Path, shared: Path) -> Path:
    """Make an environment with all plugins, and what both projects require of their tests.

    The oldest versions that they allow, or the newest.
    """
    packages = required(monorepo / "one")
    packages += [each for _, plugin, _ in TOOLS.values() for each in plugin]
    folder = shared / f"plugins-{request.param}"
    made_once(
        folder, lambda: new_environment(folder, *packages, resolution=request.param)
    )
    return python_of(folder)


def required(project: Path) -> list[str]:
    """Return the requirements of a project and of its tests, without the linters."""
    text = (project / "pyproject.toml").read_text("utf-8")
    said = tomllib.loads(text)["project"]
    tests = [each for each in said["optional-dependencies"]["dev"] if "pytest" in each]
    assert len(tests) == 1
    return [*said["dependencies"], *tests]


@pytest.mark.parametrize(("python", "tool", "way"), CASES, indirect=["python"])
def test_the_owner_s_tests_pass(
    monorepo: Path, python: Path, tool: str, way: str
) -> None:
    plugin, _, options = TOOLS[tool]
    folder, arguments, projects = WAYS[way]
    # Above both, neither pyproject.toml is read: they have to be installed.
    sources = [str(monorepo / name / "src") for name in ("one", "two")]
    installed = os.pathsep.join(sources) if projects == 2 else ""
    done = run(
        python,
        *("-m", "pytest", "-p", "no:cacheprovider", "-p", plugin, *options),
        *(argument.format(root=monorepo) for argument in arguments),
        cwd=monorepo / folder,
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",  # this plugin is the only one
        PYTHONPATH=installed,
        **COMPILE_WHAT_IS_IMPORTED,
    )
    loaded = re.search(r"^plugins: (.*)", done.stdout, re.MULTILINE)
    assert loaded, done.stdout
    assert re.fullmatch(rf"{tool.removeprefix('pytest-')}-[\d.]+", loaded[1])
    passed = re.search(r"(\d+) passed\b.*", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 25 * projects
    assert not re.search("failed|error|skipped", passed[0])
