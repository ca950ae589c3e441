"""Cookiecutter and Python that are too old are refused in one line, and nothing is written."""

from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path
from typing import Any

import cookiecutter
import pytest

from upgrade_cookiecutter_to_2_3 import Refusal, check_versions

from .conftest import TEMPLATE, new_environment, run
from .test_generation import FILES, files_of

CHECK = "upgrade_cookiecutter_to_2_3"

OLD = [
    ("1.7.3", "3.11", f"Unable to load extension: No module named '{CHECK}'"),
    (
        "2.1.1",
        "3.11",
        "This template needs cookiecutter 2.3 or newer, and this is 2.1.1.",
    ),
    (
        "2.2.3",
        "3.11",
        "This template needs cookiecutter 2.3 or newer, and this is 2.2.3.",
    ),
    ("2.6.0", "3.7", "This template needs Python 3.10 or newer, and this is 3.7."),
    ("2.6.0", "3.8", "This template needs Python 3.10 or newer, and this is 3.8."),
    ("2.6.0", "3.9", "This template needs Python 3.10 or newer, and this is 3.9."),
]
"""A version of cookiecutter, the Python that runs it, and what the line says."""

OLDEST = [("2.3.0", "3.11"), ("2.6.0", "3.10")]
"""The oldest that work, each with what most people have beside it."""


def find_python(version: str) -> str:
    """A Python of this version: one of pyenv's, or what uv finds or downloads."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    return str(found[-1]) if found else version


def install(folder: Path, cookiecutter_version: str, python_version: str) -> Path:
    """Make an environment with this cookiecutter, and return its command."""
    # Cookiecutter 1 imports pkg_resources, which came with every Python of its time.
    packages = (f"cookiecutter=={cookiecutter_version}", "setuptools<81")
    python = new_environment(folder, *packages, python=find_python(python_version))
    return Path(shutil.which("cookiecutter", path=str(python.parent)) or "")


def generate(command: Path, tmp_path: Path) -> Any:
    """Run a cookiecutter with every default, in a folder of its own."""
    (tmp_path / "out").mkdir()
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    arguments = ("--no-input", TEMPLATE)
    return run(command, *arguments, cwd=tmp_path / "out", check=False, **home)


@pytest.mark.slow
@pytest.mark.parametrize(("version", "python", "says"), OLD)
def test_what_is_too_old_is_refused_in_one_line_and_nothing_is_written(
    tmp_path: Path, version: str, python: str, says: str
) -> None:
    command = install(tmp_path / "environment", version, python)
    done = generate(command, tmp_path)
    printed = done.stdout + done.stderr
    assert done.returncode == 1
    assert printed.startswith(says)
    assert printed.count("\n") == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(("version", "python"), OLDEST)
def test_the_oldest_that_work(tmp_path: Path, version: str, python: str) -> None:
    command = install(tmp_path / "environment", version, python)
    done = generate(command, tmp_path)
    assert done.returncode == 0, done.stderr
    assert files_of(tmp_path / "out" / "my-flask-app") == FILES["web"]


def test_old_versions_are_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    check_versions()
    monkeypatch.setattr(cookiecutter, "__version__", "2.2.3")
    with pytest.raises(Refusal, match="--upgrade cookiecutter"):
        check_versions()
    monkeypatch.setattr("sys.version_info", (3, 9, 18))
    with pytest.raises(Refusal, match=r"Python 3\.10 or newer.*-m cookiecutter$"):
        check_versions()


def test_an_old_python_can_read_the_check() -> None:
    text = (TEMPLATE / f"{CHECK}.py").read_text("utf-8")
    tree = ast.parse(text, feature_version=(3, 7))
    imported = [
        node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    # The rest of the extension is for newer versions: it comes after the check.
    assert tree.body[-1] is imported[-1]
    assert isinstance(tree.body[-2], ast.Expr)
    assert ast.unparse(tree.body[-2]) == "check_versions()"
