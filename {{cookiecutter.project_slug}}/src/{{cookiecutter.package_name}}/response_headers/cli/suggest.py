"""``flask headers suggest``: from what browsers reported to the lines that allow it."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TextIO
from urllib.parse import unquote_to_bytes

import click
from flask import current_app
from flask.cli import with_appcontext
from werkzeug.test import EnvironBuilder

from ..header_policy import policy_of, resolve
from ..reports import ReportingEndpoints
from .advice import (
    Finding,
    Findings,
    RoutePolicy,
    Verdict,
    bullet,
    judge,
    lines_for,
    number,
)
from .blocked import MAX_DIFFERENT, MAX_LINE, Report, count, read, shown
from .client import host_of
from .plan import narrow
from .sources import parse_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from urllib.parse import SplitResult

    from flask import Flask

MAX_SHOWN = 10
"""The most reasons that are shown for reports without a line."""

IMPORT = f"from {__package__.rpartition('.')[0]} import amend_csp, override_headers"

NOT_REPORTED = """\
No browser reports a pop-up that lost its opener (Cross-Origin-Opener-Policy), a missing
Referer (Referrer-Policy), what a worker fetches (the policy of its script), or a file
that another site cannot show (Cross-Origin-Resource-Policy).

Load the page again with the new lines: a script that was blocked hides what it would
have done next. Anyone can send a report: add only what you know."""

REASONS = """\
Nothing was blocked, or no page was loaded: see the browser's console. Browsers send
reports up to a minute later.

The page is on HTTPS and the report route on HTTP, or the certificate is not trusted.
Over HTTP, Chromium sends nothing if the policy has report-to.

CSRF protection, a login or a proxy answers POST requests to the report route: look in
the log for its path with a status that is not 204.

The log level is above WARNING, or this is not the app's log.

