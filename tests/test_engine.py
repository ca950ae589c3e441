"""The tests of the engine and of the app's parts, each run on generated projects.

``tests/engine/`` has the engine's tests: they make apps of their own, and differ only
with the strategy. ``tests/parts/`` has those of the files that the policy and CORS bring.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import (
    POLICIES,
    STRATEGIES,
    TEMPLATE,
    Bake,
    first_quick,
    run_pytest,
    run_python,
)

PARTS = {
    "test_cors.py": {"use_cors": "yes"},
    "test_error_pages.py": {"header_policy": "web"},
    "test_first_page.py": {"header_policy": "web"},
    "test_policy_api.py": {"header_policy": "api"},
    "test_policy_web.py": {"header_policy": "web"},
    "test_problems.py": {"header_policy": "api"},
    "test_sessions.py": {"header_policy": "web"},
}
"""What the answers must be for a part's tests. The others are for every project."""


WITHOUT_STRATEGY = [
    "test_csp.py",
    "test_sri.py",
    "test_validation.py",
    "test_values.py",
]
"""The engine's tests of what is done before a strategy has its turn."""


def run_tests(*tests: str, project: Path) -> None:
    """Run tests on the app of a project, with options of pytest if need be."""
    folder = "/".join(tests[0].split("/")[:2])
    options = ("-c", "tests/engine/pytest.ini", "--rootdir=.", f"--confcutdir={folder}")
    run_pytest(*options, *tests, cwd=TEMPLATE, PYTHONPATH=str(project / "src"))


# test_same_wire.py compares all strategies in each run.
@pytest.mark.parametrize("strategy", first_quick(STRATEGIES))
def test_the_engine_does_what_it_promises(baked: Bake, strategy: str) -> None:
    project = baked(header_strategy=strategy, header_policy="custom")
    left_out = ["cli"] if strategy == STRATEGIES[0] else ["cli", *WITHOUT_STRATEGY]
    options = [f"--ignore=tests/engine/{name}" for name in left_out]
    run_tests("tests/engine", *options, project=project)


def test_the_command_does_what_it_promises(baked: Bake) -> None:
    # test_headers_command.py compares what it prints with each strategy.
    run_tests("tests/engine/cli", project=baked(header_policy="custom"))


@pytest.mark.parametrize("policy", first_quick(POLICIES))
def test_the_parts_do_what_they_promise(baked: Bake, policy: str) -> None:
    project = baked(header_policy=policy, use_cors="yes")
    answers = {"header_policy": policy, "use_cors": "yes"}
    every = sorted(
        path.name for path in Path(TEMPLATE, "tests/parts").glob("test_*.py")
    )
    assert set(PARTS) < set(every)
    chosen = [
        f"tests/parts/{name}"
        for name in every
        if PARTS.get(name, {}).items() <= answers.items()
    ]
    run_tests(*chosen, project=project)


@pytest.mark.slow
def test_the_tests_of_generated_code_are_typed(baked: Bake, tmp_path: Path) -> None:
    project = baked(header_strategy="Response", header_policy="api", use_cors="yes")
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n", "utf-8")
    options = ["--config-file", config, "--cache-dir", tmp_path / "cache"]
    run_python(
        "-m",
        "mypy",
        *map(str, options),
        "tests/engine",
        "tests/parts",
        cwd=TEMPLATE,
        MYPYPATH=str(project / "src"),
    )
