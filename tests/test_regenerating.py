"""Generating once more over a project that exists, with cookiecutter and with cruft."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import (
    COMBINATIONS,
    Bake,
    combination_id,
    copy_template,
    need_package,
    run,
    run_pytest,
    run_python,
)
from .test_generation import commit_template, cookiecutter, files_of

pytestmark = pytest.mark.slow

OWN_FILES = [
    "src/my_flask_app/mine.py",
    "src/my_flask_app/response_headers/cli/mine.py",
    "src/my_flask_app/templates/mine.html",
    "src/my_flask_app/static/mine.js",
    "tests/test_mine.py",
    "tests/unit/test_deep.py",
    "variants/mine.txt",
    "notes.txt",
]
PACKAGE = "{{cookiecutter.project_slug}}/src/{{cookiecutter.package_name}}"
OWN_TEXT = '"""Mine."""\n'

CHOSEN = COMBINATIONS[::4]
"""From each of these to the next one.

Two licenses are among them, and every choice of the other questions.
"""


def answers(choices: dict[str, str]) -> list[str]:
    """Answers as they are given on the command line."""
    return ["--no-input", *(f"{name}={choice}" for name, choice in choices.items())]


def contents(project: Path) -> dict[str, bytes]:
    """Every file of a project and what is in it."""
    return {path: (project / path).read_bytes() for path in files_of(project)}


def add_own_files(project: Path) -> None:
    """Add files that the template knows nothing of."""
    for name in OWN_FILES:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(OWN_TEXT)


def assert_own_files(project: Path) -> None:
    """See that these files are as they were."""
    assert {(project / name).read_text() for name in OWN_FILES} == {OWN_TEXT}


@pytest.mark.parametrize("choices", CHOSEN, ids=combination_id)
def test_the_same_answers_change_nothing(
    baked: Bake, tmp_path: Path, choices: dict[str, str]
) -> None:
    project = shutil.copytree(baked(**choices), tmp_path / "out" / "my-flask-app")
    before = contents(project)
    cookiecutter(project.parent, *answers(choices), "--overwrite-if-exists")
    assert contents(project) == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(
            first, second, id=f"{combination_id(first)} to {combination_id(second)}"
        )
        for first, second in zip(CHOSEN, CHOSEN[1:] + CHOSEN[:1], strict=True)
    ],
)
def test_other_answers_leave_a_project_that_works(
    baked: Bake, tmp_path: Path, first: dict[str, str], second: dict[str, str]
) -> None:
    project = shutil.copytree(baked(**first), tmp_path / "out" / "my-flask-app")
    add_own_files(project)
    cookiecutter(project.parent, *answers(second), "--overwrite-if-exists")
    assert_own_files(project)
    run_pytest(cwd=project)
    # What both would have is as the second answers have it.
    fresh, now = contents(baked(**second)), contents(project)
    assert {path: now[path] for path in fresh} == fresh


def test_files_that_exist_can_be_skipped(tmp_path: Path) -> None:
    out = tmp_path / "out"
    web = {"header_strategy": "Response", "header_policy": "web"}
    cookiecutter(out, *answers(web))
    project = out / "my-flask-app"
    add_own_files(project)
    changed = ["README.md", "src/my_flask_app/response_headers/strategy.py"]
    changed += ["src/my_flask_app/static/style.css", "src/my_flask_app/policy.py"]
    for name in changed:
        (project / name).write_text("changed\n")
    (project / "src/my_flask_app/first_page.py").unlink()
    before = contents(project)
    cookiecutter(out, *answers(web), "--overwrite-if-exists", "--skip-if-file-exists")
    after = contents(project)
    brought = after.pop("src/my_flask_app/first_page.py")
    assert b"def first_page" in brought
    assert after == before


def commit_all(folder: Path, message: str) -> None:
    """Commit everything in a folder that is a git repository, or becomes one."""
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"]
    run(*git, "init", "--quiet", cwd=folder)
    run(*git, "add", "--all", cwd=folder)
    run(*git, "commit", "--quiet", "--allow-empty", "--message", message, cwd=folder)


def cruft(*options: str, cwd: Path, check: bool = True) -> str:
    """Run cruft as a command, and return what it printed."""
    home = cwd.parent / "home"
    home.mkdir(exist_ok=True)
    git = {
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    done = run_python(
        "-m",
        "cruft",
        *options,
        cwd=cwd,
        check=check,
        HOME=str(home),
        USERPROFILE=str(home),
        PWD=str(cwd),
        **git,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a template and a project that cruft has made from it.

    The project has its owner's commits.
    """
    need_package("cruft")
    folder = tmp_path_factory.mktemp("cruft")
    template = copy_template(folder / "template")
    commit_template(template)
    out = folder / "projects"
    out.mkdir()
    choices = {"header_strategy": "after_request", "header_policy": "web"}
    options = ["--no-input", "--extra-context", json.dumps(choices)]
    cruft("create", str(template), *options, cwd=out)
    project = out / "my-flask-app"
    commit_all(project, "created")
    add_own_files(project)
    views = project / "src/my_flask_app/__init__.py"
    views.write_text(views.read_text("utf-8") + "\n# changed by the owner\n", "utf-8")
    commit_all(project, "the owner's work")
    return folder


