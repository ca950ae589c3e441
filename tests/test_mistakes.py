"""An app with a mistake does not start, and the error ends with a line that helps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import Bake, run_pytest, run_python
from .test_edits import POLICY

pytestmark = pytest.mark.slow

VIEWS = "src/my_flask_app/views.py"
ROUTE = '@bp.get("/health")\n'
ROW = '    ("Custom-Header", "Some value"),\n'
OVERRIDE = "from .response_headers import amend_csp, override_headers\n\n"

ONE_LINE = "a value is one line: write a long one as strings in ( ), without commas."
LATIN_1 = "a value has printable Latin-1 characters only: replace it."

MISTAKES = {
    "a comma between two sources": (
        POLICY,
        '"img-src": ["\'self\'", "data:", "blob:"]',
        '"img-src": ["\'self\'" "data:", "blob:"]',
        "directive img-src: a comma is missing between 'self' and data:.",
    ),
    "a comma in a row": (
        POLICY,
        ROW,
        '    ("Custom-Header" "Some value"),\n',
        'Write ("Name", "value"), with a comma in it and one after it.',
    ),
    "a comma after a row": (
        POLICY,
        ROW,
        ROW.replace("),", ")"),
        "TypeError: 'tuple' object is not callable",
    ),
    "a line break": (
        POLICY,
        '"Some value"',
        '"""Some\n    value"""',
        "(a line break): " + ONE_LINE,
    ),
    "a character": (
        POLICY,
        '"Some value"',
        '"5 €"',
        "character 3 is '€' (EURO SIGN): " + LATIN_1,
    ),
    "an override": (
        VIEWS,
        ROUTE,
        f'{OVERRIDE}@override_headers({{"X-Mine": None, "X Other": "1"}})\n{ROUTE}',
        "a name has letters, digits and -, but no spaces and no colon.",
    ),
    "an override of another header": (
        VIEWS,
        ROUTE,
        f'{OVERRIDE}{ROUTE}@override_headers({{"X-Mine": amend_csp({{}})}})\n',
        "it changes a Csp or PageCsp: use it for Content-Security-Policy only.",
    ),
}
"""A file, what is replaced in it, and the end of the error."""


@pytest.fixture
def mistaken(
    request: pytest.FixtureRequest, baked: Bake, tmp_path: Path
) -> tuple[Path, str]:
    """Return an app with a mistake, and the end of the error."""
    name, before, after, end = MISTAKES[request.param]
    project = shutil.copytree(baked(header_policy="web"), tmp_path / "my-flask-app")
    text = (project / name).read_text("utf-8")
    assert text.count(before) == 1
    (project / name).write_text(text.replace(before, after), "utf-8")
    return project, end


def stderr_of(*command: str, project: Path) -> list[str]:
    """Run a command of Python that fails, and return the lines of its stderr."""
    source = {"PYTHONPATH": str(project / "src"), "PYTHONIOENCODING": "utf-8"}
    done = run_python("-m", *command, cwd=project, check=False, **source)
    assert done.returncode == 1
    return done.stderr.splitlines()


@pytest.mark.parametrize("mistaken", MISTAKES, indirect=True)
def test_the_last_line_of_flask_run_names_the_mistake(
    mistaken: tuple[Path, str],
) -> None:
    project, end = mistaken
    lines = stderr_of("flask", "--app", "my_flask_app", "run", project=project)
    assert lines[-1].endswith(end)


@pytest.mark.parametrize("mistaken", list(MISTAKES)[:1], indirect=True)
def test_every_tool_shows_that_line(mistaken: tuple[Path, str]) -> None:
    project, end = mistaken
    for command in (["--debug", "run", "--no-reload"], ["headers", "check"]):
        lines = stderr_of("flask", "--app", "my_flask_app", *command, project=project)
        assert lines[-1].endswith(end)
    app = "my_flask_app:create_app()"
    lines = stderr_of("gunicorn", "--check-config", app, project=project)
    assert any(line.endswith(end) for line in lines)
    done = run_pytest(cwd=project, check=False)
    lines = done.stdout.splitlines() + done.stderr.splitlines()
    assert any(line.startswith("E  ") and line.endswith(end) for line in lines)
