"""The owner's tests beside other people's pytest plugins, and started from elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import COMPILE_WHAT_IS_IMPORTED, Bake, new_environment, run

pytestmark = pytest.mark.slow

TOOLS: dict[str, tuple[list[str], list[str]]] = {
    "pytest-asyncio": (["pytest-asyncio>=0.24"], ["-o", "asyncio_mode=auto"]),
    "pytest-cov": (["pytest-cov>=5"], ["--cov=one"]),
    "pytest-django": (["pytest-django>=4.9", "django>=5.1"], []),
    "pytest-flask": (["pytest-flask>=1.3"], []),
    "pytest-randomly": (["pytest-randomly>=3.15"], []),
    "pytest-xdist": (["pytest-xdist>=3.6"], ["-n2"]),
}
"""What is installed for each plugin, and how it is used.

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
    ((tool, "highest"), way)
    for tool in TOOLS
    for way in WAYS
    if way == "in the project" or tool == "pytest-xdist"  # one is enough for the rest
]
CASES += [((tool, "lowest-direct"), "in the project") for tool in TOOLS]


@dataclass(frozen=True)
class Tool:
    """An environment with a plugin, and the options that use it."""

    name: str
    python: Path
    options: list[str]


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
def tool(
    request: pytest.FixtureRequest,
    monorepo: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Tool:
    """Make an environment with a plugin, and what both projects require of their tests.

    The oldest versions that they allow, or the newest.
    """
    name, resolution = request.param
    plugin, options = TOOLS[name]
    folder = tmp_path_factory.mktemp("environment")
    packages = [*required(monorepo / "one"), *plugin]
    python = new_environment(folder, *packages, resolution=resolution)
    return Tool(name, python, options)


def required(project: Path) -> list[str]:
    """Return the requirements of a project and of its tests, without the linters."""
    text = (project / "pyproject.toml").read_text("utf-8")
    said = tomllib.loads(text)["project"]
    tests = [each for each in said["optional-dependencies"]["dev"] if "pytest" in each]
    assert len(tests) == 1
    return [*said["dependencies"], *tests]


def name_of(each: str | tuple[str, str]) -> str:
    """Name a part of a case in the test's id."""
    return each if isinstance(each, str) else "+".join(each)


@pytest.mark.parametrize(("tool", "way"), CASES, indirect=["tool"], ids=name_of)
def test_the_owner_s_tests_pass(monorepo: Path, tool: Tool, way: str) -> None:
    folder, arguments, projects = WAYS[way]
    # Above both, neither pyproject.toml is read: they have to be installed.
    sources = [str(monorepo / name / "src") for name in ("one", "two")]
    installed = os.pathsep.join(sources) if projects == 2 else ""
    done = run(
        tool.python,
        *("-m", "pytest", "-p", "no:cacheprovider", *tool.options),
        *(argument.format(root=monorepo) for argument in arguments),
        cwd=monorepo / folder,
        PYTHONPATH=installed,
        **COMPILE_WHAT_IS_IMPORTED,
    )
    plugin = tool.name.removeprefix("pytest-")
    assert re.search(rf"^plugins: .*\b{plugin}-", done.stdout, re.MULTILINE)
    passed = re.search(r"(\d+) passed\b.*", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) > 25 * projects
    assert not re.search("failed|error|skipped", passed[0])
