"""Bring in the variants that the answers name, and say what to do next.

``variants/<variable>/<choice>/`` mirrors the project's root. The folder of each
answer given is merged into the project; then the variable's folder goes. Nothing
else is deleted. A choice without a folder brings no files. A choice's folder may have
``variants/`` of its own: what two answers bring together.

Where cookiecutter was told to skip files that exist, they are skipped here, too.
"""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")
VARIANTS = Path("variants")
BROUGHT = VARIANTS / ".brought"
UNFINISHED = Path("UNFINISHED.txt")  # see pre_gen_project.py

NEXT_STEPS = """
{folder} is ready: its headers are set with {header_strategy}.

  cd {folder}
  python3 -m venv .venv && .venv/bin/pip install --editable ".[dev]"
  .venv/bin/flask --app {package_name} run     # then: curl -i http://127.0.0.1:5000/
  .venv/bin/pytest

On Windows, Scripts takes the place of bin. README.md tells the rest."""


def merge_variants() -> None:
    """Merge the folder of each answer given, then remove all of that variable."""
    skip = "did not come to its end" in UNFINISHED.read_text(encoding="utf-8")
    copy = copy_if_new if skip else shutil.copy2
    while variables := [path for path in VARIANTS.glob("*") if path.name in ANSWERS]:
        for variable in variables:
            shutil.move(variable, BROUGHT)
            choice = BROUGHT / ANSWERS[variable.name]
            if choice.is_dir():
                shutil.copytree(choice, Path(), dirs_exist_ok=True, copy_function=copy)
            shutil.rmtree(BROUGHT)
    if not any(VARIANTS.iterdir()):
        VARIANTS.rmdir()


def copy_if_new(source: str, target: str) -> None:
    """Copy a file to where there is none."""
    if not Path(target).exists():
        shutil.copy2(source, target)


def print_next_steps() -> None:
    """Print the commands that run and test this very project."""
    project = Path.cwd()
    user = Path(os.environ.get("PWD", project.parent))
    if (user / ".cruft.json").exists():
        return  # cruft updates that project, and this is for it to compare
    folder = project.relative_to(user) if project.is_relative_to(user) else project
    sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may lack a letter
    print(NEXT_STEPS.format_map(ANSWERS | {"folder": shlex.quote(str(folder))}))


merge_variants()
UNFINISHED.unlink()
print_next_steps()
