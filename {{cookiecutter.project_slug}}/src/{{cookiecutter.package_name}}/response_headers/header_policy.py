"""The header policy of an app, resolved for each endpoint and put onto responses.

Which header wins: the view's > its route's override > its blueprint's > the policy.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Request, Response, current_app, request
from werkzeug.datastructures import Headers, HeaderSet
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_list_header
from werkzeug.sansio.response import Response as SansIOResponse

from . import overrides
from .overrides import overrides_of
from .validation import DUPLICATE, HeaderError, check_line
from .values import CachedValue, DynamicValue, apply_override, check_header

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

    from .values import CacheKey, Override, Row, Value

EXTENSION = "response_headers"
"""The key of an app's ``HeaderPolicy`` in ``app.extensions``."""

_APPLIED = "response_headers.applied"
OWN = "response_headers.own"
"""The key in the environ of the response that belongs to its request alone."""

_CACHE_SIZE = 64  # there are few keys, but the path an app is mounted under may vary


class HeaderPolicy:
    """The headers that every response of one app carries.

    The rows must be checked. ``where`` names the policy in errors.
    """

    def __init__(self, rows: Iterable[tuple[str, Value]], where: str) -> None:
        self.where = where
        self.rows = tuple(rows)
        self._resolved: dict[str | None, tuple[object, ResolvedHeaders]] = {}
        self._overrides = overrides.count

    def headers_for(self, app: Flask, endpoint: str | None) -> ResolvedHeaders:
        """Return what the responses of an endpoint carry; ``None`` if no route matched.

        Raises:
            HeaderError: an override makes a header that cannot be sent.
        """
        if self._overrides != overrides.count:
            self._overrides = overrides.count
            self._resolved.clear()
        view = app.view_functions.get(endpoint) if endpoint else None
        known = self._resolved.get(endpoint)
        if known is None or known[0] is not view:  # it may have been replaced
            known = self._resolved[endpoint] = view, self._resolve(app, endpoint)
        return known[1]

    def _resolve(self, app: Flask, endpoint: str | None) -> ResolvedHeaders:
        overridden = [
            (origin, changes)
            for origin, target in _override_targets(app, endpoint)
            if (changes := overrides_of(target))
        ]
        if not overridden and endpoint is not None:
            return self.headers_for(app, None)
        rows = {name.lower(): (str(name), value) for name, value in self.rows}
        origins = dict.fromkeys(rows, "policy")
        for origin, changes in overridden:
            for name, override in changes.items():
                key = name.lower()
                below = rows[key][1] if key in rows else None
                try:
                    value = _override(name, override, below)
                except HeaderError as error:
                    error.add_note(f"This is the override of {name} for {endpoint!r}.")
                    raise
                origins[key] = origin
                if value is None:
                    rows.pop(key, None)
                else:
                    rows[key] = (str(name), value)
        return ResolvedHeaders(rows.values(), origins, self.where)


class ResolvedHeaders:
    """What the responses of one endpoint carry, unless the view sets it.

    ``names`` and the keys of ``origins``, which tells who set or removed each header, are
    in lower case.
    """

    def __init__(
        self, rows: Iterable[tuple[str, Value]], origins: Mapping[str, str], where: str
    ) -> None:
        self.rows = tuple(rows)
        self.names = frozenset(name.lower() for name, _ in self.rows)
        self.origins = origins
        self._where = where
        cached = (value for _, value in self.rows if isinstance(value, CachedValue))
        self._vary_on = tuple(
            dict.fromkeys(k for value in cached for k in value.vary_on)
        )
        self._cache: dict[tuple[Hashable, ...], CachedRows] = {}

    def rows_for(self, response: Response, request: Request) -> Sequence[Row]:
        """Return the rows for a response, with their values."""
        key = tuple([vary_on(response, request) for vary_on in self._vary_on])
        cached = self._cache.get(key)
        if cached is None:
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            cached = self._cache[key] = self._build(key)
        if cached.dynamic:
            return cached.rows_for(response, request)
        return cached.rows

    def _build(self, key: tuple[Hashable, ...]) -> CachedRows:
        facts = dict(zip(self._vary_on, key, strict=True))
        return CachedRows(_build_cached(self.rows, facts, self._where), self._where)


