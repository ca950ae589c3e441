"""The commands ``flask headers show``, ``check``, ``suggest`` and ``export``."""

from __future__ import annotations

import inspect
import json
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

import click
from flask import current_app
from flask.cli import with_appcontext
from werkzeug.utils import ImportStringError, import_string

from ..header_policy import has_policy
from .client import send
from .export import caddy_lines, nginx_lines
from .formatting import as_json, as_lines
from .middleware import Reachable
from .plan import narrow, plan_for
from .suggest import suggest
from .violations import dead_overrides, old_nonces, summarize, violations_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


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
    """Show which headers are sent, and what set each of them.

    It sends a GET request to each route, and one request for each kind of response: an
    unknown page, a wrong method, OPTIONS, a redirect, an exception.
    """
    app = _app()
    plan = plan_for(app, app)
    if routes:
        plan = narrow(plan, app, routes)
    responses, skipped = send(app, app, plan, [scheme])
    if form == "json":
        click.echo(json.dumps(as_json(responses, skipped), indent=2))
    else:
        for line in as_lines(responses, skipped, values=values):
            click.echo(line)


@click.command()
@click.option("--all", "every", is_flag=True, help="Print a line for each response.")
@click.option(
    "--unsafe",
    is_flag=True,
    help="Send POST, PUT, PATCH and DELETE requests, too: they call the views.",
)
@click.option(
    "--wsgi",
    metavar="MODULE:NAME",
    help="What the server runs, if that is more than the app.",
)
@with_appcontext
def check(wsgi: str | None, *, every: bool, unsafe: bool) -> None:
    """Compare every response with the policy; exit with 1 if one differs.

    It sends GET, HEAD, OPTIONS and a method that is not allowed to each route, over HTTP
    and HTTPS, and requests a file in part, unchanged and missing. A line names what is
    wrong with one response, or with several.
    """
    whole: Any = _app() if wsgi is None else _imported(wsgi)
    app = _app(whole)
    plan = plan_for(app, whole, thorough=True, unsafe=unsafe)
    responses, skipped = send(app, whole, plan, ("http", "https"))
    found = chain(dead_overrides(app), *map(violations_of, responses))
    found = chain(found, old_nonces(responses))
    violations = dict.fromkeys(found)  # most are the same over both schemes
    for line in map(str, violations) if every else summarize(violations):
        click.secho(line, fg="red")
    for each in skipped:
        click.secho(f"not checked: {each}", dim=True)
    click.echo(
        f"{len(responses) // 2} requests, each over HTTP and HTTPS; "
        f"not checked: {len(skipped)}; violations: {len(violations)}"
    )
    if violations:
        sys.exit(1)


@click.group()
def export() -> None:
    """Write the policy for a proxy, for what does not come from the app.

    These are static files that the proxy serves, and the proxy's own errors.
    """


@export.command("nginx")
@click.option("--server-name", help="Only for the server with this first server_name.")
@with_appcontext
def export_nginx(server_name: str | None) -> None:
    """Write a file for nginx, to be included in its http { } block."""
    _write(nginx_lines(_app(), server_name))


@export.command("caddy")
@with_appcontext
def export_caddy() -> None:
    """Write a file for Caddy, to be imported at the top of its Caddyfile."""
    _write(caddy_lines(_app()))


COMMANDS: dict[str, click.Command] = {
    "show": show,
    "check": check,
    "suggest": suggest,
    "export": export,
}


def _app(wsgi: Any = None) -> Flask:
    """Return the current app, or another one with a policy that ``wsgi`` leads to.

    It answers an exception with a page, as in production.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    apps = [each for _, each in Reachable(wsgi).apps if has_policy(each)]
    if apps and app not in apps:
        app = apps[0]
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def _imported(name: str) -> Any:
    """Return what the server runs. ``module:name()`` calls a factory, as in gunicorn."""
    try:
        found = import_string(name.removesuffix("()"))
    except ImportStringError as error:
        msg = f"{name!r} cannot be imported: {error.exception}"
        raise click.BadParameter(msg, param_hint="--wsgi") from None
    made = found() if name.endswith("()") else found
    try:
        inspect.signature(made).bind("environ", "start_response")
    except TypeError:
        msg = f"{name!r} is not a WSGI application: name one, or add () to call a factory."
        raise click.BadParameter(msg, param_hint="--wsgi") from None
    return made


def _write(lines: Iterator[str]) -> None:
    """Write in Latin-1, the character set of header values."""
    try:
        text = "\n".join(lines).encode("latin-1")
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(text)
