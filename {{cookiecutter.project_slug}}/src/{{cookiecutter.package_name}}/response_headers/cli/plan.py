"""Which requests to send: for each route, and for each kind of response."""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from ..net import propagates
from ..sri import static_folder
from .middleware import Reachable, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from werkzeug.routing import BaseConverter, MapAdapter, Rule

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing: RFC 9110, section 9.2.1."""

OWN_PAGE = "headers_page.show"
"""Skipped: it would send all the requests again."""

SAMPLES = (
    *(letter * length for length in range(1, 65) for letter in "a1"),
    "1.0",
    "1.5",
    "00000000-0000-0000-0000-000000000000",
    "2000-01-01",
)
"""Texts for a parameter of a route. The first one that fits is sent."""


@dataclass(frozen=True)
class ProbeRequest:
    """One request, and the kind of response that it should get."""

    kind: str
    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    host: str | None = None  # instead of one that the app answers to
    endpoint: str | None = None  # that should handle it, for the kind "route"
    raises: bool = False  # whether an exception is raised in it

    def __str__(self) -> str:
        """Return the request line."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Skipped:
    """What is not checked, and why."""

    what: str
    reason: str = ""
    endpoint: str | None = None

    @property
    def text(self) -> str:
        """Both, for a line."""
        return ", ".join(filter(None, [self.what, self.reason]))


@dataclass
class Plan:
    """Which requests to send, and what to skip."""

    requests: list[ProbeRequest] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def plan_for(
    app: Flask, wsgi: Any, *, thorough: bool = False, unsafe: bool = False
) -> Plan:
    """Plan the requests to an app, and to what is around it in ``wsgi``.

    ``thorough`` adds each safe method of each route, and each state of a file.
    ``unsafe`` adds the other methods.

    Raises:
        ValueError: HEADERS_SAMPLES or HEADERS_SKIP has a value that cannot be used.
    """
    around = Reachable(wsgi)
    others = [each for each in [*around.apps, *around.opaque] if each[1] is not app]
    _check_settings(app, [*around.paths, *(path for path, _ in others if path)])
    skip = app.config.get("HEADERS_SKIP", ())
    plan = Plan()
    routes = _routes(plan, app)
    for rule, request in routes:
        _plan_methods(plan, rule, request, thorough=thorough, unsafe=unsafe)
    kinds = [*_kinds(plan, app, routes, thorough=thorough)]
    kinds += [ProbeRequest("middleware", path) for path in around.paths]
    for request in kinds:
        endpoint = _endpoint_for(app, request)
        if endpoint in skip or request.path in skip:
            reason = f"{endpoint or request.path} is in HEADERS_SKIP"
            plan.skipped.append(Skipped(str(request), reason))
        else:
            plan.requests.append(request)
    own = next((path for path, each in around.apps if each is app), "")
    plan.requests = [replace(each, path=own + each.path) for each in plan.requests]
    for path, other in others:
        if path in skip:
            plan.skipped.append(Skipped(path, "it is in HEADERS_SKIP"))
        elif path and isinstance(other, Flask):
            mounted = [request for _, request in _routes(plan, other)]
            mounted.append(ProbeRequest("404", "/no/such/page"))
            plan.requests += [
                ProbeRequest("mounted", path + request.path) for request in mounted
            ]
        else:
            plan.skipped.append(Skipped(f"what is inside {name_of(other)}"))
            plan.requests.append(ProbeRequest("middleware", f"{path}/"))
    plan.requests = list(dict.fromkeys(plan.requests))
    return plan


