"""The commands ``flask headers show``, ``check`` and ``export``."""

from __future__ import annotations

import inspect
import json
import sys
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import with_appcontext
from werkzeug.utils import ImportStringError, import_string

from . import caddy, nginx
from .client import ask
from .violations import dead_overrides, faults_of
from .plan import flask_in, narrow, plan_for
from .formatting import as_json, as_lines, missed, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from .plan import Plan


@click.command()
@click.option(
    "--route", "routes", multiple=True, help="Only this endpoint or URL rule."
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.option("--values", is_flag=True, help="Show the values, too.")
@click.option(
    "--scheme", type=click.Choice(["https", "http"]), default="https", show_default=True
)
@with_appcontext
def show(routes: tuple[str, ...], form: str, scheme: str, *, values: bool) -> None:
    """Show which headers go out, and who set each of them.

    Each route is asked with GET (one with parameters, if asked.py has values for them),
    and then one request is made for each kind of response: an unknown page, a wrong
    method, OPTIONS, a redirect, an exception.
    """
    app = _app()
    plan = _plan(app, app)
    if routes:
        try:
            plan = narrow(plan, app, routes)
        except LookupError as error:
            raise click.BadParameter(error.args[0], param_hint="--route") from None
    answers = [ask(app, app, question, scheme) for question in plan.plan]
    if form == "json":
        click.echo(json.dumps(as_json(answers, plan), indent=2))
        return
    for line in as_lines(answers, values=values):
        click.echo(line)
    plan.not_asked += missed(answers)
    for skipped in plan.not_asked:
        for line in wrapped("not asked", f"{skipped.what}: {skipped.reason}", indent=0):
            click.secho(line, dim=True)


@click.command()
@click.option(
    "--unsafe",
    is_flag=True,
    help="Ask with POST, PUT, PATCH and DELETE as well: it calls the views.",
)
@click.option(
    "--wsgi",
    metavar="MODULE:NAME",
    help="Ask what the server runs, if that is more than the app.",
)
@with_appcontext
def check(wsgi: str | None, *, unsafe: bool) -> None:
    """Compare every response with the policy; exit with 1 if one differs.

    Each route is asked with GET, HEAD, OPTIONS and a method it does not have, over HTTP
    and HTTPS; files are asked for in part, unchanged and where there is none. One line
    says what is wrong: the request, the header, what was expected, what was found.
    """
    app = _app()
    whole: Any = app
    if wsgi is not None:
        whole = _imported(wsgi)
        app = _answering_with_pages(flask_in(whole) or app)
    plan = _plan(app, whole, thorough=True, unsafe=unsafe)
    faults = [str(fault) for fault in dead_overrides(app)]
    answers = [
        ask(app, whole, question, scheme)
        for question in plan.plan
        for scheme in ("http", "https")
    ]
    for answer in answers:
        faults += map(str, faults_of(answer))
    faults = list(dict.fromkeys(faults))  # most are the same over HTTP and HTTPS
    for fault in faults:
        click.secho(fault, fg="red")
    plan.not_asked += missed(answers)
    for skipped in plan.not_asked:
        click.secho(str(skipped), dim=True)
    click.echo(
        f"{len(plan.plan)} requests, each over HTTP and HTTPS; "
        f"{len(plan.not_asked)} not asked; faults: {len(faults)}"
    )
    if faults:
        sys.exit(1)


@click.group()
def export() -> None:
    """Write the policy for a proxy, for what the app does not answer itself.

    These are static files that the proxy serves, and the proxy's own errors.
    """


@export.command("nginx")
@click.option(
    "--server-name", help="Only for the server whose first server_name this is."
)
@with_appcontext
def export_nginx(server_name: str | None) -> None:
    """Write a file for nginx, to be included in its http { } block."""
    _write(nginx.lines_for(_app(), server_name))


@export.command("caddy")
@with_appcontext
def export_caddy() -> None:
    """Write a file for Caddy, to be imported at the top of its Caddyfile."""
    _write(caddy.lines_for(_app()))


COMMANDS: dict[str, click.Command] = {"show": show, "check": check, "export": export}


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return _answering_with_pages(app)


def _answering_with_pages(app: Flask) -> Flask:
    """Let an app answer an exception with a page, as behind a server."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def _plan(app: Flask, wsgi: Any, **options: bool) -> Plan:
    try:
        return plan_for(app, wsgi, **options)
    except (LookupError, ValueError) as error:
        raise click.ClickException(str(error.args[0])) from None


def _imported(name: str) -> Any:
    """What the server runs, written as for gunicorn: a function is called where () is."""
    try:
        found = import_string(name.removesuffix("()"))
    except ImportStringError as error:
        msg = f"{name!r} cannot be imported: {error.exception}"
        raise click.BadParameter(msg, param_hint="--wsgi") from None
    made = found() if name.endswith("()") else found
    try:
        inspect.signature(made).bind("environ", "start_response")
    except TypeError:
        msg = f"{name!r} is no WSGI application: name one, or write () to call what makes it."
        raise click.BadParameter(msg, param_hint="--wsgi") from None
    return made


def _write(lines: Iterator[str]) -> None:
    """Write in Latin-1, which is what a header's value is sent in."""
    try:
        text = "\n".join(lines).encode("latin-1")
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(text)
