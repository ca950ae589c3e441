"""Each row of the policy can be sent, and is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from {{ cookiecutter.package_name }} import policy

if TYPE_CHECKING:
    from conftest import Fetch


@pytest.mark.parametrize("row", policy.HEADERS, ids=lambda row: row[0])
def test_this_header_is_sent(fetch: Fetch, row: tuple[str, object]) -> None:
    fetch("/no/such/page").assert_carries(*row)
