"""The header policy of an app, resolved for each endpoint and put onto responses.

Which header wins: the view's > its route's override > its blueprint's > the policy.
"""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from functools import lru_cache, partial
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Request, Response, current_app, request
from werkzeug.datastructures import Headers, HeaderSet
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_list_header
from werkzeug.sansio.response import Response as SansIOResponse

from . import overrides
from .overrides import overrides_of
from .validation import DUPLICATE, HeaderError, check_line
from .values import CachedValue, DynamicValue, check_header

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

    from .values import CacheKey, Override, Row, Value

EXTENSION = "response_headers"
"""The key of an app's ``HeaderPolicy`` in ``app.extensions``."""

_APPLIED = "response_headers.applied"
OWN = "response_headers.own"
"""The key in the environ of the response that belongs to its request alone."""

_CACHE_SIZE = 64  # there are few keys, but the path an app is mounted under may vary


class HeaderPolicy(NamedTuple):
    """The headers that every response of one app carries."""

    rows: Sequence[tuple[str, Value]]  # checked
    where: str  # names the policy in errors
    resolved: dict[str | None, tuple[object, ResolvedHeaders]]
    """What the responses of each endpoint carry, and what that was resolved from."""


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
        keys = [v.vary_on for _, v in self.rows if isinstance(v, CachedValue)]
        self._vary_on = tuple(dict.fromkeys(chain.from_iterable(keys)))
        build = partial(_build, self.rows, self._vary_on, where)
        self._cached_rows = lru_cache(_CACHE_SIZE)(build)

    def rows_for(self, response: Response, request: Request) -> Sequence[Row]:
        """Return the rows for a response, with their values."""
        key = [vary_on(response, request) for vary_on in self._vary_on]
        rows, dynamic = self._cached_rows(*key)
        if not dynamic:
            return rows
        rows = rows.copy()
        for index, name, value in dynamic:
            built = value.get_value(response, request)
            if built is None:
                del rows[index]
            else:
                check_line(self._where, name, built)
                rows[index] = name, built
        return rows

    def merge(self, own: list[Row], response: Response, request: Request) -> Applied:
        """Put the rows for a response before its own.

        A name that the response has is there as the response has it.
        """
        rows, status = self.rows_for(response, request), response.status
        if self.names.isdisjoint([name.lower() for name, _ in own]):
            return Applied([*rows, *own], rows, self.names, len(rows), status)
        head: list[Row] = []
        added: list[Row] = []
        for row in rows:
            name, value = row
            found = [each for each in own if each[0].lower() == name.lower()]
            if not found:
                added.append(row)
            if name.lower() == "vary":
                head.append((name, merge_vary([value, *(each[1] for each in found)])))
            else:
                head += found or [row]
        sent = {name.lower() for name, _ in rows}
        merged = [*head, *(row for row in own if row[0].lower() not in sent)]
        return Applied(merged, added, self.names, len(head), status)


def _build(
    policy: Iterable[tuple[str, Value]],
    vary_on: Iterable[CacheKey],
    where: str,
    *key: Hashable,
) -> tuple[list[Row], list[tuple[int, str, DynamicValue]]]:
    """Build the rows that all responses with a cache key have.

    Those that each response has its own value of are listed, too, from last to first.
    """
    facts = dict(zip(vary_on, key, strict=True))
    rows: list[Row] = []
    dynamic: list[tuple[int, str, DynamicValue]] = []
    for name, value in policy:
        built: Value | None = value
        if isinstance(value, CachedValue):
            built = value.build(*(facts[each] for each in value.vary_on))
        if built is None:
            continue
        if isinstance(built, DynamicValue):
            dynamic.insert(0, (len(rows), name, built))
        else:
            check_line(where, name, built)
        rows.append((name, str(built)))
    return rows, dynamic


class Applied(NamedTuple):
    """The headers that the strategy made, for the safety net to compare."""

    headers: list[Row]
    added: Sequence[Row]  # those that are the policy's
    names: frozenset[str]
    head: int  # how many of the headers stand for those names
    status: str

    def is_intact(self, status: str, headers: list[Row]) -> bool:
        """Whether nothing that matters to the policy has changed since."""
        if headers == self.headers or status != self.status:
            return status == self.status
        rest = {name.lower(): value for name, value in headers[self.head :]}
        is_same = headers[: self.head] == self.headers[: self.head]
        if not (is_same and self.names.isdisjoint(rest)):
            return False
        before = {name.lower(): value for name, value in self.headers[self.head :]}
        # A 304 is sent without its content type.
        same_type = rest.get("content-type") == before.get("content-type")
        return same_type or status.startswith("304")


def policy_of(app: Flask) -> HeaderPolicy:
    """Return the policy of an app that has one."""
    policy: HeaderPolicy = app.extensions[EXTENSION]
    return policy


