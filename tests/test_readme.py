"""The commands of both READMEs, run as written, and each Python that is supported."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from .conftest import (
    COMPILE_WHAT_IS_IMPORTED,
    TEMPLATE,
    Bake,
    clean_environment,
    need,
    need_package,
    new_environment,
    run,
    run_python,
)
from .test_served import free_port

pytestmark = pytest.mark.slow

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
"""What the template and its projects claim to support."""

UNIX_SHELL = os.name == "posix" and shutil.which("sh")
"""Git brings one to Windows, but a virtual environment has no ``bin`` there."""


def commands(readme: Path) -> list[str]:
    """Every block of commands in a README."""
    fenced = readme.read_text("utf-8").split("\n```")[1::2]
    blocks = (block.partition("\n") for block in fenced)
    return [block for language, _, block in blocks if language in {"", "sh"}]


def command(readme: Path, *words: str) -> str:
    """The first block of commands in a README that has all of the words."""
    for block in commands(readme):
        if all(word in block for word in words):
            return block
    pytest.fail(f"{readme} has no commands with {words}")


def find_python(version: str) -> str | None:
    """Find a Python on the path that works, which those of pyenv may not."""
    found = shutil.which(f"python{version}")
    works = found and subprocess.run([found, "-c", ""], check=False).returncode == 0
    return found if works else None


def test_the_readmes_lead_to_a_running_app_whose_tests_pass(
    tmp_path: Path, template_copy: Path
) -> None:
    need("a Unix shell", found=UNIX_SHELL)
    oldest = next(filter(None, map(find_python, PYTHONS)), None)
    need("Python by its version, such as python3.13", found=oldest)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(str(oldest))
    start = command(TEMPLATE / "README.md", "cookiecutter", "flask")
    port = str(free_port())
    environment: dict[str, Any] = {
        "HOME": str(tmp_path),
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        **COMPILE_WHAT_IS_IMPORTED,
    }
    with started(start, template_copy, environment | {"FLASK_RUN_PORT": port}) as shell:
        assert_says_hello(port, shell)
    project = template_copy / "build" / "my-flask-app"
    tests = command(project / "README.md", "venv", "pytest")
    done = run("sh", "-c", tests, cwd=project, **environment)
    assert re.search(r"\d+ passed in", done.stdout)


@pytest.mark.parametrize("version", PYTHONS[1:])
def test_it_generates_and_a_project_works_on_this_python_too(
    tmp_path: Path, version: str
) -> None:
    found = find_python(version)
    if not found:  # GitHub installs each; .ci/run takes what the machine has
        pytest.skip(f"Python {version} is not on this machine")
    venv = tmp_path / "venv"
    python = new_environment(venv, "cookiecutter", python=found)
    generate = ("-m", "cookiecutter", "--no-input", "--output-dir", tmp_path, TEMPLATE)
    run(python, *generate, cwd=tmp_path, HOME=str(tmp_path), USERPROFILE=str(tmp_path))
    project = tmp_path / "my-flask-app"
    new_environment(venv, "--editable", f"{project}[dev]", python=found)
    done = run(python, "-m", "pytest", cwd=project)
    assert re.search(r"\d+ passed in", done.stdout)


def test_the_project_s_readme_serves_with_gunicorn(bake: Bake, tmp_path: Path) -> None:
    need("a Unix shell", found=UNIX_SHELL)
    need("gunicorn", found=find_spec("gunicorn"))
    project = shutil.copytree(bake(), tmp_path / "my-flask-app")
    run_python("-m", "venv", ".venv", cwd=project)
    serve = command(project / "README.md", "gunicorn")
    port = str(free_port())
    environment = {"PORT": port, **COMPILE_WHAT_IS_IMPORTED}
    with started(serve, project, environment) as server:
        assert_says_hello(port, server)


@contextmanager
def started(
    shell_command: str, cwd: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a shell command that runs until it is ended."""
    shell = subprocess.Popen(
        ["sh", "-c", shell_command],
        cwd=cwd,
        env=clean_environment() | environment,
        start_new_session=True,
    )
    try:
        yield shell
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        shell.wait(60)


def assert_says_hello(port: str, server: subprocess.Popen[bytes]) -> None:
    """Ask until something answers, and look at the answer."""
    end = time.monotonic() + 300
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/", timeout=5
            ) as response:
                assert b"Hello World" in response.read()
                assert response.headers.get_all("Custom-Header") == ["Some value"]
                return
        except (TimeoutError, urllib.error.URLError):
            time.sleep(0.2)
    pytest.fail(f"port {port} does not answer, the command ended with {server.poll()}")


def test_the_project_runs_with_uv(bake: Bake, tmp_path: Path) -> None:
    need_package("uv")
    project = shutil.copytree(bake(), tmp_path / "my-flask-app")
    done = run_python(
        "-m", "uv", "run", "--python", sys.executable, "pytest", "-q", cwd=project
    )
    assert re.search(r"\d+ passed in", done.stdout)


def test_ci_runs_the_command_of_the_readme() -> None:
    tests = command(TEMPLATE / "README.md", "tests/requirements.txt")
    assert tests in (TEMPLATE / ".ci" / "run").read_text("utf-8")
