"""Which header wins: the view's > its route's override > its blueprint's > the policy.

``headers.py`` calls ``put_headers_on`` at its own moment; what that gives a response
does not depend on the moment, and giving it twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, request
from werkzeug.datastructures import Headers
from werkzeug.http import parse_set_header

from .overrides import overrides_of
from .validation import check_policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask, Response

_EXTENSION = "headers"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the responses of one endpoint are to carry where the view says nothing."""

    rows: tuple[tuple[str, str], ...]
    names: frozenset[str]  # in lower case


class Rules:
    """The policy of one app, and what each of its endpoints makes of it."""

    def __init__(self, policy: Iterable[tuple[str, str]]) -> None:
        self._policy = tuple(policy)
        self._wanted: dict[str | None, Wanted] = {}  # grows with the URL map only

    def wanted(self, app: Flask, endpoint: str | None) -> Wanted:
        """The rows for an endpoint; ``None`` is a request that matched no route."""
        known = self._wanted.get(endpoint)
        if known is None:
            known = self._wanted[endpoint] = self._resolve(app, endpoint)
        return known

    def _resolve(self, app: Flask, endpoint: str | None) -> Wanted:
        rows = {name.lower(): (name, value) for name, value in self._policy}
        for place in _places(app, endpoint):
            for name, value in overrides_of(place).items():
                key = name.lower()
                if value is None:
                    rows.pop(key, None)
                elif key == "vary" and key in rows:
                    rows[key] = (name, merge_vary([rows[key][1], value]))
                else:
                    rows[key] = (name, value)
        return Wanted(tuple(rows.values()), frozenset(rows))


def init_app(app: Flask, policy: Iterable[tuple[str, str]]) -> None:
    """Give an app its policy.

    Raises:
        HeaderError: a header in it cannot be sent.
    """
    rows = list(policy)
    check_policy("policy.py", rows)
    app.extensions[_EXTENSION] = Rules(rows)


def wanted_by(app: Flask, endpoint: str | None) -> Wanted:
    """What an endpoint's responses are to carry; ``None`` is that of no route."""
    rules: Rules = app.extensions[_EXTENSION]
    return rules.wanted(app, endpoint)


def put_headers_on(response: Response) -> None:
    """Give a response of the current request what it is to carry and lacks.

    The headers are a new object: one that a view shares between responses must not
    change. The policy's names come first, in the policy's order, so that the order
    does not tell at which moment they were put on.
    """
    wanted = wanted_by(current_app, request.endpoint)
    present = response.headers
    headers = Headers()
    if wanted.names.isdisjoint({name.lower() for name, _ in present}):
        headers[:] = (*wanted.rows, *present)
    else:
        headers[:] = _merge(wanted, list(present))
    response.headers = headers


def merge_vary(values: Iterable[str]) -> str:
    """One value of ``Vary`` (RFC 9110, section 12.5.5) for several, without repeats."""
    merged = parse_set_header("")
    for value in values:
        merged.update(parse_set_header(value))
    return merged.to_header()


def _merge(wanted: Wanted, present: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """The wanted rows, each as the response has it where it has one, then the rest."""
    for name, value in wanted.rows:
        own = [row for row in present if row[0].lower() == name.lower()]
        if name.lower() == "vary":
            yield name, merge_vary([value, *(row[1] for row in own)])
        else:
            yield from own or [(name, value)]
    yield from (row for row in present if row[0].lower() not in wanted.names)


def _places(app: Flask, endpoint: str | None) -> list[object]:
    """Where an endpoint's overrides may stand, the widest first."""
    if endpoint is None:
        return []
    names = endpoint.split(".")[:-1]  # of nested blueprints, the outermost first
    paths = [".".join(names[: depth + 1]) for depth in range(len(names))]
    blueprints = [app.blueprints[path] for path in paths]
    return [*blueprints, app.view_functions[endpoint]]