def headers_for(app: Flask, endpoint: str | None) -> ResolvedHeaders:
    """Return what the responses of an endpoint carry; ``None`` if no route matched."""
    policy = policy_of(app)
    view = None if endpoint is None else app.view_functions.get(endpoint)
    state = overrides.count, view  # the view may have been replaced
    known = policy.resolved.get(endpoint)
    if known is None or known[0] != state:
        known = policy.resolved[endpoint] = state, _resolve(app, endpoint, view)
    return known[1]


def _resolve(app: Flask, endpoint: str | None, view: object) -> ResolvedHeaders:
    blueprints = accumulate((endpoint or "").split(".")[:-1], "{}.{}".format)
    targets: list[tuple[str, object]] = [
        *(("blueprint override", app.blueprints.get(name)) for name in blueprints),
        ("route override", view),
    ]
    overridden = [
        (origin, *item)
        for origin, target in targets  # the outermost first
        for item in overrides_of(target).items()
    ]
    if not overridden and endpoint is not None:
        return headers_for(app, None)
    policy = policy_of(app)
    rows = {name.lower(): (str(name), value) for name, value in policy.rows}
    origins = dict.fromkeys(rows, "policy")
    for origin, name, override in overridden:
        key = name.lower()
        _, below = rows.get(key, (name, None))
        try:
            value = _override(name, override, below)
        except HeaderError as error:
            error.args = (f"{origin} of {endpoint!r}: {error}",)
            raise
        origins[key] = origin
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = (str(name), value)
    return ResolvedHeaders(rows.values(), origins, policy.where)


def _override(name: str, override: Override, below: Value | None) -> Value | None:
    if not (override is None or isinstance(override, str | DynamicValue)):
        override = override(below)
    if override is not None:
        check_header("result of a function", name, override)
    if name.lower() == "vary" and isinstance(override, str) and isinstance(below, str):
        return merge_vary([below, override])
    return override


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
    merged = _merge(own, response, req)
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
    return _merge(own, response, current_request())


def _merge(own: list[Row], response: Response, req: Request | None) -> list[Row]:
    if req is None:
        return own
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if EXTENSION not in app.extensions:  # a response may be shared with such an app
        return own
    resolved = headers_for(app, req.url_rule.endpoint if req.url_rule else None)
    req.environ[_APPLIED] = applied = resolved.merge(own, response, req)
    return applied.headers


def merge_on_wire(
    app: Flask, environ: WSGIEnvironment, status: str, headers: list[Row]
) -> list[Row]:
    """Return the headers that a server is to get, with those of the policy they lack.

    What the strategy has put there is put there again if somebody changed it since.
    """
    own = headers
    if applied := environ.get(_APPLIED):
        if applied.is_intact(status, headers):
            return headers
        # "Vary" has what others have merged into it.
        own = [row for row in headers if row not in applied.added or row[0] == "Vary"]
    resolved, _, req = resolve(app, environ)
    response: Any = WireResponse(status=status, headers=own)
    if OWN in environ and status.startswith("304"):  # sent without its content type
        response.content_type = environ[OWN].content_type
    return resolved.merge(own, response, req).headers


def resolve(
    app: Flask, environ: WSGIEnvironment, req: object = None
) -> tuple[ResolvedHeaders, str | None, Request]:
    """Return what a response carries, with its endpoint and request."""
    req = req or environ.get("werkzeug.request")
    rule: Any = None
    if isinstance(req, Request):
        rule = req.url_rule
    else:  # a middleware answered, or Flask is done with the request
        req = app.request_class(environ)
        with suppress(HTTPException):
            adapter = app.create_url_adapter(req)
            rule = adapter and adapter.match(return_rule=True)[0]
    endpoint = rule.endpoint if rule and rule.map is app.url_map else None
    return headers_for(app, endpoint), endpoint, req


class WireResponse(SansIOResponse):
    """A response of which only the status and the headers are known."""

    direct_passthrough = False

    @property
    def is_streamed(self) -> bool:
        """Whether its length is unknown, although it has a body."""
        has_length = "Content-Length" in self.headers
        return not has_length and self.status_code not in {204, 304}


def policy_headers(content_type: str = "text/html; charset=utf-8") -> list[Row]:
    """Return the headers of the policy for a response of the current request, to show them.

    They are those of a response with the status 200, and a page is one with a nonce. A
    header that the view sets wins over them.

    Raises:
        RuntimeError: there is no current request.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    resolved, _, req = resolve(app, request.environ)
    response: Any = WireResponse(content_type=content_type)
    return list(resolved.rows_for(response, req))


def merge_vary(values: Iterable[str]) -> str:
    """Return one ``Vary`` (RFC 9110, section 12.5.5) for several, without repeats."""
    merged = HeaderSet()
    for value in values:
        merged.update(parse_list_header(value))
    return merged.to_header()


def check_rows(where: str, rows: Iterable[object]) -> None:
    """Check the rows of a policy, as :class:`ResponseHeaders` promises."""
    seen: dict[str, object] = {}
    for row in rows:
        if not isinstance(row, tuple) or len(row) != 2:
            hint = 'Write ("Name", "value"), with a comma in it and one after it.'
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
