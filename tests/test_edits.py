"""What an owner does with a generated project leaves its tests green."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import PAIRS, Bake, run_pytest, run_python, run_ruff
from .recipes import blocks

pytestmark = pytest.mark.slow

POLICY = "src/my_flask_app/policy.py"

EDITS = [
    (
        "web",
        {
            'REPORTS: str | None = "/csp-reports"': "REPORTS: str | None = None",
            """"blob:"],  # images""": """"blob:", "https://cdn.example"],  # images""",
            '"max-age=63072000; includeSubDomains"': '"max-age=31536000"',
            '    ("Cache-Control", PageCaching()),\n': "",
        },
    ),
    (
        "web",
        {
            "REPORT_ONLY: Directives = {}": (
                "REPORT_ONLY: Directives = "
                """{"script-src": [NONCE], "img-src": ["'none'"]}"""
            )
        },
    ),
    (
        "web",
        {
            '    ("Content-Security-Policy", PageCsp(PAGES, WITH_NONCE, OTHERS, SCRIPTS)),\n': ""
        },
    ),
    (
        "api",
        {
            '    ("Content-Security-Policy", Csp(NOTHING)),\n': "",
            '    ("Cache-Control", "no-store"),\n': "",
            '("X-Frame-Options", "DENY")': '("X-Frame-Options", "SAMEORIGIN")',
        },
    ),
    ("custom", {'    ("Custom-Header", "Some value"),\n': ""}),
    (
        "custom",
        {
            '"Some value"),\n': (
                '"Other"),\n    ("Vary", "Accept"),\n    ("Cache-Control", "no-store"),\n'
            )
        },
    ),
]
"""A policy, and what its owner writes instead of what."""


def copy_of(project: Path, tmp_path: Path) -> Path:
    """A copy of a project, to be changed."""
    return shutil.copytree(project, tmp_path / "my-flask-app")


@pytest.mark.parametrize(("policy", "edits"), EDITS)
def test_an_edit_of_the_policy_leaves_the_tests_green(
    baked: Bake, tmp_path: Path, policy: str, edits: dict[str, str]
) -> None:
    project = copy_of(baked(header_policy=policy), tmp_path)
    text = (project / POLICY).read_text("utf-8")
    for before, after in edits.items():
        assert text.count(before) == 1
        text = text.replace(before, after)
    (project / POLICY).write_text(text, "utf-8")
    run_pytest(cwd=project)


@pytest.mark.parametrize(
    ("strategy", "policy"), [pair for pair in PAIRS if pair[1] != "custom"]
)
def test_the_recipes_leave_the_tests_green(
    baked: Bake, tmp_path: Path, strategy: str, policy: str
) -> None:
    project = baked(header_strategy=strategy, header_policy=policy)
    project = copy_of(project, tmp_path)
    imports, *recipes = blocks(policy, "python")
    views = project / "src/my_flask_app/views.py"
    text = views.read_text("utf-8")
    future = "from __future__ import annotations\n"
    text = text.replace(future, future + "\n" + imports)
    views.write_text("\n\n".join([text, *recipes]), "utf-8")
    app = project / "src/my_flask_app/__init__.py"
    new = {"web": "widgets", "api": "public"}[policy]
    register = "    app.register_blueprint(views.bp)\n"
    text = app.read_text("utf-8")
    app.write_text(
        text.replace(register, f"{register}    app.register_blueprint(views.{new})\n"),
        "utf-8",
    )
    run_pytest(cwd=project)
    # Names that a file imports twice are for its owner to join.
    run_python(
        "-m", "ruff", "check", "--no-cache", "--ignore=F811,I001,F401", cwd=project
    )


def test_a_route_added_is_tested_by_itself(baked: Bake, tmp_path: Path) -> None:
    project = copy_of(baked(header_policy="custom"), tmp_path)
    views = project / "src/my_flask_app/views.py"
    route = """

@bp.get("/added/<int:number>")
def added(number: int) -> tuple[str, dict[str, str]]:
    return f"{number}", {"Custom-Header": "another value"}
"""
    views.write_text(views.read_text("utf-8") + route, "utf-8")
    done = run_pytest("tests/test_routes.py", cwd=project, check=False)
    assert done.returncode == 1
    assert "/added/1: Custom-Header: expected 'Some value'" in done.stdout


ROUTES = {
    "two functions for one path": """

@bp.get("/users")
def users():
    return {"users": []}


@bp.post("/users")
def add_user():
    return {"id": 1}, 201
""",
    "names that tests have, too": "".join(
        f'\n\n@bp.get("/{name}")\ndef {name}():\n    return "{name}"\n'
        for name in ("logs", "count", "id", "page", "client", "app")
    ),
    "untyped, as in Flask's documentation": """

@bp.get("/user/<name>")
def user(name, greeting="Hello"):
    if name == "nobody":
        return "nobody", 404
    return f"{greeting} {name}"
""",
}

LOGIN = """

@bp.before_app_request
def require_login() -> tuple[str, int] | None:
    if request.endpoint not in {"static", "views.health"}:
        return "log in", 401
    return None
"""

OWN_PAGE = """@bp.get("/")
def start() -> str:
    return "<h1>Mine</h1>"


@bp.get("/health")"""


@pytest.mark.parametrize("routes", ROUTES.values(), ids=ROUTES)
def test_routes_of_a_beginner_are_green_linted_and_typed(
    baked: Bake, tmp_path: Path, mypy_cache: str, routes: str
) -> None:
    project = copy_of(baked(header_policy="web"), tmp_path)
    views = project / "src/my_flask_app/views.py"
    views.write_text(views.read_text("utf-8") + routes, "utf-8")
    run_pytest(cwd=project)
    run_ruff(project)
    run_python("-m", "mypy", "--cache-dir", mypy_cache, cwd=project)


@pytest.mark.parametrize("change", ["a login", "another first page"])
def test_a_test_of_the_first_page_says_that_it_goes_with_the_page(
    baked: Bake, tmp_path: Path, change: str
) -> None:
    project = copy_of(baked(header_policy="web"), tmp_path)
    views = project / "src/my_flask_app/views.py"
    text = views.read_text("utf-8")
    if change == "a login":
        text = text.replace("from flask import ", "from flask import request, ") + LOGIN
    else:
        start, _, health = text.partition('@bp.get("/")\n')
        text = start + OWN_PAGE + health.partition('@bp.get("/health")')[2]
    views.write_text(text, "utf-8")
    done = run_pytest(cwd=project, check=False)
    assert "If you replaced this page, or it needs a login" in done.stdout
    assert "1 failed" in done.stdout
    (project / "tests" / "test_first_page.py").unlink()
    run_pytest(cwd=project)
