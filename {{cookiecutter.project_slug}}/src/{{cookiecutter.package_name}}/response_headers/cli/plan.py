"""Which requests to send: for each route, and for each kind of response."""

from __future__ import annotations

import itertools
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
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

    def __str__(self) -> str:
        """Return the request line."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Skipped:
    """What is not checked, and why."""

    what: str
    reason: str = ""
    endpoint: str | None = None

    def __str__(self) -> str:
        """Return both, for a line."""
        return f"{self.what}, {self.reason}" if self.reason else self.what


Step = ProbeRequest | Skipped
Plan = list[Step]


class SettingError(click.ClickException, ValueError):
    """HEADERS_SAMPLES or HEADERS_SKIP has a value that cannot be used."""


def plan_for(
    app: Flask, wsgi: Any, *, thorough: bool = False, unsafe: bool = False
) -> Plan:
    """Plan the requests to an app, and to what is around it in ``wsgi``.

    ``thorough`` adds each safe method of each route, and each state of a file.
    ``unsafe`` adds the other methods.

    Raises:
        SettingError: HEADERS_SAMPLES or HEADERS_SKIP has a value that cannot be used.
    """
    around = Reachable(wsgi)
    others = [each for each in [*around.apps, *around.opaque] if each[1] is not app]
    _check_settings(app, [*around.paths, *(path for path, _ in others if path)])
    own = next((path for path, each in around.apps if each is app), "")
    routes, plan = _routes(app)
    for rule, request in routes:
        plan += _methods(rule, request, thorough=thorough, unsafe=unsafe)
    middlewares = (ProbeRequest("middleware", path) for path in around.paths)
    kinds = itertools.chain(_kinds(app, routes, thorough=thorough), middlewares)
    plan += [_unless_skipped(app, step) for step in kinds]
    plan = [
        replace(step, path=own + step.path) if isinstance(step, ProbeRequest) else step
        for step in plan
    ]
    return plan + [step for path, other in others for step in _beside(app, path, other)]


def narrow(plan: Plan, app: Flask, routes: Iterable[str]) -> Plan:
    """Keep of a plan what belongs to some routes, named by endpoint or URL rule.

    Raises:
        BadParameter: there is no such route.
    """
    rules = [(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()]
    known = {name for rule in rules for name in rule}
    for route in routes:
        if route not in known:
            msg = f"{route!r} is neither an endpoint nor a URL rule. Use one of: "
            raise click.BadParameter(
                msg + ", ".join(sorted(known)), param_hint="--route"
            )
    kept = {endpoint for rule, endpoint in rules if {rule, endpoint} & {*routes}}
    return [step for step in plan if step.endpoint in kept]


def _check_settings(app: Flask, paths: Iterable[str]) -> None:
    samples = app.config.get("HEADERS_SAMPLES", {})
    if not isinstance(samples, dict) or not all(
        isinstance(each, dict) for each in samples.values()
    ):
        hint = 'map endpoints to parameters, such as {"item": {"number": 7}}.'
        msg = f"HEADERS_SAMPLES is {samples!r}: {hint}"
        raise SettingError(msg)
    skip = app.config.get("HEADERS_SKIP", ())
    if not isinstance(skip, list | tuple | set | frozenset):
        msg = f'HEADERS_SKIP is {skip!r}: list endpoints, such as ["item"].'
        raise SettingError(msg)
    parameters: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        parameters.setdefault(rule.endpoint, set()).update(rule.arguments)
    tables = [
        ("HEADERS_SKIP", skip, {*parameters, *paths}),
        ("HEADERS_SAMPLES", samples, {*parameters}),
    ]
    for name, values in samples.items():
        known = parameters.get(name, set())
        tables.append((f"HEADERS_SAMPLES[{name!r}]", values, known))
    for where, names, known in tables:
        for name in names:
            if name not in known:
                there = ", ".join(sorted(known))
                msg = f"{where} has {name!r}, which does not exist. Use one of: {there}"
                raise SettingError(msg)


def _routes(app: Flask) -> tuple[list[tuple[Rule, ProbeRequest]], Plan]:
    """Return the rules of an app, each with a request for it, and those that have none."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    steps = [(rule, _request_for(app, rule)) for rule in rules]
    routes = [(rule, step) for rule, step in steps if isinstance(step, ProbeRequest)]
    return routes, [step for _, step in steps if isinstance(step, Skipped)]


def _methods(
    rule: Rule, request: ProbeRequest, *, thorough: bool, unsafe: bool
) -> Iterator[Step]:
    methods = rule.methods or {"GET"}
    for method in sorted(methods):
        if method not in SAFE and not unsafe:
            reason = "it may change something (check --unsafe sends it)"
            yield Skipped(f"{method} {rule.rule}", reason, rule.endpoint)
        elif thorough or method not in {"HEAD", "OPTIONS"} or methods <= SAFE - {"GET"}:
            # Of several views of one URL, Flask picks any for its answer to OPTIONS.
            by_flask = getattr(rule, "provide_automatic_options", False)
            any_view = method == "OPTIONS" and by_flask
            endpoint = None if any_view else request.endpoint
            yield replace(request, method=method, endpoint=endpoint)


