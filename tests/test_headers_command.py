"""``flask headers`` in every combination: it says the same, and it is right."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import POLICIES, STRATEGIES, TEMPLATE, Bake, run_python

SCRIPT = Path(__file__).parent / "ask_flask_headers.py"

Said = dict[str, dict[str, str]]


@pytest.fixture(scope="module", params=POLICIES)
def said(request: pytest.FixtureRequest, baked: Bake) -> dict[str, Said]:
    """What the command says of each kind of response, for each strategy."""
    policy: Any = request.param
    return {
        strategy: said_of(baked(header_strategy=strategy, header_policy=policy))
        for strategy in STRATEGIES
    }


def said_of(project: Path) -> Said:
    """Ask a project."""
    done = run_python(SCRIPT, "my_flask_app", cwd=project, PYTHONHASHSEED="0")
    said: Said = json.loads(done.stdout)
    return {
        name: {command: masked(output) for command, output in outputs.items()}
        for name, outputs in said.items()
    }


def masked(output: str) -> str:
    """Leave out what differs with a file's time, and with the day.

    And what the first page sets with after_this_request: Flask calls that for the page
    of an exception, too.
    """
    left_out = r"    (ETag|Last-Modified|Date|Expires|Content-Language) \(\w+\): .*\n"
    return re.sub(rf"{left_out}|session=[^;]*", "", output)


def test_it_says_the_same_with_each_strategy(said: dict[str, Said]) -> None:
    first, *others = said.values()
    assert len(first) > 60
    for other in others:
        assert other == first


def test_it_finds_fault_only_where_a_hook_replaces_the_response(
    said: dict[str, Said],
) -> None:
    for name, outputs in said["after_request"].items():
        summary = outputs["check"].splitlines()[-1]
        faultless = summary.endswith("; faults: 0")
        replaced = re.search("returns (another|a werkzeug)|calls make_response", name)
        after = name.startswith("after_request ")
        assert faultless is not bool(after and replaced), f"{name}: {summary}"


def test_the_readme_shows_what_it_prints(project: Path) -> None:
    readme = (project / "README.md").read_text("utf-8")
    flask = ["-m", "flask", "--app", "my_flask_app", "headers"]
    for command in ("show --route /", "check"):
        done = run_python(*flask, *command.split(), cwd=project / "src")
        shown = f"$ .venv/bin/flask --app my_flask_app headers {command}\n{done.stdout}"
        assert shown in readme


SHOP = """
from flask import Blueprint
from my_flask_app import create_app as create
from my_flask_app.overrides import override_headers

bp = Blueprint("shop", __name__)


@bp.get("/cart")
@override_headers({"X-Frame-Options": "SAMEORIGIN"})
def cart():
    return "cart"


@bp.get("/help")
def help():
    return "help", {"Referrer-Policy": "origin"}


def create_app():
    app = create()
    app.register_blueprint(bp)
    return app
"""


def test_the_template_s_readme_shows_what_it_prints(
    baked: Bake, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    project = baked(header_policy="web")
    paths = os.pathsep.join([str(tmp_path), str(project / "src")])
    flask = ["-m", "flask", "--app", "shop", "headers"]
    printed = ""
    for command, status in {"show --route shop.cart": 0, "check": 1}.items():
        done = run_python(
            *flask, *command.split(), cwd=tmp_path, check=False, PYTHONPATH=paths
        )
        assert done.returncode == status, done.stderr
        printed += f"$ flask --app my_flask_app headers {command}\n{done.stdout}"
    assert f"```\n{printed}```\n" in (TEMPLATE / "README.md").read_text("utf-8")
