"""``flask headers``: with each strategy its output is the same, and it is right."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from .conftest import POLICIES, STRATEGIES, TEMPLATE, Bake, run_python

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "ask_flask_headers.py"

Printed = dict[str, dict[str, str]]

DIFFERING = {
    "app.make_response replaced",  # it gets what the first page returns
    "app.response_class replaced",  # likewise
    "app.response_class replaced, an error page",
    "headers that are a plain dict",  # the app's sessions need more
}
"""Kinds for which the apps themselves differ, because their first pages do."""

REPLACED = re.compile("after_request (calls make|returns (another|a werkzeug))")
"""Kinds in which a hook replaces the view's response."""

OVERWRITTEN = re.compile(
    r"(save_session|a receiver of request_finished) (?!(removes|replaces) all headers$)"
    r"(?!removes a header that the view has$)"
    r"|app\.process_response wrapped"
    r"|a response class (with its own|inside)"
    r"|abort\(\) with a response of the view's own class"
    r"|after_request (pickles|copies|deeply copies) the response"
    r"|after_request returns a response from a cache"
)
"""Kinds in which something sets a header of the policies ``web`` and ``api``."""


def printed_by(project: Path, *options: str) -> Printed:
    """Return what the command prints for each kind of response."""
    asked = ("my_flask_app", *options)
    done = run_python(SCRIPT, *asked, cwd=project, PYTHONHASHSEED="0")
    printed: Printed = json.loads(done.stdout)
    return {
        name: {command: masked(output) for command, output in outputs.items()}
        for name, outputs in printed.items()
    }


def masked(output: str) -> str:
    """Leave out what differs with the time.

    And what the first page sets with after_this_request: Flask calls that for the page
    of an exception, too.
    """
    left_out = r"    (ETag|Last-Modified|Date|Expires|Content-Language) \(\w+\): .*\n"
    return re.sub(rf"{left_out}|session=[^;]*", "", output)


def test_the_output_is_the_same_with_each_strategy(baked: Bake) -> None:
    first, *others = (
        printed_by(baked(header_strategy=strategy, header_policy="custom"))
        for strategy in STRATEGIES
    )
    assert len(first) > 100
    assert set(first) > DIFFERING
    for other in others:
        for name in sorted(set(first) - DIFFERING):
            assert other[name] == first[name], name


@pytest.mark.parametrize("policy", POLICIES)
def test_there_are_violations_only_if_something_overwrites_or_replaces(
    baked: Bake, policy: str
) -> None:
    printed = printed_by(baked(header_policy=policy), "--check-only")
    for name, outputs in printed.items():
        summary = outputs["check"].splitlines()[-1]
        overwritten = policy != "custom" and OVERWRITTEN.match(name)
        expected = bool(overwritten or REPLACED.match(name))
        assert summary.endswith("; violations: 0") is not expected, f"{name}: {summary}"


SHOP = """
from flask import Blueprint
from my_flask_app import create_app as create
from my_flask_app.response_headers import override_headers

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


def test_the_docs_show_what_it_prints(baked: Bake, tmp_path: Path) -> None:
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
    page = (TEMPLATE / "docs" / "flask-headers.md").read_text("utf-8")
    assert f"```\n{printed}```\n" in page