def _kinds(
    app: Flask, routes: list[tuple[Rule, ProbeRequest]], *, thorough: bool
) -> Iterator[Step]:
    """Yield requests for the kinds of response that Flask makes by itself."""
    pages = [each for rule, each in routes if not static_folder(app, rule.endpoint)]
    first = replace((pages or [ProbeRequest("", "/")])[0], endpoint=None)
    if propagates(app):
        yield Skipped("500", "in debug mode exceptions end in the debugger's page")
    yield ProbeRequest("404", "/no/such/page", host=first.host)
    for request in [request for _, request in routes] if thorough else [first]:
        allowed = {*_adapter(app, request).allowed_methods(request.path)}
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
    if not propagates(app):
        yield replace(first, kind="500")


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


def _unless_skipped(app: Flask, step: Step) -> Step:
    """Skip a request if its path, or the view that it would call, is to be skipped."""
    if isinstance(step, ProbeRequest):
        endpoint = None
        with suppress(HTTPException):  # it calls no view
            endpoint, _ = _adapter(app, step).match(step.path, step.method)
        for name in (endpoint, step.path):
            if name in app.config.get("HEADERS_SKIP", ()):
                return Skipped(str(step), f"{name} is in HEADERS_SKIP")
    return step


def _beside(app: Flask, path: str, other: Any) -> Iterator[Step]:
    """Plan the requests to another application, which is mounted at a path."""
    if path in app.config.get("HEADERS_SKIP", ()):
        yield Skipped(path, "it is in HEADERS_SKIP")
    elif path and isinstance(other, Flask):
        routes, skipped = _routes(other)
        yield from skipped
        for _, request in routes:
            yield ProbeRequest("mounted", path + request.path)
        yield ProbeRequest("mounted", f"{path}/no/such/page")
    else:
        yield Skipped(f"what is inside {name_of(other)}")
        yield ProbeRequest("middleware", f"{path}/")


def _request_for(app: Flask, rule: Rule) -> Step:
    """Return a request that leads to a rule, or why there is none.

    Raises:
        SettingError: HEADERS_SAMPLES has a value that does not fit.
    """
    endpoint = rule.endpoint
    reasons = {
        "it is in HEADERS_SKIP": endpoint in app.config.get("HEADERS_SKIP", ()),
        "it would send these requests again": endpoint == "headers_page.show",
        "no request leads to it": rule.build_only or rule.websocket,
    }
    for reason, applies in reasons.items():
        if applies:
            return Skipped(rule.rule, reason, endpoint)
    samples = app.config.get("HEADERS_SAMPLES", {}).get(endpoint, {})
    values = {**samples, **(rule.defaults or {})}
    for name in rule.arguments - values.keys():
        fitting = [*itertools.islice(_values_for(app, rule, name), 1)]
        if not fitting:
            table = f"{{{endpoint!r}: {{{name!r}: ...}}}}"
            reason = f"no sample fits: add {table} to HEADERS_SAMPLES"
            return Skipped(rule.rule, reason, endpoint)
        values[name] = fitting[0]
    built = None
    with suppress(Exception):  # the converter of a parameter may be anyone's
        built = rule.build(values, append_unknown=False)
    if built is None:
        where = f"HEADERS_SAMPLES[{endpoint!r}]"
        msg = f"{where} is {samples!r}: give values that fit {rule.rule}."
        raise SettingError(msg)
    host, path = built
    if host and not app.url_map.host_matching:
        if not app.config["SERVER_NAME"]:
            reason = f"SERVER_NAME is not set, so the host of {host!r} is not known"
            return Skipped(rule.rule, reason, endpoint)
        host = f"{host}.{app.config['SERVER_NAME']}"
    return ProbeRequest("route", path, host=host or None, endpoint=endpoint)


def _values_for(app: Flask, rule: Rule, name: str) -> Iterator[Any]:
    """Yield values that fit a parameter of a rule: a file, or those of ``SAMPLES``."""
    folder = (name == "filename" and static_folder(app, rule.endpoint)) or ""
    for base, folders, files in os.walk(folder):
        folders.sort()
        if files:
            yield Path(base, min(files)).relative_to(folder).as_posix()
    converter: BaseConverter = rule._converters[name]  # noqa: SLF001 - there is no other way
    choices = sorted(getattr(converter, "items", ()), key=converter.regex.find)
    limits = [str(getattr(converter, limit, "")) for limit in ("min", "max")]
    for text in (*choices, *SAMPLES, *limits):
        with suppress(Exception):  # the converter may be anyone's
            if re.fullmatch(converter.regex, text):
                value = converter.to_python(text)
                if re.fullmatch(converter.regex, converter.to_url(value)):
                    yield value


def _adapter(app: Flask, request: ProbeRequest) -> MapAdapter:
    return app.url_map.bind(request.host or app.config["SERVER_NAME"] or "localhost")
