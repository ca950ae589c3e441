"""``flask headers export``: every value has the proxy's own quoting."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from flask import Flask
from my_flask_app.response_headers import (
    NONCE,
    Override,
    PageCsp,
    RequestId,
    ResponseHeaders,
    Value,
    amend_csp,
    override_headers,
)
from my_flask_app.response_headers.cli.export import prefix_of

from .conftest import POLICY, VALUE, Run

PROXIES = ["nginx", "caddy"]


def set_policy(app: Flask, *rows: tuple[str, Value]) -> None:
    ResponseHeaders(rows, where="policy").init_app(app)


@pytest.mark.parametrize("proxy", PROXIES)
def test_every_header_is_exported(run: Run, proxy: str) -> None:
    done = run("export", proxy)
    assert done.exit_code == 0
    quotes = '"{}"' if proxy == "nginx" else "`{}`"
    for text in (*dict(POLICY), VALUE, "X-Asked"):
        assert quotes.format(text) in done.output


def test_a_header_that_is_not_always_sent_is_exported_for_its_cases(
    run: Run,
) -> None:
    maps = run("export", "nginx").output.split("\nadd_header ")
    in_nginx = next(one for one, end in pairwise(maps) if end.startswith('"X-Secure"'))
    in_caddy = run("export", "caddy").output
    for kind in ("error", "page", "script", "file"):
        assert f'    "https {kind}" "1";\n' in in_nginx
        assert f'    "http {kind}"' not in in_nginx
        assert f"\theader @https_{kind} `X-Secure` `1`\n" in in_caddy
        assert f"\theader @http_{kind} `-X-Secure`\n" in in_caddy


def test_files_get_the_values_that_flask_sets_for_files(run: Run) -> None:
    output = run("export", "nginx").output
    assert '    "http error" "no-store";\n' in output
    assert '    "http page" "no-cache";\n' in output
    assert '    "http file" "no-cache";\n' in output


def test_scripts_have_their_policy_and_static_files_their_override(
    app: Flask, run: Run
) -> None:
    scripts = {"script-src": ["'self'"]}
    csp = PageCsp({"img-src": ["'self'"]}, {}, {"default-src": ["'none'"]}, scripts)
    amend = amend_csp({"frame-ancestors": "'self'"})
    framed: dict[str, Override] = {"Content-Security-Policy": amend, "x-odd": "static"}
    override_headers(framed)(app.view_functions["static"])
    set_policy(app, ("Content-Security-Policy", csp), ("X-Odd", "all"))
    for_scripts = "default-src 'none'; frame-ancestors 'self'; script-src 'self'"
    nginx, caddy = run("export", "nginx").output, run("export", "caddy").output
    assert f'    "http script" "{for_scripts}";\n' in nginx
    assert '    "http error" "img-src \'self\'";\n' in nginx
    assert '    "http error" "all";\n' in nginx
    assert '    "http file" "static";\n' in nginx
    assert 'add_header "x-odd"' not in nginx
    assert f"@http_script `Content-Security-Policy` `{for_scripts}`\n" in caddy
    assert "\theader @http_error `X-Odd` `all`\n" in caddy


def test_variables_of_nginx_are_short(app: Flask, run: Run) -> None:
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
def test_a_value_is_quoted_for_the_proxy(
    app: Flask, run: Run, value: str, nginx: str, caddy: str
) -> None:
    set_policy(app, ("X-Odd", value))
    quoted = nginx.replace("PREFIX", prefix_of(app)[:30])
    assert f"    default {quoted};\n" in run("export", "nginx").output
    assert f"\theader `X-Odd` {caddy}\n" in run("export", "caddy").output


def test_a_file_is_in_latin_1_as_headers_are(app: Flask, run: Run) -> None:
    set_policy(app, ("X-Odd", "\xe9"))
    assert b'"\xe9"' in run("export", "nginx").stdout_bytes


@pytest.mark.parametrize(
    ("proxy", "value", "message"),
    [
        pytest.param(
            "nginx",
            "x" * 4001,
            "nginx takes at most 4000 bytes of text, not 4001",
            id="long",
        ),
        ("caddy", "\xe9", "Caddy would send it as UTF-8, and headers are Latin-1"),
        ("caddy", "{", "Caddy would replace what is in braces"),
        ("caddy", "a {path}", "Caddy would replace what is in braces"),
        ("caddy", "{$HOME}", "Caddy would replace what is in braces"),
        ("caddy", "`\\", "it has a backquote, and a backslash before a quote or at"),
    ],
)
def test_a_value_that_a_proxy_cannot_send_is_refused_in_one_line(
    app: Flask, run: Run, proxy: str, value: str, message: str
) -> None:
    set_policy(app, ("X-Odd", value))
    done = run("export", proxy)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert message in done.output
    assert done.output.count("\n") == 1


def test_a_server_of_nginx_can_be_named(run: Run) -> None:
    output = run("export", "nginx", "--server-name", "example.com").output
    assert r'"~^(?!416)\d+ example\.com (MISS|' in output


@pytest.mark.parametrize("proxy", PROXIES)
def test_values_of_one_response_are_not_exported_and_the_file_says_so(
    app: Flask, run: Run, proxy: str
) -> None:
    pages = PageCsp({"script-src": ["'none'"]}, {"script-src": [NONCE]}, {})
    rows: list[tuple[str, Value]] = [
        ("Content-Security-Policy", pages),
        ("X-Request-ID", RequestId()),
    ]
    set_policy(app, *rows)
    output = run("export", proxy).output
    assert "nonce-" not in output
    assert "# It has no nonce, because a nonce is unique to a response.\n" in output
    assert "# It does not set X-Request-ID, which is unique to a request.\n" in output
    set_policy(app, *POLICY)
    assert "unique" not in run("export", proxy).output


def test_variables_of_nginx_have_letters_and_digits_only(app: Flask, run: Run) -> None:
    app.name = "my-shop.web"
    output = run("export", "nginx").output
    assert set(re.findall(r"\$(\S*?shop\S*?)[ ;]", output))
    assert "my_shop_web" in output
    assert "my-shop" not in "".join(re.findall(r"(?m)^[^#]*$", output))


def test_nginx_makes_its_variables_again_for_an_error(run: Run) -> None:
    lines = run("export", "nginx").output.splitlines()
    maps = [line for line in lines if line.startswith("map ")]
    assert maps
    assert lines.count("    volatile;") == len(maps)


def test_nginx_sends_the_headers_with_errors_too(run: Run) -> None:
    lines = re.findall(r"(?m)^ *add_header .*$", run("export", "nginx").output)
    assert lines
    assert all(line.endswith(" always;") for line in lines)


def test_a_name_that_caddy_takes_for_an_operator_is_refused(
    app: Flask, run: Run
) -> None:
    set_policy(app, ("+X-Odd", "1"))
    done = run("export", "caddy")
    assert done.exit_code == 1
    assert "'+X-Odd': its first character is an operator" in done.output
