"""The policy for a proxy: the headers of what does not come from the app."""

from __future__ import annotations

import io
import itertools
import re
from typing import TYPE_CHECKING, Any

from flask import send_file
from werkzeug.exceptions import BadGateway

from ..header_policy import headers_for, policy_of
from ..nonce import PageCsp
from ..values import DynamicValue
from .client import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from ..values import Value

ERROR, PAGE, SCRIPT, FILE = "error", "page", "script", "file"
"""The proxy's own error page; a static page, a script, any other static file."""

SCHEMES = ("http", "https")

Case = tuple[str, str]
"""The scheme and the kind of a response."""

MAX_TEXT = 4000
"""Bytes: nginx reads its file in blocks of 4,096, and a text must fit into one."""

MAX_PREFIX = 30
"""Characters: nginx does not start if names of variables are much longer."""

_PLACEHOLDER = re.compile(r"\\[{}]|\{[^\s\"{}][^{}]*\}|\{\$")
"""What Caddy replaces, and the escapes that it removes: ``\\{``."""

_OPERATORS = "+-?>*"

_PAGES, _SCRIPTS = "*.html *.htm *.xhtml */", "*.js *.mjs"
_PATHS = {
    PAGE: f"path {_PAGES}",
    SCRIPT: f"path {_SCRIPTS}",
    FILE: f"not path {_PAGES} {_SCRIPTS}",
}


def nginx_lines(app: Flask, server_name: str | None = None) -> Iterator[str]:
    """Yield a file for nginx: maps, and an ``add_header`` for each header.

    The app's responses have the headers already, and ``add_header`` would add them again.
    So each value is a ``map`` that is empty for those: nginx does not send an empty header.
    https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header
    https://nginx.org/en/docs/http/ngx_http_map_module.html

    With ``server_name``, other servers of that nginx are not changed.

    Raises:
        ValueError: a value is too long for nginx.
    """
    prefix = f"${prefix_of(app)[:MAX_PREFIX]}"
    yield from notes_for(app)
    yield "# Include it in the http { } block. A server or location with its own"
    yield "# add_header inherits none of these."
    yield f"geo {prefix}_dollar {{ default $; }}"
    kinds = {
        "default": FILE,
        '"~^[45]"': ERROR,
        r'"~*^\d+ (text/html|application/xhtml\+xml)"': PAGE,
        r'"~*^304  .*(/|\.x?html?)$"': PAGE,  # nginx has no content type for a 304
        r'"~*^\d+ (text|application)/(x-)?javascript"': SCRIPT,
        r'"~*^304  .*\.m?js$"': SCRIPT,
    }
    yield from _map('"$status $sent_http_content_type $uri"', f"{prefix}_kind", kinds)
    yield from _answers(prefix, server_name)
    for number, (name, value) in enumerate(values_for(app).items()):
        variable = f"{prefix}_{number}"
        if isinstance(value, str):
            rows = {'""': "", "default": value}
        else:
            cases = {f'"{" ".join(case)}"': text for case, text in value.items()}
            rows = {"default": ""} | cases
        quoted = {key: _nginx_quoted(text, prefix) for key, text in rows.items()}
        yield from _map(f"{prefix}_answer", variable, quoted)
        if name.lower() == "cache-control":  # "expires" sets it, too
            unset = {'""': variable, "default": '""'}
            variable = f"{variable}_unset"
            yield from _map("$sent_http_cache_control", variable, unset)
        yield f'add_header "{name}" {variable} always;'


def _answers(prefix: str, server_name: str | None) -> Iterator[str]:
    """Yield a map that is empty if the app, or a cache of it, sent the response."""
    # nginx sends a file that the app names in X-Accel-Redirect without its headers.
    file_of_app = "$upstream_http_x_accel_redirect"
    times = "$upstream_header_time$upstream_http_date"
    key = f"$upstream_cache_status|{file_of_app}|{times}"
    by_itself = r"(MISS|BYPASS|EXPIRED)?\|(.+\|.*|\|(.*-)?)$"
    if server_name is not None:
        key = f"$server_name {key}"
        by_itself = f"{re.escape(server_name)} {by_itself}"
    # A range that a file does not have is found when the file's headers are there already.
    own = rf'"~^(?!416)\d+ {by_itself}"'
    rows = {"default": '""', own: f'"$scheme {prefix}_kind"'}
    yield from _map(f'"$status {key}"', f"{prefix}_answer", rows)


def _map(key: str, variable: str, rows: dict[str, str]) -> Iterator[str]:
    yield f"\nmap {key} {variable} {{"
    yield "    volatile;"  # an error of nginx may take the place of a file
    yield from (f"    {match} {value};" for match, value in rows.items())
    yield "}"


