"""No regular expression takes far longer than its text is long."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import TEMPLATE, Bake, run_python

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "ask_regular_expressions.py"


def test_those_of_the_rules_and_filters() -> None:
    source = str(TEMPLATE)
    run_python(SCRIPT, "flask_headers_extension", cwd=TEMPLATE, PYTHONPATH=source)


def test_those_of_a_project(baked: Bake) -> None:
    project = baked(header_policy="web", use_cors="yes")
    run_python(SCRIPT, "my_flask_app", cwd=project, PYTHONPATH="src")