An ad blocker, or another extension of the browser, blocks reports."""


class Judged(NamedTuple):
    """What to do about a report, for which endpoint, and which file it names."""

    endpoint: str
    verdict: Verdict
    file: str


@dataclass
class Suggestions:
    """The lines for each endpoint, and why some reports have none."""

    sections: list[tuple[str, list[str]]]
    left_out: list[str]


class Pages:
    """Which pages are the app's, and which endpoint each of them has.

    ``hosts`` are the app's, each with the path that the app is mounted under, if any. By
    default they are those of its configuration, or else the most frequent one, and those
    of this machine.
    """

    def __init__(
        self, app: Flask, reports: Mapping[Report, int], hosts: Collection[str]
    ) -> None:
        self._app = app
        url = f"http://{host_of(app)}/"
        self._environ = EnvironBuilder(base_url=url).get_environ()
        self._roots = {
            own.hostname or "": own.path.strip("/")
            for host in hosts or _own_hosts(app, reports)
            if (own := _own_url(host))
        }

    def has(self, page: SplitResult) -> bool:
        """Whether a page has one of the hosts. A leading dot stands for all below."""
        name = page.hostname or ""
        below = (each for each in self._roots if each.startswith("."))
        return name in self._roots or f".{name}".endswith(tuple(below))

    def endpoint(self, page: SplitResult) -> str | None:
        """Return the endpoint of a page, ``None`` if it has no route."""
        root = self._app.config["APPLICATION_ROOT"].strip("/")
        root = self._roots.get(page.hostname or "") or root
        path = page.path or "/"
        if root and f"{path}/".startswith(f"/{root}/"):
            path = path[len(root) + 1 :] or "/"
        environ = self._environ | {
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1")
        }
        if self._app.url_map.host_matching or self._app.subdomain_matching:
            environ["HTTP_HOST"] = page.netloc
        for method in ("GET", "POST"):
            try:
                _, endpoint, _ = resolve(
                    self._app, environ | {"REQUEST_METHOD": method}
                )
            except Exception:  # noqa: BLE001 - a parameter's converter may be anyone's
                return None
            if endpoint:
                return endpoint
        return None


class Judge:
    """Judges reports by the policy of the endpoint that each is about."""

    def __init__(self, app: Flask, pages: Pages) -> None:
        self._app, self._pages = app, pages
        self._policies: dict[str, RoutePolicy] = {}

    def judge(self, report: Report, endpoints: Collection[str]) -> str | Judged:
        """Return what to do about a report on one of the endpoints, or why nothing."""
        page = parse_url(report.page)
        if page is None or (why := _reason(report, page, self._pages)):
            return "that cannot be read" if page is None else why
        endpoint = self._pages.endpoint(page)
        if endpoint is None:
            return f"on a page that has no route: {shown(report.page)}"
        if endpoint not in endpoints:
            return "on a page of another route"
        if endpoint not in self._policies:
            self._policies[endpoint] = RoutePolicy(self._app, endpoint)
        policy = self._policies[endpoint]
        verdict = judge(report, page, policy.directives)
        if verdict is None:
            return "of what the policy allows by now"
        return Judged(endpoint, verdict, _file(report, page))


def suggest_for(
    app: Flask,
    reports: Mapping[Report, int],
    routes: Collection[str] = (),
    hosts: Collection[str] = (),
) -> Suggestions:
    """Suggest what to allow, from reports and how often each of them came.

    ``routes`` limits it to some endpoints or URL rules.
    """
    judge = Judge(app, Pages(app, reports, hosts)).judge
    endpoints = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not routes or {rule.endpoint, rule.rule} & {*routes}
    }
    found: dict[str, Findings] = {}
    left_out: Counter[str] = Counter()
    for report, times in reports.items():
        judged = judge(report, endpoints)
        if isinstance(judged, str):
            left_out[judged] += times
            continue
        findings = found.setdefault(judged.endpoint, {})
        finding = findings.setdefault(judged.verdict, Finding(report))
        finding.times += times
        finding.pages.add(report.page)
        finding.files[judged.file] += times
    return Suggestions([*_sections(app, found)], [*_summary(left_out)])


def reasons(app: Flask) -> list[str]:
    """Return why there may be no report, what is certain first."""
    csp = RoutePolicy(app, None).directives
    routes = [v for _, v in policy_of(app).rows if isinstance(v, ReportingEndpoints)]
    certain = {
        "The policy has no Content-Security-Policy.": not csp,
        "The Content-Security-Policy has no report-uri.": "report-uri" not in csp,
        "The policy has no report route: a row with ReportingEndpoints.": not routes,
        "The app's logger drops warnings.": not app.logger.isEnabledFor(
            logging.WARNING
        ),
    }
    return [*(why for why in certain if certain[why]), *REASONS.split("\n\n")]


@click.command()
@click.argument("log", type=click.File(encoding="utf-8", errors="replace"), default="-")
@click.option(
    "--route", "routes", multiple=True, help="Only this endpoint or URL rule."
)
@click.option(
    "--page-host",
    "hosts",
    multiple=True,
    metavar="HOST[/PATH]",
    help="Only pages of this host, with the path that the app is mounted under."
    " [default: SERVER_NAME and TRUSTED_HOSTS, or the most frequent host; localhost]",
)
@with_appcontext
def suggest(log: TextIO, routes: tuple[str, ...], hosts: tuple[str, ...]) -> None:
    """Print the lines that allow what browsers reported as blocked.

    LOG is the app's log, as text or as JSON, by default the standard input. For each
    endpoint there is one decorator to paste above its view. No file is changed. The exit
    status is 2 if there is no report in the log.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    if log.isatty():
        msg = "name a log, or pipe one: flask headers suggest app.log"
        raise click.UsageError(msg)
    narrow([], app, routes)  # refuses a route that does not exist
    lines = iter(lambda: log.readline(MAX_LINE), "")
    for host in hosts:
        if not _own_url(host):
            msg = f"{host!r} is not a host: write example.com or example.com/path."
            raise click.BadParameter(msg, param_hint="--page-host")
    reports, dropped = count(read(lines))
    if not reports:
        click.echo("There is no report in the log. Why there may be none:", err=True)
        for why in reasons(app):
            click.echo(bullet(why, "- "), err=True)
        raise click.exceptions.Exit(2)
    suggested = suggest_for(app, reports, routes, hosts)
    if dropped:
        more = f"{number(dropped, 'report')} after {MAX_DIFFERENT:,} different ones"
        suggested.left_out.append(more)
    click.echo("\n".join(_as_text(suggested)))


