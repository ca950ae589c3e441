"""``flask headers export``: every value comes out right in the proxy's own quoting."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from {{ cookiecutter.package_name }} import precedence
from {{ cookiecutter.package_name }}.inspection.proxies import prefix_of

from .conftest import POLICY, VALUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result
    from flask import Flask

PROXIES = ["nginx", "caddy"]


def send(app: Flask, value: str) -> None:
    """Give the app a policy with one header."""
    precedence.init_app(app, [("X-Odd", value)])


@pytest.mark.parametrize("proxy", PROXIES)
def test_every_header_is_exported(run: Callable[..., Result], proxy: str) -> None:
    done = run("export", proxy)
    assert done.exit_code == 0
    quotes = '"{}"' if proxy == "nginx" else "`{}`"
    for text in (*dict(POLICY), VALUE, "X-Asked"):
        assert quotes.format(text) in done.output


def test_a_header_that_does_not_always_go_out_says_when(
    run: Callable[..., Result],
) -> None:
    maps = run("export", "nginx").output.split("\nadd_header ")
    in_nginx = next(one for one, end in pairwise(maps) if end.startswith('"X-Secure"'))
    in_caddy = run("export", "caddy").output
    for kind in ("error", "page", "file"):
        assert f'    "https {kind}" "1";\n' in in_nginx
        assert f'    "http {kind}"' not in in_nginx
        assert f"\theader @https_{kind} `X-Secure` `1`\n" in in_caddy
        assert f"\theader @http_{kind} `-X-Secure`\n" in in_caddy


def test_files_have_what_flask_sets_for_files(run: Callable[..., Result]) -> None:
    output = run("export", "nginx").output
    assert '    "http error" "no-store";\n' in output
    assert '    "http page" "no-cache";\n' in output
    assert '    "http file" "no-cache";\n' in output


def test_variables_of_nginx_stay_short(app: Flask, run: Callable[..., Result]) -> None:
    app.name = "a" * 100
    variables = re.findall(r"\$a\w*", run("export", "nginx").output)
    assert variables
    assert max(map(len, variables)) < 50


@pytest.mark.parametrize(
    ("value", "nginx", "caddy"),
    [
        ("plain", '"plain"', "`plain`"),
        ('a "b"', r'"a \"b\""', '`a "b"`'),
        ("a\\b\\", r'"a\\b\\"', "`a\\b\\`"),
        ("$host", '"${PREFIX_dollar}host"', "`$host`"),
        ('a `b` "c"', '"a `b` \\"c\\""', '"a `b` \\"c\\""'),
        ('{ "json": 1 }', r'"{ \"json\": 1 }"', '`{ "json": 1 }`'),
    ],
)
def test_a_value_is_quoted_as_the_proxy_wants_it(
    app: Flask, run: Callable[..., Result], value: str, nginx: str, caddy: str
) -> None:
    send(app, value)
    quoted = nginx.replace("PREFIX", prefix_of(app)[:30])
    assert f"    default {quoted};\n" in run("export", "nginx").output
    assert f"\theader `X-Odd` {caddy}\n" in run("export", "caddy").output


def test_latin_1_is_written_as_it_is_sent(
    app: Flask, run: Callable[..., Result]
) -> None:
    send(app, "\xe9")
    assert b'"\xe9"' in run("export", "nginx").stdout_bytes


@pytest.mark.parametrize(
    ("proxy", "value", "message"),
    [
        pytest.param(
            "nginx", "x" * 4001, "nginx takes no text of more than 4000", id="long"
        ),
        ("caddy", "\xe9", "Caddy would send it as UTF-8, and headers are Latin-1"),
        ("caddy", "a {path}", "Caddy would take what is in braces for a placeholder"),
        ("caddy", "{$HOME}", "Caddy would take what is in braces for a placeholder"),
        ("caddy", "`\\", "it has a backquote, and a backslash before a quote or at"),
    ],
)
def test_what_a_proxy_cannot_send_is_refused_in_one_line(
    app: Flask, run: Callable[..., Result], proxy: str, value: str, message: str
) -> None:
    send(app, value)
    done = run("export", proxy)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert message in done.output
    assert done.output.count("\n") == 1


def test_a_server_of_nginx_can_be_named(run: Callable[..., Result]) -> None:
    output = run("export", "nginx", "--server-name", "example.com").output
    assert r'"~^example\.com (MISS|' in output
