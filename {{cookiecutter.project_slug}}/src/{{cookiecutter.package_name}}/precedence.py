"""Which header wins: the view's > its route's override > its blueprint's > the policy.

``headers.py`` puts them on at its own moment; what a response is given does not depend on
the moment, and giving it twice changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from werkzeug.datastructures import Headers
from werkzeug.http import parse_set_header

from .overrides import overrides_of
from .validation import HeaderError, check_header, check_policy
from .values import Computed
from .wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flask import Flask, Request, Response

    from .values import Override, Value
    from .wanted import Row

_EXTENSION = "headers"
_NEVER_WANTED = frozenset({"Content-Type", "Content-Length"})  # on most responses
_PUT_ON = "_put_on"  # a response's note of its headers, with and without the policy


class Rules:
    """The policy of one app, and what each of its endpoints makes of it."""

    def __init__(self, policy: Iterable[tuple[str, Value]]) -> None:
        self._policy = tuple(policy)
        self._wanted: dict[str | None, Wanted] = {}  # grows with the URL map only

    def wanted(self, app: Flask, endpoint: str | None) -> Wanted:
        """The rows for an endpoint; ``None`` is a request that matched no route."""
        known = self._wanted.get(endpoint)
        if known is None:
            known = self._wanted[endpoint] = self._resolve(app, endpoint)
        return known

    def _resolve(self, app: Flask, endpoint: str | None) -> Wanted:
        places = [
            (kind, overrides)
            for kind, place in _places(app, endpoint)
            if (overrides := overrides_of(place))
        ]
        if not places and endpoint is not None:
            return self.wanted(app, None)
        rows = {name.lower(): (name, value) for name, value in self._policy}
        set_by = dict.fromkeys(rows, "policy")
        for kind, overrides in places:
            for name, override in overrides.items():
                key = name.lower()
                below = rows[key][1] if key in rows else None
                try:
                    value = _apply(override, below, merge=key == "vary")
                    if value is not None:
                        check_header("overrides", name, value)
                except HeaderError as error:
                    error.add_note(f"This is the override of {name} for {endpoint!r}.")
                    raise
                set_by[key] = kind
                if value is None:
                    rows.pop(key, None)
                else:
                    rows[key] = (name, value)
        return Wanted(rows.values(), set_by)


def init_app(app: Flask, policy: Iterable[tuple[str, Value]]) -> None:
    """Give an app its policy, and check it against the overrides of its routes.

    Raises:
        HeaderError: a header in it cannot be sent.
    """
    rows = list(policy)
    check_policy("policy.py", rows)
    app.extensions[_EXTENSION] = Rules(rows)
    for endpoint in app.view_functions:
        wanted_by(app, endpoint)


def has_policy(app: Flask) -> bool:
    """Whether ``init_app`` has given the app a policy."""
    return isinstance(app.extensions.get(_EXTENSION), Rules)


def wanted_by(app: Flask, endpoint: str | None) -> Wanted:
    """What an endpoint's responses are to carry; ``None`` is that of no route."""
    rules: Rules = app.extensions[_EXTENSION]
    return rules.wanted(app, endpoint)


def put_headers_on(response: Response, app: Flask) -> None:
    """Give a response of the current request what it is to carry and lacks.

    The headers are a new object: one that a view shares between responses must not
    change.
    """
    take_headers_off(response)
    headers = response.headers
    bare = list(headers if isinstance(headers, Headers) else headers.items())
    put = with_headers(bare, response, app)
    if put is not bare:
        _set_headers(response, put)
        setattr(response, _PUT_ON, (put, bare))


def with_headers(own: list[Row], response: Response, app: Flask) -> list[Row]:
    """Add to the headers of a response what it is to carry and lacks.

    The policy's names come first, in the policy's order, so that the order does not tell
    at which moment they were put on. Outside of a request nothing is added.
    """
    try:
        # The object is quicker to ask than the proxy that stands for it.
        asked: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    except RuntimeError:
        return own
    rule = asked.url_rule
    wanted = wanted_by(app, rule.endpoint if rule else None)
    rows = wanted.rows_for(response, asked)
    for name, _ in own:
        if name not in _NEVER_WANTED and name.lower() in wanted.names:
            return list(_merge(rows, own))
    return [*rows, *own]


def take_headers_off(response: Response) -> None:
    """Undo ``put_headers_on``, but keep what has been changed since.

    A view may return the same response object to one request after another.
    """
    noted: tuple[list[Row], list[Row]] | None = getattr(response, _PUT_ON, None)
    if noted is None:
        return
    put, bare = noted
    setattr(response, _PUT_ON, None)
    now = list(response.headers.items())
    if now == put:
        _set_headers(response, bare)
    else:
        own = [row for row in now if row not in put or row in bare or row[0] == "Vary"]
        _set_headers(response, own)


def merge_vary(values: Iterable[str]) -> str:
    """One value of ``Vary`` (RFC 9110, section 12.5.5) for several, without repeats."""
    merged = parse_set_header("")
    for value in values:
        merged.update(parse_set_header(value))
    return merged.to_header()


def _set_headers(response: Response, rows: list[Row]) -> None:
    response.headers = Headers()
    response.headers[:] = rows


def _apply(override: Override, below: Value | None, *, merge: bool) -> Value | None:
    """The value that an override makes of the one below it."""
    if override is None or isinstance(override, Computed):
        return override
    if not isinstance(override, str):
        return override(below)
    return (
        merge_vary([below, override]) if merge and isinstance(below, str) else override
    )


def _merge(rows: Sequence[Row], present: list[Row]) -> Iterable[Row]:
    """The wanted rows, each as the response has it where it has one, then the rest."""
    for name, value in rows:
        own = [row for row in present if row[0].lower() == name.lower()]
        if name.lower() == "vary":
            yield name, merge_vary([value, *(row[1] for row in own)])
        else:
            yield from own or [(name, value)]
    names = {name.lower() for name, _ in rows}
    yield from (row for row in present if row[0].lower() not in names)


def _places(app: Flask, endpoint: str | None) -> list[tuple[str, object]]:
    """Where an endpoint's overrides may stand, the widest first, each with what it is."""
    if endpoint is None:
        return []
    names = endpoint.split(".")[:-1]  # of nested blueprints, the outermost first
    paths = [".".join(names[: depth + 1]) for depth in range(len(names))]
    return [
        *(("blueprint override", app.blueprints.get(path)) for path in paths),
        ("route override", app.view_functions.get(endpoint)),
    ]