@pytest.fixture
def cruft_project(created: Path, tmp_path: Path) -> Path:
    """Return a copy of this project, which has its own copy of the template."""
    shutil.copytree(created, tmp_path, dirs_exist_ok=True)
    project = tmp_path / "projects" / "my-flask-app"
    made = project / ".cruft.json"
    text = made.read_text("utf-8")
    assert str(created) in text
    made.write_text(text.replace(str(created), str(tmp_path)), "utf-8")
    commit_all(project, "moved")
    return project


@pytest.fixture
def cruft_template(cruft_project: Path) -> Path:
    """Return the template of this copy, which a test may change."""
    return cruft_project.parents[1] / "template"


def assert_works(project: Path) -> None:
    """See that the owner's work is there and that the tests pass."""
    assert_own_files(project)
    app = (project / "src/my_flask_app/__init__.py").read_text("utf-8")
    assert app.endswith("\n# changed by the owner\n")
    assert not list(project.rglob("*.rej"))
    run_pytest(cwd=project)


def test_cruft_checks_and_updates_a_project(
    cruft_project: Path, cruft_template: Path
) -> None:
    cruft("check", cwd=cruft_project)
    readme = cruft_template / "{{cookiecutter.project_slug}}" / "README.md"
    readme.write_text(readme.read_text("utf-8") + "\nA newer line.\n", "utf-8")
    commit_all(cruft_template, "newer")
    assert "out of date" in cruft("check", cwd=cruft_project, check=False).replace(
        "-", " "
    )
    printed = cruft("update", "--skip-apply-ask", cwd=cruft_project)
    assert "is ready" not in printed  # that is for who generates
    cruft("check", cwd=cruft_project)
    text = (cruft_project / "README.md").read_text("utf-8")
    assert text.endswith("\nA newer line.\n")
    assert_works(cruft_project)


def test_cruft_updates_over_a_change_of_questions_rules_and_hooks(
    cruft_project: Path, cruft_template: Path
) -> None:
    questions = cruft_template / "cookiecutter.json"
    newer = json.loads(questions.read_text("utf-8"))
    newer |= {"motto": "{{ cookiecutter.project_name | shouted }}"}
    questions.write_text(json.dumps(newer), "utf-8")
    filters = cruft_template / "flask_headers_extension" / "filters.py"
    text = filters.read_text("utf-8")
    text += "\n\ndef shouted(text: str) -> str:\n    return text.upper()\n"
    text += "\n\nFILTERS = (*FILTERS, shouted)\n"
    filters.write_text(text, "utf-8")
    for hook in (cruft_template / "hooks").iterdir():
        hook.write_text(hook.read_text("utf-8") + "\n# newer\n", "utf-8")
    readme = cruft_template / "{{cookiecutter.project_slug}}" / "README.md"
    readme.write_text(
        readme.read_text("utf-8") + "\n{{ cookiecutter.motto }}\n", "utf-8"
    )
    commit_all(cruft_template, "newer")
    cruft("update", "--skip-apply-ask", cwd=cruft_project)
    text = (cruft_project / "README.md").read_text("utf-8")
    assert text.endswith("\nMY FLASK APP\n")
    assert_works(cruft_project)


def test_each_environment_has_the_rules_and_filters_that_are_there_now(
    template_copy: Path,
) -> None:
    # Both versions have the same size and time: cached bytecode would look current.
    script = """
import os
from pathlib import Path
from jinja2 import Environment

def suggested():
    for name in ("rules.py", "filters.py"):
        os.utime(folder / name, (0, 0))
    environment = Environment(extensions=["flask_headers_extension.TemplateExtension"])
    return [environment.filters["as_slug"](name) for name in ("flask", "a" * 60)]

def change(name, old, new):
    text = (folder / name).read_text("utf-8")
    (folder / name).write_text(text.replace(old, new), "utf-8")

folder = Path("flask_headers_extension")
assert suggested() == ["flask-app", "a" * 50]
change("rules.py", "MAX_NAME = 50", "MAX_NAME = 40")
assert suggested() == ["flask-app", "a" * 40]
change("filters.py", "-app", "-web")
assert suggested() == ["flask-web", "a" * 40]
"""
    run_python("-c", script, cwd=template_copy, PYTHONDONTWRITEBYTECODE="")


