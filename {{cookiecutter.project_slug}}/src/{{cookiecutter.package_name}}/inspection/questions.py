"""What the app is asked: each of its routes, and each kind of response it gives."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.routing import BuildError, ValidationError

from .. import asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from werkzeug.routing import Rule

    Paths = list[tuple[Rule, str]]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing: RFC 9110, section 9.2.1."""

OWN_PAGE = "headers_page.show"
"""Not asked: it would ask for everything again."""


@dataclass(frozen=True)
class Question:
    """One request, and why it is made."""

    kind: str
    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    host: str | None = None  # instead of one that the app answers to
    endpoint: str | None = None  # of the route that is to answer, for the kind "route"
    fails: bool = False  # the app is to fail in it


@dataclass
class Plan:
    """What to ask, and what not: the route, and why."""

    questions: list[Question] = field(default_factory=list)
    not_asked: list[tuple[str, str]] = field(default_factory=list)


def plan_for(
    app: Flask, wsgi: Any, *, thorough: bool = False, unsafe: bool = False
) -> Plan:
    """Find what to ask of an app, and of what is mounted beside it in ``wsgi``.

    ``thorough`` asks each route with each safe method, and for every state of a file.
    ``unsafe`` asks with the other methods, too.

    Raises:
        LookupError: ``asked.py`` names an endpoint that is not there.
        ValueError: a value of ``asked.py`` does not fit its route.
    """
    _check_table(app)
    plan = Plan()
    paths: Paths = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        path = _path_of(rule)
        if reason := _why_not(app, rule, path):
            plan.not_asked.append((rule.rule, reason))
        elif path is not None:
            paths.append((rule, path))
    for rule, path in paths:
        _plan_route(plan, rule, path, thorough=thorough, unsafe=unsafe)
    plan.questions += _of_each_kind(app, paths)
    if _shows_debugger(app):
        reason = "in debug mode an exception ends in the debugger's page"
        plan.not_asked.append(("500", reason))
    if thorough:
        plan.questions += _of_files(app, paths)
    for prefix, mounted in _mounted(wsgi):
        plan.questions += _of_mounted(plan, prefix, mounted)
    plan.questions = list(dict.fromkeys(plan.questions))
    return plan


