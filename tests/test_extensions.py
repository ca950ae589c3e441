"""Extensions that people add on the first day, in a generated app of each strategy.

Each file of ``tests/extensions/`` adds one as its own quick start says, and is put into the
app as its ``extensions.py``. ``.ci/run`` installs them all into ``build/extensions``.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from .conftest import STRATEGIES, TEMPLATE, Bake, need, run

HERE = Path(__file__).parent
FOLDER = HERE / "extensions"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
PYTHON = TEMPLATE / "build" / "extensions" / SCRIPTS / "python"

EXTENSIONS = sorted(path.stem for path in FOLDER.glob("*.py"))
BOTH_POLICIES = {"cors", "jwt", "limiter", "opentelemetry", "prometheus", "restx"}
CASES = [("web", name) for name in EXTENSIONS]
CASES += [("api", name) for name in sorted(BOTH_POLICIES)]

VIOLATIONS: dict[str, set[str]] = {
    "caching": {"GET /cached/page (200): nonce of an earlier response"},
    "talisman": {
        "Content-Security-Policy",
        "Permissions-Policy",
        "Referrer-Policy",
        "Strict-Transport-Security",
        "X-Frame-Options",
    },
}
"""By extension: what ``flask headers check`` finds. It finds nothing with the others."""

pytestmark = pytest.mark.slow


def add_extension(project: Path, name: str) -> None:
    """Put an extension into the app of a project, as its README says."""
    package = project / "src" / "my_flask_app"
    shutil.copy(FOLDER / f"{name}.py", package / "extensions.py")
    factory = package / "__init__.py"
    text = factory.read_text("utf-8")
    before = "    app.register_blueprint(views.bp)\n"
    assert text.count(before) == 1
    text = text.replace(before, f"    extensions.init_app(app)\n{before}")
    text = text.replace("from . import ", "from . import extensions, ")
    factory.write_text(text, "utf-8")


def project_with(bake: Bake, tmp_path: Path, name: str, **answers: str) -> Path:
    """A project that has an extension."""
    need("build/extensions (.ci/run makes it)", found=PYTHON.exists())
    if name == "cross_origin":
        answers["use_cors"] = "yes"
    project = shutil.copytree(bake(**answers), tmp_path / "my-flask-app")
    add_extension(project, name)
    return project


@pytest.mark.parametrize(("policy", "name"), CASES)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_extension_works_and_its_responses_carry_the_policy_once(
    baked: Bake, tmp_path: Path, strategy: str, policy: str, name: str
) -> None:
    answers = {"header_strategy": strategy, "header_policy": policy}
    project = project_with(baked, tmp_path, name, **answers)
    debug = "DEBUG = True\n" in (FOLDER / f"{name}.py").read_text("utf-8")
    done = run(
        *(PYTHON, HERE / "ask_extension.py", "my_flask_app"),
        cwd=project,
        FLASK_DEBUG="1" if debug else "0",
    )
    *lines, summary = json.loads(done.stdout)
    lines = [line for line in lines if not line.startswith("not checked: ")]
    expected = VIOLATIONS.get(name, set())
    assert summary.endswith("violations: 0") is not bool(expected), "\n".join(lines)
    assert all(any(each in line for each in expected) for line in lines), lines
    assert all(any(each in line for line in lines) for each in expected), lines