class CachedRows:
    """The rows of all responses with the same cache key."""

    def __init__(self, rows: Iterable[tuple[str, Value]], where: str) -> None:
        rows = tuple(rows)
        self._where = where
        self.rows = [(name, str(value)) for name, value in rows]
        self.dynamic = [
            (index, value)
            for index, (_, value) in enumerate(rows)
            if isinstance(value, DynamicValue)
        ]
        """The values that each response has its own of, with the index of their rows."""

    def rows_for(self, response: Response, request: Request) -> list[Row]:
        """Return the rows for a response, with their values."""
        rows = self.rows.copy()
        for index, dynamic in reversed(self.dynamic):
            value = dynamic.get_value(response, request)
            if value is None:
                del rows[index]
            else:
                name = rows[index][0]
                check_line(self._where, name, value)
                rows[index] = name, value
        return rows


class Applied(NamedTuple):
    """The headers that the strategy made, for the safety net to compare."""

    headers: list[Row]
    added: Sequence[Row]  # those that are the policy's
    names: frozenset[str]
    head: int  # how many of the headers stand for those names
    status: str
    content_type: str | None

    def is_intact(self, status: str, headers: list[Row]) -> bool:
        """Whether nothing that matters to the policy has changed since."""
        if status != self.status:
            return False
        if headers == self.headers:
            return True
        if headers[: self.head] != self.headers[: self.head]:
            return False
        content_type = None
        for name, value in headers[self.head :]:
            key = name.lower()
            if key == "content-type":
                content_type = value
            elif key in self.names:
                return False
        # A 304 is sent without its content type.
        return content_type == self.content_type or self.status.startswith("304")


def policy_of(app: Flask) -> HeaderPolicy:
    """Return the policy of an app that has one."""
    policy: HeaderPolicy = app.extensions[EXTENSION]
    return policy


def headers_for(app: Flask, endpoint: str | None) -> ResolvedHeaders:
    """Return what the responses of an endpoint carry; ``None`` if no route matched."""
    return policy_of(app).headers_for(app, endpoint)


def has_policy(app: Flask) -> bool:
    """Whether the app has a policy of this package."""
    return isinstance(app.extensions.get(EXTENSION), HeaderPolicy)


def current_request() -> Request | None:
    """Return the current request, ``None`` outside a request."""
    try:
        # The object is quicker than the proxy that stands for it.
        req: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    except RuntimeError:
        return None
    return req


def apply_policy(response: Response) -> Response:
    """Return a response of the current request with the headers that it lacks.

    It is a copy, unless the response is known to belong to this request alone.
    """
    req = current_request()
    shared = req is None or req.environ.get(OWN) is not response
    headers = response.headers
    own = list(headers if isinstance(headers, Headers) else headers.items())
    merged = merge_policy(own, response)
    added = len(merged) - len(own)
    if shared:
        response = copy(response)
    elif isinstance(headers, Headers) and merged[added:] == own:
        headers[:0] = merged[:added]  # quicker than new ones: Werkzeug checks each
        return response
    response.headers = Headers()
    response.headers[:] = merged
    return response


def merge_policy(own: list[Row], response: Response) -> list[Row]:
    """Return the headers of a response of the current request, with those it lacks.

    The policy's names come first, in its order. Outside a request nothing is added.
    """
    req = current_request()
    if req is None:
        return own
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    policy: HeaderPolicy | None = app.extensions.get(EXTENSION)
    if policy is None:  # a response may be shared with such an app
        return own
    rule = req.url_rule
    resolved = policy.headers_for(app, rule.endpoint if rule else None)
    rows = resolved.rows_for(response, req)
    applied = _merge(rows, own, resolved.names, response.status)
    req.environ[_APPLIED] = applied
    return applied.headers


def merge_on_wire(
    app: Flask, environ: WSGIEnvironment, status: str, headers: list[Row]
) -> list[Row]:
    """Return the headers that a server is to get, with those of the policy they lack.

    What the strategy has put there is put there again if somebody changed it since.
    """
    applied: Applied | None = environ.get(_APPLIED)
    if applied is None:
        own = headers
    elif applied.is_intact(status, headers):
        return headers
    else:  # "Vary" has what others have merged into it
        own = [row for row in headers if row not in applied.added or row[0] == "Vary"]
    resolved, _, req = resolve(app, environ)
    response: Any = WireResponse(status=status, headers=own)
    if OWN in environ and status.startswith("304"):  # sent without its content type
        response.content_type = environ[OWN].content_type
    rows = resolved.rows_for(response, req)
    return _merge(rows, own, resolved.names, status).headers