def narrow(plan: Plan, app: Flask, routes: Iterable[str]) -> Plan:
    """Keep of a plan what belongs to some routes, named by endpoint or URL rule.

    Raises:
        LookupError: there is no such route.
    """
    rules = [(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()]
    known = {name for rule in rules for name in rule}
    for route in routes:
        if route not in known:
            there = ", ".join(sorted(known))
            msg = (
                f"{route!r} is neither an endpoint nor a URL rule. Use one of: {there}"
            )
            raise LookupError(msg)
    kept = {endpoint for rule, endpoint in rules if {rule, endpoint} & {*routes}}
    return Plan(
        [request for request in plan.requests if request.endpoint in kept],
        [skipped for skipped in plan.skipped if skipped.endpoint in kept],
    )


def _check_settings(app: Flask, paths: Iterable[str]) -> None:
    samples = app.config.get("HEADERS_SAMPLES", {})
    if not isinstance(samples, dict) or not all(
        isinstance(each, dict) for each in samples.values()
    ):
        hint = 'map endpoints to parameters, such as {"item": {"number": 7}}.'
        msg = f"HEADERS_SAMPLES is {samples!r}: {hint}"
        raise ValueError(msg)
    skip = app.config.get("HEADERS_SKIP", ())
    if not isinstance(skip, list | tuple | set | frozenset):
        msg = f'HEADERS_SKIP is {skip!r}: list endpoints, such as ["item"].'
        raise ValueError(msg)  # noqa: TRY004 - it may come from the environment
    parameters: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        parameters.setdefault(rule.endpoint, set()).update(rule.arguments)
    tables = [
        ("HEADERS_SKIP", skip, {*parameters, *paths}),
        ("HEADERS_SAMPLES", samples, {*parameters}),
    ]
    for endpoint, values in samples.items():
        where = f"HEADERS_SAMPLES[{endpoint!r}]"
        tables.append((where, values, parameters.get(endpoint, set())))
    for where, names, known in tables:
        for name in names:
            if name not in known:
                there = ", ".join(sorted(known))
                msg = f"{where} has {name!r}, which does not exist. Use one of: {there}"
                raise ValueError(msg)


def _routes(plan: Plan, app: Flask) -> list[tuple[Rule, ProbeRequest]]:
    """Return the rules of an app, each with a request that leads to it."""
    routes = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        endpoint = rule.endpoint
        try:
            host, path = _address_of(app, rule)
        except LookupError as error:
            plan.skipped.append(Skipped(rule.rule, error.args[0], endpoint))
        else:
            request = ProbeRequest("route", path, host=host, endpoint=endpoint)
            routes.append((rule, request))
    return routes


def _plan_methods(
    plan: Plan, rule: Rule, request: ProbeRequest, *, thorough: bool, unsafe: bool
) -> None:
    methods = rule.methods or {"GET"}
    for method in sorted(methods):
        if method not in SAFE and not unsafe:
            what = f"{method} {rule.rule}"
            reason = "it may change something (check --unsafe sends it)"
            plan.skipped.append(Skipped(what, reason, rule.endpoint))
        elif thorough or method not in {"HEAD", "OPTIONS"} or methods <= SAFE - {"GET"}:
            plan.requests.append(replace(request, method=method))


def _kinds(
    plan: Plan, app: Flask, routes: list[tuple[Rule, ProbeRequest]], *, thorough: bool
) -> Iterator[ProbeRequest]:
    """Yield requests for the kinds of response that Flask makes by itself."""
    pages = [
        request for rule, request in routes if not static_folder(app, rule.endpoint)
    ]
    first = replace((pages or [ProbeRequest("", "/")])[0], endpoint=None)
    yield ProbeRequest("404", "/no/such/page", host=first.host)
    for request in [request for _, request in routes] if thorough else [first]:
        adapter = _adapter(app, request.host)
        allowed = {*adapter.allowed_methods(request.path)}
        wrong = next(each for each in ("TRACE", "LINK", "X") if each not in allowed)
        yield replace(request, kind="405", method=wrong, endpoint=None)
    yield replace(first, kind="OPTIONS", method="OPTIONS")
    yield from itertools.islice(_redirects(routes), 1)
    for rule, request in routes:
        if thorough and static_folder(app, rule.endpoint):
            file = replace(request, endpoint=None)
            yield replace(file, kind="304", headers=(("If-None-Match", "*"),))
            yield replace(file, kind="206", headers=(("Range", "bytes=0-0"),))
            yield replace(file, kind="416", headers=(("Range", "bytes=999999999-"),))
            yield replace(file, kind="404", path=f"{file.path}.not-there")
    if app.config.get("TRUSTED_HOSTS"):
        yield replace(first, kind="untrusted host", host="untrusted.invalid")
    if propagates(app):
        reason = "in debug mode exceptions end in the debugger's page"
        plan.skipped.append(Skipped("500", reason))
    else:
        yield replace(first, kind="500", raises=True)


def _redirects(routes: list[tuple[Rule, ProbeRequest]]) -> Iterator[ProbeRequest]:
    """Yield paths without their last slash, or with one doubled: Flask redirects them."""
    for rule, request in routes:
        if not rule.is_leaf and rule.strict_slashes and request.path != "/":
            path = request.path.removesuffix("/")
            yield ProbeRequest("redirect", path, host=request.host)
    for rule, request in routes:
        head, _, tail = request.path.rpartition("/")
        if head and tail and rule.merge_slashes:
            yield ProbeRequest("redirect", f"{head}//{tail}", host=request.host)


def _address_of(app: Flask, rule: Rule) -> tuple[str | None, str]:
    """Return the host, if a rule has one of its own, and the path that lead to it.

    Raises:
        LookupError: none is known, or the rule is to be skipped.
        ValueError: HEADERS_SAMPLES has a value that does not fit.
    """
    if rule.endpoint in app.config.get("HEADERS_SKIP", ()):
        msg = "it is in HEADERS_SKIP"
        raise LookupError(msg)
    if rule.endpoint == OWN_PAGE:
        msg = "it would send these requests again"
        raise LookupError(msg)
    if rule.build_only or rule.websocket:
        msg = "no request leads to it"
        raise LookupError(msg)
    samples = app.config.get("HEADERS_SAMPLES", {}).get(rule.endpoint, {})
    values = {**samples, **(rule.defaults or {})}
    for name in rule.arguments - values.keys():
        values[name] = _value_for(app, rule, name)
    try:
        built = rule.build(values, append_unknown=False)
    except Exception:  # noqa: BLE001 - the converter of a parameter may be anyone's
        built = None
    if built is None:
        where = f"HEADERS_SAMPLES[{rule.endpoint!r}]"
        msg = f"{where} is {samples!r}: give values that fit {rule.rule}."
        raise ValueError(msg)
    domain, path = built
    if app.url_map.host_matching or not domain:
        return domain or None, path
    if not app.config["SERVER_NAME"]:
        msg = f"SERVER_NAME is not set, so the host of {domain!r} is not known"
        raise LookupError(msg)
    return f"{domain}.{app.config['SERVER_NAME']}", path


def _value_for(app: Flask, rule: Rule, name: str) -> Any:
    """Return a value that fits a parameter of a rule: a file, or one of ``SAMPLES``.

    Raises:
        LookupError: none fits.
    """
    folder = (name == "filename" and static_folder(app, rule.endpoint)) or ""
    for base, folders, files in os.walk(folder):
        folders.sort()
        if files:
            return Path(base, min(files)).relative_to(folder).as_posix()
    converter: BaseConverter = rule._converters[name]  # noqa: SLF001 - there is no other way
    choices = sorted(getattr(converter, "items", ()), key=converter.regex.find)
    limits = [str(getattr(converter, limit, "")) for limit in ("min", "max")]
    for text in (*choices, *SAMPLES, *limits):
        try:
            if re.fullmatch(converter.regex, text):
                value = converter.to_python(text)
                if re.fullmatch(converter.regex, converter.to_url(value)):
                    return value
        except Exception:  # noqa: BLE001, S112 - the converter may be anyone's
            continue
    table = f"{{{rule.endpoint!r}: {{{name!r}: ...}}}}"
    msg = f"no sample fits: add {table} to HEADERS_SAMPLES"
    raise LookupError(msg)


def _adapter(app: Flask, host: str | None) -> MapAdapter:
    return app.url_map.bind(host or app.config["SERVER_NAME"] or "localhost")


def _endpoint_for(app: Flask, request: ProbeRequest) -> str | None:
    """Return the endpoint whose view a request would call, ``None`` if it calls none."""
    try:
        endpoint, _ = _adapter(app, request.host).match(request.path, request.method)
    except HTTPException:
        return None
    return str(endpoint)
