"""What each strategy covers by itself, and that the safety net covers the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import STRATEGIES, Bake
from .idioms import END, PAGE, START, Coverage, coverage_of, table

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

ENGINE = Path("src", "my_flask_app", "response_headers")


@pytest.fixture(scope="session")
def coverages(baked: Bake) -> dict[str, Coverage]:
    """What each strategy covers, without and with the safety net."""
    return {
        strategy: coverage_of(baked(header_strategy=strategy, header_policy="custom"))
        for strategy in STRATEGIES
    }


def test_the_net_covers_every_kind_of_response(
    coverages: dict[str, Coverage],
) -> None:
    for strategy, coverage in coverages.items():
        assert len(coverage) > 100
        missed = [kind for kind, (_, netted) in coverage.items() if not netted]
        assert not missed, f"{strategy}: {missed}"


def test_each_idiom_covers_most_kinds_by_itself(coverages: dict[str, Coverage]) -> None:
    for strategy, coverage in coverages.items():
        covered = sum(alone for alone, _ in coverage.values())
        assert covered > len(coverage) * 2 / 3, f"{strategy}: {covered}"


def test_the_page_has_the_table_of_what_each_strategy_covers(
    coverages: dict[str, Coverage],
) -> None:
    shown = PAGE.read_text("utf-8").partition(START)[2].partition(END)[0]
    assert shown == table(coverages), "run python -m tests.idioms to renew it"


def test_a_broken_strategy_covers_less_than_the_right_one(
    bake: Bake, coverages: dict[str, Coverage]
) -> None:
    project = bake(header_strategy="Response", header_policy="custom")
    shutil.copy(HERE / "broken_strategy.py", project / ENGINE / "strategy.py")
    broken = coverage_of(project)
    missed = {
        kind
        for kind, (alone, _) in coverages["Response"].items()
        if alone and not broken[kind][0]
    }
    assert {"an unknown URL", "an exception", "a missing slash"} <= missed
    assert all(netted for _, netted in broken.values()), "the net covers them"
