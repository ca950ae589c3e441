"""Many projects from one process: from several checkouts, and beside other templates."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import TEMPLATE, copy_template, first_quick, need_package, run_python
from .test_generation import FILES, commit_template, files_of

OTHER_EXTENSION = """
from cookiecutter.utils import simple_filter


@simple_filter
def shout(text):
    return text.upper()
"""
"""The example of cookiecutter's documentation, in the file that it names."""


@pytest.fixture
def other_template(tmp_path: Path) -> Path:
    """Return somebody else's template, with a ``local_extensions.py``."""
    template = tmp_path / "other"
    (template / "{{cookiecutter.name}}").mkdir(parents=True)
    (template / "local_extensions.py").write_text(OTHER_EXTENSION)
    questions = {"name": "other-app", "_extensions": ["local_extensions.shout"]}
    (template / "cookiecutter.json").write_text(json.dumps(questions))
    readme = template / "{{cookiecutter.name}}" / "README.md"
    readme.write_text("{{ cookiecutter.name | shout }}")
    return template


def run_script(script: str, *arguments: str | Path, cwd: Path) -> str:
    """Run a script in a process of its own, and return what it printed."""
    home = {"HOME": str(cwd), "USERPROFILE": str(cwd)}
    done = run_python("-c", script, *arguments, cwd=cwd, **home)
    return done.stdout


GENERATE = """
import sys
from cookiecutter.main import cookiecutter

for number, template in enumerate(sys.argv[1:]):
    cookiecutter(template, no_input=True, output_dir=f"out{number}")
"""


def test_a_zip_twice(tmp_path: Path, template_copy: Path) -> None:
    # Cookiecutter unpacks it into a temporary folder, and removes that in the end.
    (tmp_path / "zipped").mkdir()
    template_copy.rename(tmp_path / "zipped" / "template")
    archive = shutil.make_archive(
        str(tmp_path / "template"), "zip", tmp_path / "zipped"
    )
    run_script(GENERATE, archive, archive, cwd=tmp_path)
    for out in ("out0", "out1"):
        assert files_of(tmp_path / out / "my-flask-app") == FILES["web"]


@pytest.mark.slow
def test_cruft_creates_twice(tmp_path: Path, template_copy: Path) -> None:
    need_package("cruft")
    commit_template(template_copy)
    script = """
import sys
from pathlib import Path
import cruft

for out in ("out0", "out1"):
    cruft.create(sys.argv[1], Path(out), no_input=True)
"""
    run_script(script, template_copy.as_uri(), cwd=tmp_path)
    for out in ("out0", "out1"):
        files = FILES["web"] | {".cruft.json"}
        assert files_of(tmp_path / out / "my-flask-app") == files


@pytest.mark.parametrize("how", first_quick(["absolute", "relative"]))
def test_each_checkout_has_its_own_rules(
    tmp_path: Path, template_copy: Path, how: str
) -> None:
    rules = template_copy / "flask_headers_extension" / "filters.py"
    text = rules.read_text("utf-8")
    assert text.count('f"{slug}-app"') == 1
    rules.write_text(text.replace('f"{slug}-app"', 'f"{slug}-web"'), "utf-8")
    first = copy_template(tmp_path / "first")
    templates = [first, template_copy, first]
    if how == "relative":
        templates = [template.relative_to(tmp_path) for template in templates]
    script = GENERATE.replace(
        "no_input", "extra_context={'project_name': 'Flask'}, no_input"
    )
    run_script(script, *templates, cwd=tmp_path)
    names = [path.name for path in sorted(tmp_path.glob("out?/*"))]
    assert names == ["flask-app", "flask-web", "flask-app"]


def test_another_template_s_extension_before_and_after(
    tmp_path: Path, other_template: Path
) -> None:
    run_script(GENERATE, other_template, TEMPLATE, other_template, cwd=tmp_path)
    assert files_of(tmp_path / "out1" / "my-flask-app") == FILES["web"]
    for out in ("out0", "out2"):
        readme = tmp_path / out / "other-app" / "README.md"
        assert readme.read_text() == "OTHER-APP"


def generate_from(folder: Path, home: Path) -> None:
    """Start cookiecutter in a folder, which Python looks into first with ``-m``."""
    command = ("-m", "cookiecutter", TEMPLATE, "--no-input", "-o", home / "out")
    run_python(*command, cwd=folder, HOME=str(home), USERPROFILE=str(home))


def test_started_in_another_template_s_folder(
    tmp_path: Path, other_template: Path
) -> None:
    generate_from(other_template, tmp_path)
    assert files_of(tmp_path / "out" / "my-flask-app") == FILES["web"]


def test_started_in_another_checkout(tmp_path: Path, template_copy: Path) -> None:
    rules = template_copy / "flask_headers_extension" / "rules.py"
    rules.write_text(rules.read_text("utf-8") + "\nFILTERS = ()\n", "utf-8")
    generate_from(template_copy, tmp_path)
    assert files_of(tmp_path / "out" / "my-flask-app") == FILES["web"]


REFUSED = """
import sys
from cookiecutter.exceptions import CookiecutterException
from cookiecutter.main import cookiecutter

for kind in (Exception, CookiecutterException):
    try:
        cookiecutter(sys.argv[1], no_input=True, extra_context={"package_name": "class"})
    except kind as error:
        print(error)
"""


def test_a_program_catches_a_refusal(tmp_path: Path) -> None:
    printed = run_script(REFUSED, TEMPLATE, cwd=tmp_path)
    line = "package_name: 'class' cannot be used. It is a Python keyword."
    assert printed == f"{line} Choose another name.\n" * 2
    assert not (tmp_path / "my-flask-app").exists()