def resolve(
    app: Flask, environ: WSGIEnvironment, req: object = None
) -> tuple[ResolvedHeaders, str | None, Request]:
    """Return what a response carries, with its endpoint and request."""
    req = req or environ.get("werkzeug.request")
    if isinstance(req, Request):
        rule: Any = req.url_rule
    else:  # a middleware answered, or Flask is done with the request
        req = app.request_class(environ)
        rule = _match(app, req)
    endpoint = rule.endpoint if rule and rule.map is app.url_map else None
    return headers_for(app, endpoint), endpoint, req


def _match(app: Flask, req: Request) -> Any:
    try:
        adapter = app.create_url_adapter(req)
        return adapter and adapter.match(return_rule=True)[0]
    except HTTPException:
        return None


class WireResponse(SansIOResponse):
    """A response of which only the status and the headers are known."""

    direct_passthrough = False

    @property
    def is_streamed(self) -> bool:
        """Whether its length is unknown, although it has a body."""
        has_length = "Content-Length" in self.headers
        return not has_length and self.status_code not in {204, 304}


def merge_vary(values: Iterable[str]) -> str:
    """Return one ``Vary`` (RFC 9110, section 12.5.5) for several, without repeats."""
    merged = HeaderSet()
    for value in values:
        merged.update(parse_list_header(value))
    return merged.to_header()


def _merge(
    rows: Sequence[Row], own: list[Row], names: frozenset[str], status: str
) -> Applied:
    """Put the policy's rows before those of a response.

    A name that the response has is there as the response has it.
    """
    content_type = None
    overlap = False
    for name, value in own:
        if name == "Content-Type":
            content_type = value
        elif name != "Content-Length" and name.lower() in names:
            overlap = True
    if not overlap:
        return Applied([*rows, *own], rows, names, len(rows), status, content_type)
    sent = {name.lower() for name, _ in rows}
    present = {name.lower() for name, _ in own}
    head = list(_merge_each(rows, own))
    rest = [row for row in own if row[0].lower() not in sent]
    added = [row for row in rows if row[0].lower() not in present]
    return Applied([*head, *rest], added, names, len(head), status, content_type)


def _merge_each(rows: Sequence[Row], own: list[Row]) -> Iterator[Row]:
    for name, value in rows:
        found = [row for row in own if row[0].lower() == name.lower()]
        if name.lower() == "vary":
            yield name, merge_vary([value, *(row[1] for row in found)])
        else:
            yield from found or [(name, value)]


def _override(name: str, override: Override, below: Value | None) -> Value | None:
    value = apply_override(override, below)
    if value is not None:
        check_header("overrides", name, value)
    if name.lower() == "vary" and isinstance(value, str) and isinstance(below, str):
        return merge_vary([below, value])
    return value


def _override_targets(app: Flask, endpoint: str | None) -> list[tuple[str, object]]:
    """What may have an endpoint's overrides, outermost first, with a name for it."""
    if endpoint is None:
        return []
    names = endpoint.split(".")[:-1]  # of nested blueprints, outermost first
    paths = [".".join(names[: depth + 1]) for depth in range(len(names))]
    return [
        *(("blueprint override", app.blueprints.get(path)) for path in paths),
        ("route override", app.view_functions.get(endpoint)),
    ]


def _build_cached(
    rows: Iterable[tuple[str, Value]], facts: Mapping[CacheKey, Hashable], where: str
) -> Iterator[tuple[str, Value]]:
    """Build the cached values from the facts that they depend on."""
    for name, value in rows:
        if isinstance(value, CachedValue):
            built = value.build(*(facts[key] for key in value.vary_on))
            if isinstance(built, str):
                check_line(where, name, built)
            if built is not None:
                yield name, built
        else:
            yield name, value


def check_rows(where: str, rows: Iterable[object]) -> None:
    """Check the rows of a policy.

    Raises:
        HeaderError: a header cannot be sent.
        TypeError: a row is not a ``(name, value)`` tuple.
    """
    seen: dict[str, object] = {}
    for row in rows:
        if not isinstance(row, tuple) or len(row) != 2:
            hint = 'Write ("Name", "value"), with a comma after it.'
            msg = f"{where}: {row!r} is not a (name, value) tuple. {hint}"
            raise TypeError(msg)
        name, value = row
        check_header(where, name, value)
        if name.lower() in seen:
            raise HeaderError(where, name, value, DUPLICATE)
        seen[name.lower()] = value
    credentials = seen.get("access-control-allow-credentials")
    if credentials == "true" and seen.get("access-control-allow-origin") == "*":
        hint = "browsers refuse credentials for any origin (*): name one origin."
        raise HeaderError(where, "Access-Control-Allow-Credentials", "true", hint)
