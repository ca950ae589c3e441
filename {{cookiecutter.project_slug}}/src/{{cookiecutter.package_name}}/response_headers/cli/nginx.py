"""The policy as nginx directives.

The app's responses have the headers already, and ``add_header`` would add them again. So
each value is a ``map`` that is empty for those: nginx does not send an empty header.
https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header
https://nginx.org/en/docs/http/ngx_http_map_module.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .export import (
    ERROR,
    FILE,
    PAGE,
    SCRIPT,
    in_every_case,
    notes_for,
    prefix_of,
    values_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from .export import Case

MAX_TEXT = 4000
"""Bytes: nginx reads its file in blocks of 4,096, and a text must fit into one."""

MAX_PREFIX = 30
"""Characters: nginx does not start if names of variables are much longer."""


def lines_for(app: Flask, server_name: str | None = None) -> Iterator[str]:
    """Yield the lines of the file: maps, and an ``add_header`` for each header.

    With ``server_name``, other servers of that nginx are not changed.

    Raises:
        ValueError: a value is too long for nginx.
    """
    prefix = f"${prefix_of(app)[:MAX_PREFIX]}"
    for note in notes_for(app):
        yield f"# {note}"
    yield "# Include it in the http { } block. A server or location with its own"
    yield "# add_header inherits none of these."
    yield f"geo {prefix}_dollar " + "{ default $; }"
    yield from _kinds(prefix)
    yield from _answers(prefix, server_name)
    for number, (name, cases) in enumerate(values_for(app).items()):
        variable = f"{prefix}_{number}"
        rows = [(key, _quoted(value, prefix)) for key, value in _rows(cases)]
        yield from _map(f"{prefix}_answer", variable, rows)
        if name.lower() == "cache-control":  # "expires" sets it, too
            rows = [('""', variable), ("default", '""')]
            variable = f"{variable}_unset"
            yield from _map("$sent_http_cache_control", variable, rows)
        yield f'add_header "{name}" {variable} always;'


def _kinds(prefix: str) -> Iterator[str]:
    """Yield the map of what nginx sends. It has no content type for a 304."""
    rows = [
        ("default", FILE),
        ('"~^[45]"', ERROR),
        (r'"~*^\d+ (text/html|application/xhtml\+xml)"', PAGE),
        (r'"~*^304  .*(/|\.x?html?)$"', PAGE),
        (r'"~*^\d+ (text|application)/(x-)?javascript"', SCRIPT),
        (r'"~*^304  .*\.m?js$"', SCRIPT),
    ]
    yield from _map('"$status $sent_http_content_type $uri"', f"{prefix}_kind", rows)


def _answers(prefix: str, server_name: str | None) -> Iterator[str]:
    """Yield a map that is empty if the app, or a cache of it, sent the response."""
    kept = "$upstream_cache_status"
    file_of_app = (
        "$upstream_http_x_accel_redirect"  # nginx sends it without its headers
    )
    key = f"{kept}|{file_of_app}|$upstream_header_time$upstream_http_date"
    by_itself = r"(MISS|BYPASS|EXPIRED)?\|(.+\|.*|\|(.*-)?)$"
    if server_name is not None:
        key = f"$server_name {key}"
        by_itself = f"{re.escape(server_name)} {by_itself}"
    rows = [("default", '""'), (f'"~^{by_itself}"', f'"$scheme {prefix}_kind"')]
    yield from _map(f'"{key}"', f"{prefix}_answer", rows)


def _map(key: str, variable: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    yield ""
    yield f"map {key} {variable} " + "{"
    yield from (f"    {match} {value};" for match, value in rows)
    yield "}"


def _rows(cases: dict[Case, str]) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of the map of a header."""
    same = in_every_case(cases)
    if same is not None:
        yield from (('""', ""), ("default", same))
    else:
        yield "default", ""
        yield from ((f'"{" ".join(case)}"', value) for case, value in cases.items())


def _quoted(text: str, prefix: str) -> str:
    """Return a text in quotes. nginx cannot escape ``$``, so a variable stands for it."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    quoted = escaped.replace("$", "${" + f"{prefix[1:]}_dollar" + "}")
    if len(quoted) > MAX_TEXT:
        msg = f"nginx takes at most {MAX_TEXT} bytes of text, not {len(quoted)}: shorten {text[:60]!r}..."
        raise ValueError(msg)
    return f'"{quoted}"'
