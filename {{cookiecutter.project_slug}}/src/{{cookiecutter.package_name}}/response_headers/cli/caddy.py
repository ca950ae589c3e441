"""The policy in Caddy's own words: two snippets, for its files and for its errors.

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
"""What Caddy replaces, and what it takes for the sign not to: ``\\{``."""

_OPERATORS = "+-?>*"

_PAGES = "*.html *.htm *.xhtml */"


def lines_for(app: Flask) -> Iterator[str]:
    """Write the file: a snippet for ``file_server``, another for ``handle_errors``.

    Raises:
        ValueError: a value cannot be written in a Caddyfile.
    """
    values = values_for(app)
    for name in values:
        if name[0] in _OPERATORS:
            msg = f"A Caddyfile cannot set the header {name!r}: Caddy takes its first character for an operator."
            raise ValueError(msg)
    prefix = prefix_of(app)
    for note in notes_for(app):
        yield f"# {note}"
    yield "# Import this file at the top of the Caddyfile, then its snippets:"
    yield f"#   import {prefix}_files   where file_server is"
    yield f"#   import {prefix}_errors  in handle_errors"
    yield from _snippet(f"{prefix}_files", [PAGE, FILE], values)
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
            yield f"\t\t{'not ' if kind == FILE else ''}path {_PAGES}"
        yield "\t}"
    for header, cases in values.items():
        same = in_every_case(cases)
        if same is not None:
            yield f"\theader {_quoted(header)} {_quoted(same)}"
            continue
        for case, matcher in matchers.items():
            value = _quoted(cases[case]) if case in cases else None
            if value is None:  # what the files have set may be there still
                yield f"\theader {matcher} {_quoted('-' + header)}"
            else:
                yield f"\theader {matcher} {_quoted(header)} {value}"
    yield "}"


def _quoted(text: str) -> str:
    """A text in quotes: in backquotes nothing is special but these.

    In ``"`` a backslash stands for itself, but not before a ``"``.

    Raises:
        ValueError: Caddy would send another text.
    """
    if not text.isascii():
        mend = "Caddy would send it as UTF-8, and headers are Latin-1"
    elif text in {"{", "}"} or _PLACEHOLDER.search(text):
        mend = "Caddy would take what is in braces for a placeholder"
    elif "`" not in text:
        return f"`{text}`"
    elif not re.search(r'\\("|$)', text):
        return '"' + text.replace('"', r"\"") + '"'
    else:
        mend = "it has a backquote, and a backslash before a quote or at the end"
    msg = f"A Caddyfile cannot have the text {text!r}: {mend}."
    raise ValueError(msg)
