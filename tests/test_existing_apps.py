"""The engine in apps that exist: a small one, Flask's tutorial, and Flask's own tests.

The last two come with Flask's source distribution, which pip downloads.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from .conftest import PAIRS, STRATEGIES, Bake, need, run, run_pytest, run_python

pytestmark = pytest.mark.slow

VERSION = "3.1.3"

HERE = Path(__file__).parent
PACKAGE = Path("src", "my_flask_app")

TWO_LINES = """\
    from . import policy, response_headers
    response_headers.ResponseHeaders(policy.HEADERS).init_app(app)

"""


@pytest.fixture(scope="session")
def flask_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flask's source, without the package itself: the installed one is tested."""
    folder = tmp_path_factory.mktemp("flask")
    options = ["--quiet", "--no-deps", "--no-binary=flask", f"flask=={VERSION}"]
    done = run_python("-m", "pip", "download", *options, cwd=folder, check=False)
    need(f"the source of Flask {VERSION} (PyPI)", found=done.returncode == 0)
    (archive,) = folder.glob("*.tar.gz")
    run("tar", "-xf", archive, cwd=folder)  # safe by default only from Python 3.14 on
    source = folder / f"flask-{VERSION}"
    shutil.rmtree(source / "src")
    return source


def outcomes(source: Path, project: Path | None = None) -> set[str]:
    """What fails of Flask's own tests, with the headers of a project or without."""
    environment = {"PYTHONPATH": str(HERE)}
    if project:
        paths = os.pathsep.join([str(HERE), str(project / "src")])
        environment = {"PYTHONPATH": paths, "HEADERS_APP": "my_flask_app"}
    options = ("-rfE", "--tb=no", "-p", "flask_with_headers", "tests")
    done = run_pytest(*options, cwd=source, check=False, **environment)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout + done.stderr
    assert int(passed[1]) > 400, done.stdout
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))


@pytest.fixture(scope="session")
def expected(flask_source: Path) -> set[str]:
    """What fails without the headers."""
    return outcomes(flask_source)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_as_many_of_flask_s_own_tests_pass_with_the_headers_as_without(
    baked: Bake, flask_source: Path, expected: set[str], strategy: str
) -> None:
    project = baked(header_strategy=strategy, header_policy="custom")
    assert outcomes(flask_source, project) == expected


SMALL_APP = """\
from flask import Flask, abort


def create_app():
    app = Flask(__name__)

    @app.after_request
    def add_hook(response):
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        return response

    app.add_url_rule("/", "home", lambda: "Hello World")
    app.add_url_rule("/gone", "gone", lambda: abort(410))

    return app
"""


def add_headers_to(package: Path, project: Path) -> None:
    """Do what ``docs/existing-apps.md`` says: copy a folder and a file, add two lines."""
    source = project / PACKAGE
    shutil.copytree(source / "response_headers", package / "response_headers")
    shutil.copy(source / "policy.py", package)
    factory = package / "__init__.py"
    start, end = factory.read_text("utf-8").split("    return app\n")
    factory.write_text(f"{start}{TWO_LINES}    return app\n{end}", "utf-8")


@pytest.mark.parametrize(("strategy", "policy"), PAIRS)
def test_two_lines_bring_the_headers_to_a_small_app(
    baked: Bake, tmp_path: Path, strategy: str, policy: str
) -> None:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "__init__.py").write_text(SMALL_APP, "utf-8")
    project = baked(header_strategy=strategy, header_policy=policy)
    add_headers_to(tmp_path / "small", project)
    checked = run_python(
        *("-m", "flask", "--app", "small", "headers", "check", "--all"),
        cwd=tmp_path,
        check=False,
    )
    *lines, summary = checked.stdout.splitlines()
    lines = [line for line in lines if not line.startswith("not checked: ")]
    assert [line for line in lines if "X-Frame-Options" not in line] == []
    # The app's own function runs before the headers are added, so its header wins.
    assert summary.endswith("violations: 0") is (policy == "custom"), checked.stdout


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_two_lines_bring_the_headers_to_flask_s_tutorial(
    baked: Bake, flask_source: Path, tmp_path: Path, strategy: str
) -> None:
    app = tmp_path / "tutorial"
    shutil.copytree(flask_source / "examples" / "tutorial", app)
    project = baked(header_strategy=strategy, header_policy="web")
    add_headers_to(app / "flaskr", project)
    run_pytest(cwd=app)
    flask = ("-m", "flask", "--app", "flaskr")
    run_python(*flask, "init-db", cwd=app)
    checked = run_python(*flask, "headers", "check", cwd=app)
    assert checked.stdout.splitlines()[-1].endswith("violations: 0"), checked.stdout
