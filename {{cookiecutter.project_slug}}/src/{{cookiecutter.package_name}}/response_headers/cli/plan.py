"""What the app is asked: each of its routes, and each kind of response it gives."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from .. import asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from werkzeug.routing import MapAdapter, Rule

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


@dataclass(frozen=True)
class NotAsked:
    """What is not asked, and why."""

    what: str
    reason: str
    endpoint: str | None = None

    def __str__(self) -> str:
        """The line that tells it."""
        return f"not asked: {self.what}: {self.reason}"


@dataclass
class Plan:
    """What to ask, and what not."""

    questions: list[Question] = field(default_factory=list)
    not_asked: list[NotAsked] = field(default_factory=list)


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
    mounted = dict(_mounted(wsgi))
    _check_table(app, mounted)
    plan = Plan()
    routes: list[tuple[Rule, Question]] = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if reason := _why_not(rule):
            plan.not_asked.append(NotAsked(rule.rule, reason, rule.endpoint))
            continue
        host, path = _address_of(app, rule)
        if path is None:
            reason = "it is on another host"
            plan.not_asked.append(NotAsked(rule.rule, reason, rule.endpoint))
            continue
        question = Question("route", path, host=host, endpoint=rule.endpoint)
        routes.append((rule, question))
        _plan_route(plan, rule, question, thorough=thorough, unsafe=unsafe)
    _plan_kinds(plan, app, routes, thorough=thorough)
    for prefix, beside in mounted.items():
        _plan_mounted(plan, prefix, beside)
    plan.plan = list(dict.fromkeys(plan.plan))
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
    wanted = {endpoint for rule, endpoint in rules if {rule, endpoint} & {*routes}}
    return Plan(
        [question for question in plan.plan if question.endpoint in wanted],
        [skipped for skipped in plan.not_asked if skipped.endpoint in wanted],
    )


def _plan_route(
    plan: Plan, rule: Rule, question: Question, *, thorough: bool, unsafe: bool
) -> None:
    methods = rule.methods or {"GET"}
    for method in sorted(methods):
        if method not in SAFE and not unsafe:
            reason = f"{method} may change something; check --unsafe asks it"
            plan.not_asked.append(NotAsked(rule.rule, reason, rule.endpoint))
        elif thorough or method not in {"HEAD", "OPTIONS"} or methods <= SAFE - {"GET"}:
            plan.plan.append(replace(question, method=method))


def _plan_kinds(
    plan: Plan, app: Flask, routes: list[tuple[Rule, Question]], *, thorough: bool
) -> None:
    """Plan requests for what Flask answers by itself, where no view is called by them."""
    pages = [question for rule, question in routes if not _is_static(rule)]
    first = replace(next(iter(pages), Question("", "/")), endpoint=None)
    kinds = [Question("404", "/no/such/page", host=first.host)]
    every = [question for _, question in routes] if thorough else [first]
    kinds += [_with_wrong_method(app, question) for question in every]
    kinds += [replace(first, kind="OPTIONS", method="OPTIONS")]
    kinds += itertools.islice(_redirects(routes), 1)
    if thorough:
        kinds += _of_files(app, routes)
    if app.config.get("TRUSTED_HOSTS"):
        kinds.append(replace(first, kind="untrusted host", host="untrusted.invalid"))
    if _shows_debugger(app):
        reason = "in debug mode an exception ends in the debugger's page"
        plan.not_asked.append(NotAsked("500", reason))
    else:
        kinds.append(replace(first, kind="500", fails=True))
    for question in kinds:
        endpoint = _answering(app, question)
        if endpoint in asked.NOT_ASKED:
            reason = f"{endpoint} would answer, which is named in NOT_ASKED of asked.py"
            plan.not_asked.append(NotAsked(question.kind, reason))
        else:
            plan.plan.append(question)


def _with_wrong_method(app: Flask, question: Question) -> Question:
    adapter = _adapter(app, question.host)
    allowed = {*adapter.allowed_methods(question.path)}
    wrong = next(method for method in ("TRACE", "LINK", "X") if method not in allowed)
    return replace(question, kind="405", method=wrong, endpoint=None)


def _redirects(routes: list[tuple[Rule, Question]]) -> Iterator[Question]:
    """Paths without the slash at their end, or with two for one: Flask knows better."""
    for rule, question in routes:
        if not rule.is_leaf and rule.strict_slashes and question.path != "/":
            path = question.path.removesuffix("/")
            yield Question("redirect", path, host=question.host)
    for rule, question in routes:
        head, _, tail = question.path.rpartition("/")
        if head and tail and rule.merge_slashes:
            yield Question("redirect", f"{head}//{tail}", host=question.host)


def _of_files(app: Flask, routes: list[tuple[Rule, Question]]) -> Iterator[Question]:
    """What is asked of a static file, so that it is sent in part, not at all, not found."""
    for rule, question in routes:
        if _is_static(rule) and app.view_functions.get(rule.endpoint):
            file = replace(question, endpoint=None)
            yield replace(file, kind="304", headers=(("If-None-Match", "*"),))
            yield replace(file, kind="206", headers=(("Range", "bytes=0-0"),))
            yield replace(file, kind="416", headers=(("Range", "bytes=999999999-"),))
            yield replace(file, kind="404", path=f"{file.path}.not-there")


def flask_in(wsgi: Any) -> Flask | None:
    """The Flask app that a WSGI application is, or that middlewares lead to."""
    for each in _chain(wsgi):
        if isinstance(each, Flask):
            return each
    return None


def _chain(wsgi: Any) -> Iterator[Any]:
    """A WSGI application and those inside it: middlewares have the next as ``app``."""
    seen: list[object] = []
    while wsgi is not None and not any(wsgi is each for each in seen):
        seen.append(wsgi)
        yield wsgi
        wsgi = _within(wsgi)


def _within(wsgi: Any) -> Any:
    if isinstance(wsgi, Flask):
        return wsgi.wsgi_app
    owner = getattr(wsgi, "__self__", None)  # app.wsgi_app is a method of the app
    return owner if isinstance(owner, Flask) else getattr(wsgi, "app", None)


def _mounted(wsgi: Any) -> Iterator[tuple[str, Any]]:
    for each in _chain(wsgi):
        if isinstance(each, DispatcherMiddleware):
            yield from each.mounts.items()


def _plan_mounted(plan: Plan, prefix: str, mounted: Any) -> None:
    if prefix in asked.NOT_ASKED:
        plan.not_asked.append(NotAsked(prefix, "named in NOT_ASKED of asked.py"))
        return
    app = flask_in(mounted)
    if app is None:
        plan.plan.append(Question("mounted", f"{prefix}/"))
        return
    for rule in app.url_map.iter_rules():
        if rule.arguments - (rule.defaults or {}).keys():
            reason = "it is mounted, and has parameters"
            plan.not_asked.append(NotAsked(f"{prefix}{rule.rule}", reason))
        elif "GET" in (rule.methods or {"GET"}) and not _why_not(rule):
            _, path = _address_of(app, rule)
            plan.plan.append(Question("mounted", f"{prefix}{path}"))
    plan.plan.append(Question("mounted", f"{prefix}/no/such/page"))


def _address_of(app: Flask, rule: Rule) -> tuple[str | None, str | None]:
    """The host, if the rule has one of its own, and a path that lead to a rule."""
    values = {**asked.PARAMETERS.get(rule.endpoint, {}), **(rule.defaults or {})}
    try:
        built = rule.build(values, append_unknown=False)
    except Exception:  # noqa: BLE001 - the converter of a parameter may be anyone's
        built = None
    if built is None:
        given = asked.PARAMETERS.get(rule.endpoint)
        msg = f"asked.py: PARAMETERS[{rule.endpoint!r}] is {given!r}: that does not fit {rule.rule}"
        raise ValueError(msg)
    domain, path = built
    if app.url_map.host_matching or not domain:
        return domain or None, path
    server = app.config["SERVER_NAME"]
    return (f"{domain}.{server}", path) if server else (None, None)


def _why_not(rule: Rule) -> str | None:
    """Why a rule is not asked, if it is not."""
    if rule.endpoint in asked.NOT_ASKED:
        return "named in NOT_ASKED of asked.py"
    if rule.endpoint == OWN_PAGE:
        return "the table's own page"
    if rule.build_only or rule.websocket:
        return "nothing to ask"
    known = {**asked.PARAMETERS.get(rule.endpoint, {}), **(rule.defaults or {})}
    if missing := sorted(rule.arguments - known.keys()):
        return f"no value for {', '.join(missing)} in asked.py"
    return None


def _check_table(app: Flask, mounted: Iterable[str]) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    for table, names, more in (
        ("PARAMETERS", asked.PARAMETERS, set[str]()),
        ("NOT_ASKED", asked.NOT_ASKED, {*mounted}),
    ):
        for name in names:
            if name not in known | more | {"static"}:
                there = ", ".join(sorted(known | more))
                msg = f"asked.py: {table} names {name!r}, which is no endpoint. There are: {there}"
                raise LookupError(msg)


def _adapter(app: Flask, host: str | None) -> MapAdapter:
    server = host or app.config["SERVER_NAME"] or "localhost"
    return app.url_map.bind(server)


def _answering(app: Flask, question: Question) -> str | None:
    """The endpoint whose view a request would call, ``None`` where it calls none."""
    try:
        endpoint, _ = _adapter(app, question.host).match(question.path, question.method)
    except HTTPException:
        return None
    return str(endpoint)


def _shows_debugger(app: Flask) -> bool:
    """Whether an exception leaves the app instead of becoming a page."""
    propagates = app.config["PROPAGATE_EXCEPTIONS"]
    return app.debug or app.testing if propagates is None else bool(propagates)


def _is_static(rule: Rule) -> bool:
    return str(rule.endpoint).rpartition(".")[2] == "static"
