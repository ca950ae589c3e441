"""The headers that an endpoint's responses are to carry, with their values.

Values are made ahead: once for all responses that the same facts decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .validation import check_computed
from .values import Computed, Decided

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from flask import Request, Response

    from .values import Fact, Value

    Row = tuple[str, str]

_POLICY = "policy.py"
_MAX_CASES = 64  # there are few, but the path where the app is mounted may vary


class Wanted:
    """What the responses of one endpoint are to carry where the view says nothing.

    Its names are in lower case; ``set_by`` tells who set or removed each.
    """

    def __init__(
        self, rows: Iterable[tuple[str, Value]], set_by: Mapping[str, str]
    ) -> None:
        self.rows = tuple(rows)
        self.names = frozenset(name.lower() for name, _ in self.rows)
        self.set_by = set_by
        decided = (value for _, value in self.rows if isinstance(value, Decided))
        self._facts = tuple(dict.fromkeys(f for value in decided for f in value.facts))
        self._cases: dict[tuple[Hashable, ...], Case] = {}

    def rows_for(self, response: Response, request: Request) -> Sequence[Row]:
        """The rows with the values that a response to a request gets."""
        facts = tuple([fact(response, request) for fact in self._facts])
        case = self._cases.get(facts)
        if case is None:
            case = self._decide(facts)
        return case.rows_for(response, request) if case.computed else case.rows

    def _decide(self, facts: tuple[Hashable, ...]) -> Case:
        if len(self._cases) >= _MAX_CASES:
            self._cases.clear()
        known = dict(zip(self._facts, facts, strict=True))
        case = Case(_decided(self.rows, known))
        self._cases[facts] = case
        return case


class Case:
    """The rows of all responses that certain facts are true of."""

    def __init__(self, rows: Iterable[tuple[str, Value]]) -> None:
        rows = tuple(rows)
        self.rows = [(name, str(value)) for name, value in rows]
        self.computed = [
            (place, value)
            for place, (_, value) in enumerate(rows)
            if isinstance(value, Computed)
        ]
        """The rows of which each response has a value of its own, with their place."""

    def rows_for(self, response: Response, request: Request) -> list[Row]:
        """The rows with the values that a response to a request gets."""
        rows = self.rows.copy()
        for place, value in reversed(self.computed):
            text = value.value_for(response, request)
            if text is None:
                del rows[place]
            else:
                name = rows[place][0]
                check_computed(_POLICY, name, text)
                rows[place] = name, text
        return rows


def _decided(
    rows: Iterable[tuple[str, Value]], known: Mapping[Fact, Hashable]
) -> Iterable[tuple[str, Value]]:
    """The rows that go out where these facts are known."""
    for name, value in rows:
        if isinstance(value, Decided):
            sent = value.value_of(*(known[fact] for fact in value.facts))
            if isinstance(sent, str):
                check_computed(_POLICY, name, sent)
            if sent is not None:
                yield name, sent
        else:
            yield name, value
