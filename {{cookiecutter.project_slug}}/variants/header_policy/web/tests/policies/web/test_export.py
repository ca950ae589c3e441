"""A nonce belongs to one response: no proxy gets one."""

from __future__ import annotations

import pytest

from {{ cookiecutter.package_name }} import create_app, policy, precedence


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_no_nonce_is_exported_and_the_file_says_so(proxy: str) -> None:
    app = create_app()
    computed = [row for row in policy.HEADERS if not isinstance(row[1], str)]
    precedence.init_app(app, computed)
    output = app.test_cli_runner().invoke(args=["headers", "export", proxy]).output
    assert "nonce-" not in output
    assert "A nonce belongs to one response" in output