def test_cruft_changes_the_strategy(cruft_project: Path) -> None:
    change = json.dumps({"header_strategy": "make_response"})
    cruft(
        "update", "--skip-apply-ask", "--variables-to-update", change, cwd=cruft_project
    )
    engine = cruft_project / "src/my_flask_app/response_headers"
    chosen = (engine / "strategy.py").read_text("utf-8")
    assert "``make_response" in chosen
    assert "after_request(" not in chosen
    assert_works(cruft_project)


def test_cruft_refuses_a_bad_answer_in_one_line(
    cruft_project: Path, cruft_template: Path
) -> None:
    before = contents(cruft_project)
    bad = json.dumps({"package_name": "class"})
    out = cruft_project.parent / "elsewhere"
    out.mkdir()
    printed = cruft(
        "create",
        str(cruft_template),
        "--no-input",
        "--extra-context",
        bad,
        cwd=out,
        check=False,
    )
    assert printed.startswith("package_name: 'class' cannot be used.")
    assert printed.count("\n") == 1
    assert list(out.iterdir()) == []
    options = ["--skip-apply-ask", "--variables-to-update", bad]
    printed = cruft("update", *options, cwd=cruft_project, check=False)
    assert printed.startswith("package_name: 'class' cannot be used.")
    assert printed.count("\n") == 1
    assert contents(cruft_project) == before


def test_cruft_renames_the_package(cruft_project: Path) -> None:
    change = json.dumps({"package_name": "shop"})
    options = ["--skip-apply-ask", "--variables-to-update", change]
    cruft("update", *options, cwd=cruft_project)
    app = (cruft_project / "src/shop/__init__.py").read_text("utf-8")
    assert app.endswith("\n# changed by the owner\n")
    left = {path for path in files_of(cruft_project) if "my_flask_app" in path}
    assert left == {path for path in OWN_FILES if "my_flask_app" in path}
    run_pytest(cwd=cruft_project)


def test_cruft_leaves_marks_where_both_have_changed_a_line(
    cruft_project: Path, cruft_template: Path
) -> None:
    mine = cruft_project / "src/my_flask_app/logs.py"
    theirs = cruft_template / PACKAGE / "logs.py"
    for path in (mine, theirs):
        before, after = path.read_text("utf-8").split("\n", 1)
        path.write_text(f"{before} {path}\n{after}", "utf-8")
    commit_all(cruft_project, "edited")
    commit_all(cruft_template, "newer")
    cruft("update", "--skip-apply-ask", cwd=cruft_project)
    # The command that the README names finds them.
    found = run("git", "diff", "--check", cwd=cruft_project, check=False)
    assert found.returncode != 0
    assert "src/my_flask_app/logs.py:1: leftover conflict marker" in found.stdout


def test_cruft_merges_nothing_if_an_edited_file_is_gone_until_the_edit_is_undone(
    cruft_project: Path, cruft_template: Path
) -> None:
    gone = "src/my_flask_app/response_headers/sri.py"
    (cruft_template / PACKAGE / "response_headers/sri.py").unlink()
    theirs, mine = cruft_template / PACKAGE / "logs.py", "src/my_flask_app/logs.py"
    for path in (theirs, cruft_project / mine, cruft_project / gone):
        if path.exists():
            path.write_text(f"# {path}\n" + path.read_text("utf-8"), "utf-8")
    commit_all(cruft_template, "newer")
    commit_all(cruft_project, "edited")
    printed = cruft("update", "--skip-apply-ask", cwd=cruft_project)
    # What CHANGELOG.md says of such an update, and how it is undone.
    assert f"error: {gone}: patch does not apply" in printed
    assert (cruft_project / f"{mine}.rej").exists()
    run("git", "reset", "--quiet", "--hard", cwd=cruft_project)
    run("git", "clean", "--quiet", "-fd", cwd=cruft_project)
    run("git", "checkout", "--quiet", "HEAD~1", "--", gone, cwd=cruft_project)
    commit_all(cruft_project, "undone")
    cruft("update", "--skip-apply-ask", cwd=cruft_project)
    assert not (cruft_project / gone).exists()
    assert not list(cruft_project.rglob("*.rej"))
    assert "<<<<<<< ours" in (cruft_project / mine).read_text("utf-8")