def _nginx_quoted(text: str, prefix: str) -> str:
    """Return a text in quotes. nginx cannot escape ``$``, so a variable stands for it."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    quoted = escaped.replace("$", f"${{{prefix[1:]}_dollar}}")
    if len(quoted) > MAX_TEXT:
        msg = f"nginx takes at most {MAX_TEXT} bytes of text, not {len(quoted)}: shorten {text[:60]!r}..."
        raise ValueError(msg)
    return f'"{quoted}"'


def caddy_lines(app: Flask) -> Iterator[str]:
    """Yield a file for Caddy: a snippet for ``file_server``, another for ``handle_errors``.

    https://caddyserver.com/docs/caddyfile/directives/header
    https://caddyserver.com/docs/caddyfile/concepts#snippets

    Raises:
        ValueError: a value cannot be written in a Caddyfile.
    """
    values = values_for(app)
    for name in values:
        if name[0] in _OPERATORS:
            msg = f"A Caddyfile cannot set the header {name!r}: its first character is an operator."
            raise ValueError(msg)
    prefix = prefix_of(app)
    yield from notes_for(app)
    yield "# Import this file at the top of the Caddyfile, then its snippets:"
    yield f"#   import {prefix}_files   next to file_server"
    yield f"#   import {prefix}_errors  in handle_errors"
    for name, kinds in {"files": [PAGE, SCRIPT, FILE], "errors": [ERROR]}.items():
        yield f"\n({prefix}_{name}) {{"
        yield from _snippet(list(itertools.product(SCHEMES, kinds)), values)
        yield "}"


def _snippet(
    cases: list[Case], values: dict[str, str | dict[Case, str]]
) -> Iterator[str]:
    for scheme, kind in cases:
        yield f"\t@{scheme}_{kind} {{"
        yield f"\t\tprotocol {scheme}"
        if kind != ERROR:
            yield f"\t\t{_PATHS[kind]}"
        yield "\t}"
    for name, value in values.items():
        if isinstance(value, str):
            yield f"\theader {_caddy_quoted(name)} {_caddy_quoted(value)}"
            continue
        for case in cases:
            if case in value:
                row = f"{_caddy_quoted(name)} {_caddy_quoted(value[case])}"
            else:  # the snippet for files may have set it
                row = _caddy_quoted(f"-{name}")
            yield f"\theader @{'_'.join(case)} {row}"


def _caddy_quoted(text: str) -> str:
    """Return a text in backquotes, or in ``"`` if it has a backquote.

    In ``"``, a backslash escapes only a ``"``.

    Raises:
        ValueError: Caddy would send a different text.
    """
    if not text.isascii():
        hint = "Caddy would send it as UTF-8, and headers are Latin-1"
    elif text in {"{", "}"} or _PLACEHOLDER.search(text):
        hint = "Caddy would replace what is in braces"
    elif "`" not in text:
        return f"`{text}`"
    elif not re.search(r'\\("|$)', text):
        return '"' + text.replace('"', r"\"") + '"'
    else:
        hint = "it has a backquote, and a backslash before a quote or at the end"
    msg = f"A Caddyfile cannot have the text {text!r}: {hint}."
    raise ValueError(msg)


def values_for(app: Flask) -> dict[str, str | dict[Case, str]]:
    """Return the value of each header of the policy, or its values if they differ by case.

    They are what the app would send with a page that has no nonce. Values that are unique
    to a request are left out, and so are overrides, which belong to routes of the app,
    except for those of ``static``.
    """
    sent: dict[Case, dict[str, str]] = {}
    names: dict[str, str] = {}  # an override may write a name in another case
    for scheme in SCHEMES:
        with app.test_request_context(base_url=f"{scheme}://{host_of(app)}") as context:
            for kind, response in _samples().items():
                resolved = headers_for(app, None if kind == ERROR else "static")
                rows = resolved.rows_for(response, context.request)
                every = [*rows, *response.headers]  # Flask's win
                for name, value in resolved.rows:
                    if not _is_per_request(value):
                        names.setdefault(name.lower(), name)
                sent[scheme, kind] = {name.lower(): value for name, value in every}
    values: dict[str, str | dict[Case, str]] = {}
    for key, name in names.items():
        cases = {case: rows[key] for case, rows in sent.items() if key in rows}
        if cases:
            constant = len(cases) == len(sent) and len({*cases.values()}) == 1
            values[name] = cases["https", PAGE] if constant else cases
    return values


def prefix_of(app: Flask) -> str:
    """Return what the app's names in a proxy's file start with."""
    return re.sub(r"[^0-9A-Za-z_]", "_", app.name)


def notes_for(app: Flask) -> Iterator[str]:
    """Yield comments with what the reader of an exported file should know."""
    where = policy_of(app).where
    yield f"# Generated from the header policy ({where}). Export it again if that changes."
    rows = headers_for(app, None).rows
    if any(isinstance(value, PageCsp) for _, value in rows):
        yield "# It has no nonce, because a nonce is unique to a response."
    for name, value in rows:
        if _is_per_request(value):
            yield f"# It does not set {name}, which is unique to a request."


def _is_per_request(value: Value) -> bool:
    return isinstance(value, DynamicValue) and value.per_request


def _samples() -> dict[str, Any]:
    """Return a response of each kind, as Flask makes it."""
    return {
        ERROR: BadGateway().get_response(),
        PAGE: send_file(io.BytesIO(), "text/html", etag=False),
        SCRIPT: send_file(io.BytesIO(), "text/javascript", etag=False),
        FILE: send_file(io.BytesIO(), "text/plain", etag=False),
    }
