"""What goes wrong leaves nothing half-made, or says plainly what it left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from .conftest import TEMPLATE, clean_environment, need, run, run_pytest
from .test_generation import (
    FILES,
    cookiecutter,
    files_of,
    press_enter_until,
    terminal,
)

pytestmark = pytest.mark.slow

__all__ = ["terminal"]

UNFINISHED = "is not complete: generate it again with --overwrite-if-exists"


def command(template: Path, *options: str) -> list[str]:
    """The command that generates with defaults."""
    return [sys.executable, "-m", "cookiecutter", str(template), "--no-input", *options]


def assert_works(project: Path) -> None:
    """See that a project is whole, and run the tests of what is quick."""
    assert files_of(project) == FILES["web"]
    run_pytest(cwd=project)


def test_an_output_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    # A file stands where a folder would have to be made: nobody can write there.
    (tmp_path / "file").write_text("mine")
    out = tmp_path / "file" / "out"
    done = run(*command(TEMPLATE, "--output-dir", str(out)), cwd=tmp_path, check=False)
    printed = done.stderr
    assert done.returncode == 1
    assert "Unable to create directory" in printed
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk(tmp_path: Path) -> None:
    need("limits of resources", found=find_spec("resource"))
    import resource  # noqa: PLC0415 - Windows has none

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    done = subprocess.run(
        command(TEMPLATE),
        cwd=tmp_path,
        env=clean_environment()
        | {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert f"{tmp_path / 'my-flask-app'} {UNFINISHED}" in done.stderr.replace("\n", " ")
    assert (tmp_path / "my-flask-app" / "UNFINISHED.txt").exists()


def test_an_interrupt_at_a_prompt(tmp_path: Path, terminal: Any) -> None:
    press_enter_until(terminal, "project_slug")
    terminal.sendintr()
    assert "Traceback" not in terminal.read()
    terminal.wait()
    assert terminal.exitstatus == 1
    assert [path.name for path in tmp_path.iterdir()] == []


def test_an_interrupt_during_generation(tmp_path: Path, template_copy: Path) -> None:
    need("a Ctrl-C for a group of processes", found=hasattr(os, "killpg"))
    hook = template_copy / "hooks" / "post_gen_project.py"
    hook.write_text("import time\ntime.sleep(60)\n")
    out = tmp_path / "out"
    out.mkdir()
    started = subprocess.Popen(
        command(template_copy),
        cwd=out,
        env=clean_environment() | {"HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    project = out / "my-flask-app"
    end = time.monotonic() + 30
    while not (project / "variants" / "header_strategy").exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(1)
    os.killpg(started.pid, signal.SIGINT)
    _, printed = started.communicate(timeout=30)
    assert started.returncode != 0
    assert f"{project} {UNFINISHED}" in printed


def test_a_folder_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    project = tmp_path / "out" / "my-flask-app"
    project.mkdir(parents=True)
    (project / "mine.txt").write_text("mine")
    printed = cookiecutter(tmp_path / "out", "--no-input", check=False)
    assert printed == f'Error: "{project}" directory already exists\n'
    assert files_of(project) == {"mine.txt"}


def test_hooks_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    printed = cookiecutter(out, "--no-input", "--accept-hooks=no")
    assert f"{out / 'my-flask-app'} {UNFINISHED}" in printed
    text = (out / "my-flask-app" / "UNFINISHED.txt").read_text("utf-8")
    assert "--accept-hooks=no" in text
    # What the file says to do by hand makes the project that the hook makes.
    project = out / "my-flask-app"
    for _ in range(2):
        for variable, choice in {
            "license": "MIT",
            "header_strategy": "after_request",
            "header_policy": "web",
            "use_cors": "no",
            "deployment": "none",
            "ci_service": "github",
            "__sessions": "yes",
            "__container": "no",
        }.items():
            folder = project / "variants" / variable
            if folder.exists():
                shutil.move(folder, tmp_path / "moved")
                chosen = tmp_path / "moved" / choice
                if chosen.exists():
                    shutil.copytree(chosen, project, dirs_exist_ok=True)
                shutil.rmtree(tmp_path / "moved")
    shutil.rmtree(project / "variants")
    (project / "UNFINISHED.txt").unlink()
    cookiecutter(tmp_path / "hooked", "--no-input")
    hooked = tmp_path / "hooked" / "my-flask-app"
    assert files_of(project) == files_of(hooked)
    for path in files_of(hooked):
        assert (project / path).read_bytes() == (hooked / path).read_bytes()


def test_a_finished_project_says_nothing_of_the_kind(tmp_path: Path) -> None:
    assert "not complete" not in cookiecutter(tmp_path / "out", "--no-input")


def test_a_template_that_cannot_be_written_to(
    tmp_path: Path, template_copy: Path
) -> None:
    need("permissions of files", found=os.name == "posix")
    before = {path: path.stat().st_mtime_ns for path in template_copy.rglob("*")}
    for path in [template_copy, *template_copy.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    cookiecutter(tmp_path / "out", "--no-input", template=template_copy)
    assert_works(tmp_path / "out" / "my-flask-app")
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_no_git_on_the_machine(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    run(
        *command(TEMPLATE), cwd=tmp_path, PATH=str(tmp_path / "bin"), HOME=str(tmp_path)
    )
    assert files_of(tmp_path / "my-flask-app") == FILES["web"]


def test_no_network(tmp_path: Path) -> None:
    need("Linux", found=sys.platform == "linux")
    alone = shutil.which("unshare")
    works = (
        alone and subprocess.run([alone, "--net", "true"], check=False).returncode == 0
    )
    if not works:
        need("unshare --net", found=os.geteuid() != 0)
        pytest.skip("this machine cannot be cut off from the network")
    run(str(alone), "--net", *command(TEMPLATE), cwd=tmp_path, HOME=str(tmp_path))
    assert files_of(tmp_path / "my-flask-app") == FILES["web"]


def test_windows_line_endings_in_the_template(
    tmp_path: Path, template_copy: Path
) -> None:
    for path in template_copy.rglob("*"):
        if path.is_file():
            unix = path.read_bytes().replace(b"\r\n", b"\n")
            path.write_bytes(unix.replace(b"\n", b"\r\n"))
    cookiecutter(
        tmp_path / "out", "--no-input", "description={{ x }}", template=template_copy
    )
    assert_works(tmp_path / "out" / "my-flask-app")


def test_a_path_that_the_terminal_cannot_show(tmp_path: Path) -> None:
    out = tmp_path / "Größe 🛒"
    out.mkdir()
    done = run(
        *command(TEMPLATE),
        cwd=out,
        HOME=str(tmp_path),
        PWD=str(tmp_path / "elsewhere"),
        PYTHONIOENCODING="ascii",
    )
    assert r"Gr\xf6\xdfe \U0001f6d2" in done.stdout
    assert_works(out / "my-flask-app")


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_odd_paths_and_locales(
    tmp_path: Path, template_copy: Path, locale: str
) -> None:
    place = tmp_path / "Größe \u05e9 & 'so' on 🛒"
    place.mkdir()
    template = shutil.move(template_copy, place / "a template")
    answers = ["project_name=Größe 🛒", "description=Ünïcödé 🛒"]
    run(
        *command(
            Path(template), *answers, "project_slug=odd", "package_name=my_flask_app"
        ),
        cwd=place,
        HOME=str(tmp_path),
        LC_ALL=locale,
        LANG=locale,
        PWD=str(place),
    )
    assert (place / "odd" / "README.md").read_text("utf-8").startswith("# Größe 🛒\n")
    assert_works(place / "odd")