def _as_text(suggested: Suggestions) -> Iterator[str]:
    """Yield all lines. They are Python, and what is not for pasting is a comment."""
    if any(
        "override_headers" in line for _, lines in suggested.sections for line in lines
    ):
        yield IMPORT
    for heading, lines in suggested.sections:
        yield from ["", f"# {heading}", *lines]
    if not suggested.sections:
        yield "# There is nothing to suggest."
    if suggested.left_out:
        yield from ["", "# Left out:"]
        yield from map(bullet, suggested.left_out)
    for text in NOT_REPORTED.split("\n\n"):
        yield from ["", bullet(text, "# ")]


def _sections(
    app: Flask, found: Mapping[str, Findings]
) -> Iterator[tuple[str, list[str]]]:
    """Yield a heading and lines for each endpoint, that with the most reports first."""
    totals = {each: sum(f.times for f in found[each].values()) for each in found}
    for endpoint in sorted(found, key=lambda each: -totals[each]):
        pages = {page for each in found[endpoint].values() for page in each.pages}
        paths = [shown(each.partition("://")[2]) for each in islice(sorted(pages), 3)]
        examples = ", ".join([*paths, *(["..."] if len(pages) > 3 else [])])
        times = number(totals[endpoint], "report")
        heading = f"{endpoint}: {times}, on {number(len(pages), 'page')}: {examples}"
        yield heading, lines_for(app, endpoint, found[endpoint])


def _summary(left_out: Counter[str]) -> Iterator[str]:
    most = left_out.most_common(MAX_SHOWN)
    for why, times in most:
        yield f"{number(times, 'report')} {why}"
    if rest := left_out.total() - sum(times for _, times in most):
        yield f"{number(rest, 'report')} for other reasons of these kinds"


def _reason(report: Report, page: SplitResult, pages: Pages) -> str:
    """Return why a report is left out, if it is."""
    schemes = [text.partition(":")[0] for text in (report.source, report.blocked)]
    reasons = {
        "about extensions of browsers": any(
            each.endswith("-extension") or each == "webkit-masked-url"
            for each in schemes
        ),
        f"of another kind: {shown(report.type)}": report.type != "csp-violation",
        "of a policy that only reports": report.disposition != "enforce",
        "that cannot be read": not report.directive,
        f"from another host: --page-host {shown(page.netloc)}": not pages.has(page),
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _file(report: Report, page: SplitResult) -> str:
    """Return the file that a report names, as short as it can be."""
    source = parse_url(report.source)
    if report.source == report.page:
        return f"line {report.line} of the page" if report.line else "the page"
    if source and source.netloc == page.netloc:
        return shown(source.path)
    return shown(report.source)


def _own_url(host: str) -> SplitResult | None:
    return parse_url(f"http://{host.rpartition('://')[2]}")


def _own_hosts(app: Flask, reports: Mapping[Report, int]) -> list[str]:
    named = [app.config["SERVER_NAME"], *(app.config.get("TRUSTED_HOSTS") or ())]
    seen: Counter[str] = Counter()
    for report, times in reports.items():
        if page := parse_url(report.page):
            seen[page.netloc] += times
    most = [host for host, _ in seen.most_common(1)]
    return [*([*filter(None, named)] or most), "localhost", "127.0.0.1", "[::1]"]
