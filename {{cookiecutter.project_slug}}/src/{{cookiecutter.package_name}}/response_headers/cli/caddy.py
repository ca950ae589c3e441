"""The policy as Caddy snippets: one for static files and one for errors.

https://caddyserver.com/docs/caddyfile/directives/header
https://caddyserver.com/docs/caddyfile/concepts#snippets
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from .export import (
    ERROR,
    FILE,
    PAGE,
    SCHEMES,
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

_PLACEHOLDER = re.compile(r"\\[{}]|\{[^\s\"{}][^{}]*\}|\{\$")
"""What Caddy replaces, and the escapes that it removes: ``\\{``."""

_OPERATORS = "+-?>*"

_PAGES, _SCRIPTS = "*.html *.htm *.xhtml */", "*.js *.mjs"
_PATHS = {
    PAGE: f"path {_PAGES}",
    SCRIPT: f"path {_SCRIPTS}",
    FILE: f"not path {_PAGES} {_SCRIPTS}",
}


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
    for note in notes_for(app):
        yield f"# {note}"
    yield "# Import this file at the top of the Caddyfile, then its snippets:"
    yield f"#   import {prefix}_files   next to file_server"
    yield f"#   import {prefix}_errors  in handle_errors"
    yield from _snippet(f"{prefix}_files", [PAGE, SCRIPT, FILE], values)
    yield from _snippet(f"{prefix}_errors", [ERROR], values)


def _snippet(
    name: str, kinds: list[str], values: dict[str, dict[Case, str]]
) -> Iterator[str]:
    matchers = {
        case: "@" + "_".join(case) for case in itertools.product(SCHEMES, kinds)
    }
    yield ""
    yield f"({name}) " + "{"
    for (scheme, kind), matcher in matchers.items():
        yield f"\t{matcher} " + "{"
        yield f"\t\tprotocol {scheme}"
        if kind != ERROR:
            yield f"\t\t{_PATHS[kind]}"
        yield "\t}"
    for header, cases in values.items():
        same = in_every_case(cases)
        if same is not None:
            yield f"\theader {_quoted(header)} {_quoted(same)}"
            continue
        for case, matcher in matchers.items():
            value = _quoted(cases[case]) if case in cases else None
            if value is None:  # the snippet for files may have set it
                yield f"\theader {matcher} {_quoted('-' + header)}"
            else:
                yield f"\theader {matcher} {_quoted(header)} {value}"
    yield "}"


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