def narrow(plan: Plan, app: Flask, routes: Iterable[str]) -> Plan:
    """Keep of a plan what is asked of some routes, named by endpoint or URL rule.

    Raises:
        LookupError: there is no such route.
    """
    rules = [(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()]
    known = {name for rule in rules for name in rule}
    for route in routes:
        if route not in known:
            msg = f"{route!r} is no endpoint and no URL rule. There are: {', '.join(sorted(known))}"
            raise LookupError(msg)
    wanted = {
        endpoint for rule in rules for endpoint in rule[1:] if {*rule} & {*routes}
    }
    paths = {rule for rule, endpoint in rules if endpoint in wanted}
    return Plan(
        [question for question in plan.questions if question.endpoint in wanted],
        [(path, reason) for path, reason in plan.not_asked if path in paths],
    )


def _plan_route(
    plan: Plan, rule: Rule, path: str, *, thorough: bool, unsafe: bool
) -> None:
    for method in sorted(rule.methods or {"GET"}):
        if method not in SAFE and not unsafe:
            reason = f"{method} may change something, --unsafe asks it"
            plan.not_asked.append((rule.rule, reason))
        elif thorough or method not in {"HEAD", "OPTIONS"}:
            question = Question("route", path, method, endpoint=rule.endpoint)
            plan.questions.append(question)
    if thorough:
        plan.questions.append(Question("405", path, "TRACE"))


def _of_each_kind(app: Flask, paths: Paths) -> Iterator[Question]:
    """One request for each kind of response that Flask gives by itself."""
    yield Question("404", "/no/such/page")
    pages = [path for rule, path in paths if not _is_static(rule)]
    first = next(iter(pages), "/")
    yield Question("405", first, "TRACE")
    yield Question("OPTIONS", first, "OPTIONS")
    yield from itertools.islice(_redirects(paths), 1)
    if not _shows_debugger(app):
        yield Question("500", first, fails=True)
    if app.config.get("TRUSTED_HOSTS"):
        yield Question("untrusted host", first, host="untrusted.invalid")


def _redirects(paths: Paths) -> Iterator[Question]:
    """Paths without the slash at their end, or with two for one: Flask knows better."""
    for rule, path in paths:
        if not rule.is_leaf and path != "/":
            yield Question("redirect", path.removesuffix("/"))
    for _, path in paths:
        head, _, tail = path.rpartition("/")
        if head and tail:
            yield Question("redirect", f"{head}//{tail}")


def _of_files(app: Flask, paths: Paths) -> Iterator[Question]:
    """What is asked of a static file, so that it is sent in part, not at all, not found."""
    for rule, path in paths:
        if _is_static(rule) and app.view_functions.get(rule.endpoint):
            yield Question("304", path, headers=(("If-None-Match", "*"),))
            yield Question("206", path, headers=(("Range", "bytes=0-0"),))
            yield Question("416", path, headers=(("Range", "bytes=999999999999-"),))
            yield Question("404", f"{path}.not-there")


def _mounted(wsgi: Any) -> Iterator[tuple[str, Any]]:
    """What is mounted beside the app: Werkzeug's middlewares have the next as ``app``."""
    while wsgi is not None:
        if isinstance(wsgi, DispatcherMiddleware):
            yield from wsgi.mounts.items()
        wsgi = wsgi.wsgi_app if isinstance(wsgi, Flask) else getattr(wsgi, "app", None)


def _of_mounted(plan: Plan, prefix: str, mounted: Any) -> Iterable[Question]:
    if not isinstance(mounted, Flask):
        yield Question("mounted", f"{prefix}/")
        return
    for rule in mounted.url_map.iter_rules():
        path = _path_of(rule)
        if path is None:
            reason = "it is mounted, and has parameters"
            plan.not_asked.append((f"{prefix}{rule.rule}", reason))
        elif "GET" in (rule.methods or {"GET"}):
            yield Question("mounted", f"{prefix}{path}")
    yield Question("mounted", f"{prefix}/no/such/page")


def _path_of(rule: Rule) -> str | None:
    """A path that leads to a rule, ``None`` where a parameter has no value."""
    values = {**asked.PARAMETERS.get(rule.endpoint, {}), **(rule.defaults or {})}
    if rule.arguments - values.keys():
        return None
    try:
        built = rule.build(values, append_unknown=False)
    except (BuildError, TypeError, ValidationError, ValueError):
        built = None
    if built is None:
        given = asked.PARAMETERS.get(rule.endpoint)
        msg = f"asked.py: PARAMETERS[{rule.endpoint!r}] is {given!r}: that does not fit {rule.rule}"
        raise ValueError(msg)
    return built[1]


def _why_not(app: Flask, rule: Rule, path: str | None) -> str | None:
    """Why a rule is not asked, if it is not."""
    if rule.endpoint in asked.NOT_ASKED:
        return "named in NOT_ASKED of asked.py"
    if rule.build_only or rule.websocket or rule.endpoint == OWN_PAGE:
        return "nothing to ask" if rule.endpoint != OWN_PAGE else "the table's own page"
    if rule.subdomain != app.url_map.default_subdomain or rule.host:
        return "it is on another host"
    if path is None:
        return f"no value for {', '.join(sorted(rule.arguments))} in asked.py"
    return None


def _check_table(app: Flask) -> None:
    for table, names in (
        ("PARAMETERS", asked.PARAMETERS),
        ("NOT_ASKED", asked.NOT_ASKED),
    ):
        for name in names:
            if name not in app.view_functions and name != "static":
                known = ", ".join(sorted(app.view_functions))
                msg = f"asked.py: {table} names {name!r}, which is no endpoint. There are: {known}"
                raise LookupError(msg)


def _shows_debugger(app: Flask) -> bool:
    """Whether an exception leaves the app instead of becoming a page."""
    propagates = app.config["PROPAGATE_EXCEPTIONS"]
    return app.debug or app.testing if propagates is None else bool(propagates)


def _is_static(rule: Rule) -> bool:
    return str(rule.endpoint).rpartition(".")[2] == "static"
