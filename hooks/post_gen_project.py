"""Merge the variants that the answers select, and print the next steps.

``variants/<variable>/<choice>/`` mirrors the project's root. For each answer, the choice's
folder is merged into the project and the variable's folder is removed. Nothing else is
deleted. A choice without a folder adds no files. A choice's folder may have its own
``variants/``, for files that two answers add together.

If cookiecutter was told to skip existing files, they are skipped here, too.
"""

import sys

if not getattr(sys.flags, "safe_path", False):
    del sys.path[0]  # the temporary folder: anyone may have put a json.py there

import json
import os
import shlex
import shutil
from pathlib import Path

ANSWERS = json.loads(r"""{{ cookiecutter | with_private_answers | tojson }}""")
VARIANTS = Path("variants")
STAGING = VARIANTS / ".staging"
UNFINISHED = Path("UNFINISHED.txt")  # see pre_gen_project.py

NEXT_STEPS = """
{folder} is ready: its headers are set with {header_strategy}.

  cd {folder}
  python3 -m venv .venv && .venv/bin/pip install --editable ".[dev]"
  .venv/bin/flask --app {package_name} run     # then: curl -i http://127.0.0.1:5000/
  .venv/bin/pytest

On Windows, use Scripts instead of bin. See README.md for the rest."""


def merge_variants() -> None:
    """Merge the folder of each answer, and remove the folder of its variable."""
    skip = "cookiecutter did not finish" in UNFINISHED.read_text(encoding="utf-8")
    copy = copy_if_new if skip else shutil.copy2
    while variables := [path for path in VARIANTS.glob("*") if path.name in ANSWERS]:
        for variable in variables:
            shutil.move(variable, STAGING)
            choice = STAGING / ANSWERS[variable.name]
            if choice.is_dir():
                shutil.copytree(choice, Path(), dirs_exist_ok=True, copy_function=copy)
            shutil.rmtree(STAGING)
    if not any(VARIANTS.iterdir()):
        VARIANTS.rmdir()


def copy_if_new(source: str, target: str) -> None:
    """Copy a file, unless the target exists."""
    if not Path(target).exists():
        shutil.copy2(source, target)


def print_next_steps() -> None:
    """Print the commands that run and test this project."""
    project = Path.cwd()
    user = Path(os.environ.get("PWD", project.parent))
    if (user / ".cruft.json").exists():
        return  # cruft generates this copy to compare it with that project
    folder = project.relative_to(user) if project.is_relative_to(user) else project
    sys.stdout.reconfigure(errors="backslashreplace")  # for terminals without Unicode
    print(NEXT_STEPS.format_map(ANSWERS | {"folder": shlex.quote(str(folder))}))


merge_variants()
UNFINISHED.unlink()
print_next_steps()
