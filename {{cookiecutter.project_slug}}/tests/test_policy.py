"""Each row of the policy can be sent, and is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from {{ cookiecutter.package_name }} import policy

if TYPE_CHECKING:
    from conftest import Fetch

    from {{ cookiecutter.package_name }}.response_headers import Value


@pytest.mark.parametrize("row", policy.HEADERS, ids=lambda row: row[0])
def test_this_header_is_sent(fetch: Fetch, row: tuple[str, Value]) -> None:
    fetch("/no/such/page").assert_carries(*row)
