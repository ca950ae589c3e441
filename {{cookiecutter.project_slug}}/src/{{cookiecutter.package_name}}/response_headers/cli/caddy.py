"""The policy as Caddy snippets: one for static files and one for errors.

https://caddyserver.com/docs/caddyfile/directives/header
https://caddyserver.com/docs/caddyfile/concepts#snippets
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from .export import ERROR, FILE, PAGE, SCHEMES, notes_for, prefix_of, values_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from .export import Case

_PLACEHOLDER = re.compile(r"\\[{}]|\{[^\s\"{}][^{}]*\}|\{\$")
"""What Caddy replaces, and the escapes that it removes: ``\\{``."""

_OPERATORS = "+-?>*"

_PAGES = "*.html *.htm *.xhtml */"


def lines_for(app: Flask) -> Iterator[str]:
    """Yield the lines of the file: a snippet for ``file_server``, another for ``handle_errors``.

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
    for name, kinds in {"files": [PAGE, FILE], "errors": [ERROR]}.items():
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
            yield f"\t\t{'not ' if kind == FILE else ''}path {_PAGES}"
        yield "\t}"
    for name, value in values.items():
        if isinstance(value, str):
            yield f"\theader {_quoted(name)} {_quoted(value)}"
            continue
        for case in cases:
            if case in value:
                row = f"{_quoted(name)} {_quoted(value[case])}"
            else:  # the snippet for files may have set it
                row = _quoted(f"-{name}")
            yield f"\theader @{'_'.join(case)} {row}"


def _quoted(text: str) -> str:
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
