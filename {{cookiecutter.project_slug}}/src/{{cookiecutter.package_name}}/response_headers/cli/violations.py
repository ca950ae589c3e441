"""What is wrong with an answer, held against the policy and its overrides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.http import parse_set_header

from ..overrides import overrides_of
from ..header_policy import headers_for
from ..validation import PRINTABLE_LATIN_1
from .tracing import ANY, HOOK, MIDDLEWARE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from .client import Answer, Row
    from .tracing import Value

ALL = "every header"
NOTHING = "nothing"


@dataclass(frozen=True)
class Fault:
    """One line of ``flask headers check``."""

    where: str
    header: str
    expected: str
    found: str

    def __str__(self) -> str:
        """The line."""
        return (
            f"{self.where}: {self.header}: expected {self.expected}, found {self.found}"
        )


def faults_of(answer: Answer) -> list[Fault]:
    """Compare what was sent with what was to be sent.

    A view, or a function after it, may set ``Cache-Control`` as it likes, and may add to
    ``Vary``. To change any other header of the policy is an override's business.
    """
    question = answer.question
    where = f"{question.method} {question.path} ({answer.status})"
    if answer.error is not None:
        return [Fault(where, ALL, "an answer", answer.error)]
    faults = []
    if answer.lost is not None:
        lost = ", ".join(dict.fromkeys(answer.lost)) or ALL
        found = f"another response, put in its place by a {HOOK}"
        faults.append(Fault(where, lost, "the view's response", found))
    for name in sorted(answer.wanted.origins):
        faults += [Fault(where, *differing) for differing in _compare(answer, name)]
    faults += [
        Fault(
            where,
            row.name,
            "Latin-1, which is all that a server sends",
            repr(row.value),
        )
        for row in answer.rows
        if not PRINTABLE_LATIN_1.fullmatch(row.value)
    ]
    return faults


def dead_overrides(app: Flask) -> list[Fault]:
    """Find overrides that remove what nothing sets: most likely a slip in the name."""
    places: list[tuple[str, object]] = [
        *((f"blueprint {name}", place) for name, place in app.blueprints.items()),
        *((f"route {name}", view) for name, view in app.view_functions.items()),
    ]
    set_anywhere = set(headers_for(app, None).names)
    for _, place in places:
        overrides = overrides_of(place).items()
        set_anywhere |= {name.lower() for name, value in overrides if value is not None}
    return [
        Fault(
            f"override of {where}",
            name,
            "a header to remove",
            f"{NOTHING} of this name",
        )
        for where, place in places
        for name, value in overrides_of(place).items()
        if value is None and name.lower() not in set_anywhere
    ]


def _compare(answer: Answer, key: str) -> Iterator[tuple[str, str, str]]:
    """The header, what was expected of it and what was found, where the two differ."""
    sent = answer.sent(key)
    wanted = answer.expected.get(key)
    name = wanted.name if wanted else sent[0].name if sent else key
    expected = _in_words(wanted)
    if not sent:
        if wanted:
            yield name, expected, NOTHING
    elif len(sent) > 1:
        found = " and ".join(f"{row.value!r} ({row.origins})" for row in sent)
        yield name, f"{expected} once", f"{len(sent)} of it: {found}"
    elif not _agrees(wanted, sent[0]):
        yield name, expected, f"{sent[0].value!r} ({sent[0].origins})"


def _in_words(wanted: Value | None) -> str:
    if wanted is None:
        return NOTHING
    return "a value" if wanted.value is ANY else repr(wanted.value)


def _agrees(wanted: Value | None, row: Row) -> bool:
    """Whether a header is as it was to be, or is one that a view may set."""
    if row.name.lower() == "cache-control" and row.origins != MIDDLEWARE:
        return True
    if row.name.lower() == "vary":
        tokens = parse_set_header(wanted.value if wanted else None).as_set()
        return tokens <= parse_set_header(row.value).as_set()
    return wanted is not None and wanted.value in {ANY, row.value}
