"""What to do about the reports of one endpoint: lines to paste, and advice.

Reports may be forged. Only hosts that were checked become code, and only after
``amend_csp`` has accepted them for the policy of that endpoint.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from flask import Response
from werkzeug.test import EnvironBuilder

from ..csp import HEADER, amend_csp
from ..header_policy import headers_for
from ..sri import static_folder
from ..validation import HeaderError
from ..values import DynamicValue
from .blocked import Report, shown
from .sources import allows, parse_policy, parse_url, source_for, sources_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    from flask import Flask

    from ..csp import Directives
    from ..values import Value

_NO_BREAK = "\xa0"

COEP = "Cross-Origin-Embedder-Policy"
TRUSTED_TYPES = "require-trusted-types-for"
NONCE = 'nonce="{{ csp_nonce() }}"'
MAX_SOURCES = 10
"""The most sources of a directive, and the most pieces of advice for an endpoint."""

FILES = {"font-src", "img-src", "manifest-src", "media-src", "style-src"}
"""Directives that get a line for another site. In the others it is commented out: the
site would get data of the user, or control of the page."""

RISKS = {"object-src", "script-src"}
OTHERS = RISKS | {"connect-src", "form-action", "frame-src", "worker-src"}

ONLY_IN = {"eval": "script-src", "inline": "style-src", "wasm-eval": "script-src"}
"""The directive that has a line for what browsers report by a keyword."""

ADVICE = {
    "base-uri": "<base> is blocked: remove it from the page",
    "frame-ancestors": "another site shows this page in a frame, or another page of yours"
    " (browsers report the site only): if it may, override the page's CSP with"
    " amend_csp({'frame-ancestors': 'https://…'}), and its X-Frame-Options with None",
    TRUSTED_TYPES: "the page's own script writes HTML from a text: use textContent, or"
    " createElement()",
    "script-src-attr": "onclick= and the like are blocked: use addEventListener() in a"
    f" script with the nonce: <script {NONCE}>",
    "style-src-attr": "style= is blocked: use a class of a stylesheet, or of a style with"
    f" the nonce: <style {NONCE}>",
}
REDIRECT = (
    "form-action allows the form's address, so a redirect leads elsewhere: the site that it"
    " leads to needs a line, if it is yours"
)


class Verdict(NamedTuple):
    """What to do: add a source to the first directive that takes it, or read a text."""

    text: str
    directives: tuple[str, ...] = ()
    if_yours: bool = False  # commented out


@dataclass
class Finding:
    """Reports with the same verdict."""

    report: Report  # one of them
    times: int = 0
    pages: set[str] = field(default_factory=set)
    files: Counter[str] = field(default_factory=Counter)

    @property
    def note(self) -> str:
        """How often, on how many pages, and from which file."""
        times = f"{number(self.times, 'time')}, on {number(len(self.pages), 'page')}"
        (file, _), *more = self.files.most_common()
        others = f" and {number(len(more), 'other place')}" if more else ""
        return f"{times}, from {file}{others}" if file else times


Findings = dict[Verdict, Finding]
Amendments = dict[str, list[str] | None]


class Line(NamedTuple):
    """A source that is added to a directive."""

    directive: str
    verdict: Verdict
    finding: Finding

    def works(self, directives: Directives) -> bool:
        """Whether directives allow what was blocked."""
        report = self.finding.report
        page = parse_url(report.page)
        sources = sources_of(directives, report.directive)
        return page is not None and allows(sources, report.blocked, page)


class RoutePolicy:
    """The policy of the pages of one endpoint."""

    def __init__(self, app: Flask, endpoint: str | None) -> None:
        resolved = headers_for(app, endpoint)
        values = {name.lower(): value for name, value in resolved.rows}
        self._response = Response(iter(()))  # a stream may have a nonce
        self._request = app.request_class(EnvironBuilder().get_environ())
        self._csp = values.get(HEADER.lower())
        self.directives = parse_policy(self._text(self._csp))
        self.is_overridden = resolved.origins.get(HEADER.lower()) == "route override"
        self.coep = self._text(values.get(COEP.lower())).partition(";")[0]

    def amended(self, amendments: Amendments) -> Directives:
        """Return the directives with some changed.

        Raises:
            HeaderError: ``amend_csp`` refuses the change.
        """
        return parse_policy(self._text(amend_csp(amendments)(self._csp)))

    def _text(self, value: Value | None) -> str:
        if isinstance(value, DynamicValue):
            value = value.get_value(self._response, self._request)
        return value or ""


def judge(report: Report, page: SplitResult, directives: Directives) -> Verdict | None:
    """Return what to do about a report, ``None`` if the directives allow it already."""
    sources = sources_of(directives, report.directive)
    if allows(sources, report.blocked, page):
        return Verdict(REDIRECT) if report.directive == "form-action" else None
    base = report.directive.removesuffix("-elem").removesuffix("-attr")
    nonce = any(each.startswith("'nonce-") for each in sources or ())
    if advice := _advice(report, base, nonce=nonce):
        return Verdict(advice)
    source = source_for(report.blocked, page)
    if report.directive == TRUSTED_TYPES:
        return Verdict("None", (TRUSTED_TYPES,))
    named = base in FILES | OTHERS and ONLY_IN.get(report.blocked, base) == base
    if source is None or not named:
        what = f"{shown(report.directive)} blocked {shown(report.blocked)}"
        return Verdict(f"{what}: there is no line for that")
    is_risk = base not in FILES and ("//" in source or base in RISKS)
    if report.blocked == "inline":
        return Verdict(source, (report.directive,))
    choices = tuple(dict.fromkeys([base, report.directive]))
    return Verdict(source, choices, is_risk and report.blocked != "wasm-eval")


def _advice(report: Report, base: str, *, nonce: bool) -> str | None:
    """Return what to change in the page, ``None`` if a line does it."""
    inline = report.blocked == "inline"
    by_library = report.source != report.page and parse_url(report.source)
    mended = report.directive == TRUSTED_TYPES or (inline and base == "style-src")
    if by_library and mended:
        return None
    if report.directive in ADVICE:
        return ADVICE[report.directive]
    if base in {"script-src", "style-src"} and inline:
        tag = base.removesuffix("-src")
        cure = f"give it the nonce: <{tag} {NONCE}>" if nonce else "move it to a file"
        return f"an inline <{tag}> is blocked: {cure}"
    if base == "script-src" and nonce and report.blocked not in ONLY_IN:
        tag = f'<script src="{shown(report.blocked)}" {NONCE}>'
        return f"a script is blocked: if it is yours, give it the nonce: {tag}"
    return None


def lines_for(app: Flask, endpoint: str, findings: Findings) -> list[str]:
    """Return the lines for one endpoint: a decorator, and advice in comments."""
    policy = RoutePolicy(app, endpoint)
    lines, advice = _checked(policy, findings)
    code = _decorator(app, endpoint, policy, lines) if lines else []
    if code and policy.is_overridden:
        code.insert(
            0, f"# It has an override of {HEADER} already: add these to its sources."
        )
    return code + [bullet(text) for text in advice]


def _checked(policy: RoutePolicy, findings: Findings) -> tuple[list[Line], list[str]]:
    """Return the lines that the policy accepts and that work, and all advice."""
    lines: list[Line] = []
    advice: list[str] = []
    seen: Counter[str] = Counter()
    for verdict, finding in sorted(findings.items(), key=_order):
        directive = next(iter(verdict.directives), "")
        seen[directive] += 1
        if seen[directive] > MAX_SOURCES:
            continue
        problem = _add(policy, lines, verdict, finding) if directive else ""
        if not directive:
            advice.append(f"{verdict.text} ({finding.note})")
        elif problem:
            what = f"{directive} {verdict.text}: {problem}"
            advice.append(f"{what} ({finding.note})")
    for directive, times in seen.items():
        if times > MAX_SOURCES:
            advice.append(f"{times - MAX_SOURCES} more: {directive or 'advice'}.")
    return lines, advice


def _order(item: tuple[Verdict, Finding]) -> tuple[bool, bool, int]:
    verdict, finding = item
    return verdict.if_yours, verdict.text != "'unsafe-inline'", -finding.times


def _add(
    policy: RoutePolicy, lines: list[Line], verdict: Verdict, finding: Finding
) -> str:
    """Add a line, or return why it cannot be."""
    problem = ""
    for directive in verdict.directives:
        more = [*lines, Line(directive, verdict, finding)]
        try:
            after = policy.amended(_amendments(more))
        except HeaderError as error:
            problem = str(error)
        else:
            if all(line.works(after) for line in more):
                lines[:] = more
                return ""
            problem = "it would change nothing"
    return problem


def _amendments(lines: list[Line]) -> Amendments:
    found: Amendments = {}
    for directive, verdict, _ in lines:
        words = found.setdefault(directive, [])
        if verdict.text == "None":
            found[directive] = None
        elif words is not None:
            words.append(verdict.text)
    return found


def _decorator(
    app: Flask, endpoint: str, policy: RoutePolicy, lines: list[Line]
) -> list[str]:
    """Return the code. A line that is only for the owner's own sites is a comment."""
    start, end = "@override_headers({", "})"
    if hasattr(app.view_functions[endpoint], "view_class"):
        start, end = "decorators = [override_headers({", "})]"
    elif static_folder(app, endpoint):
        start, end = start[1:], f"}})(app.view_functions[{endpoint!r}])"
    code = [(start, False), (f'    "{HEADER}": amend_csp({{', False)]
    for directive in dict.fromkeys(line.directive for line in lines):
        code += _entry([line for line in lines if line.directive == directive])
    code += [("    }),", False), *_isolation(policy, lines), (end, False)]
    if all(line.verdict.if_yours for line in lines):
        return [f"# {text}" for text, _ in code]
    return [_commented(text) if hidden else text for text, hidden in code]


def _entry(lines: list[Line]) -> Iterator[tuple[str, bool]]:
    """Yield the code of one directive, and whether it is a comment."""
    start, many = f'        "{lines[0].directive}": ', len(lines) > 1
    hidden = all(line.verdict.if_yours for line in lines)
    if many:
        yield f"{start}[", hidden
        start = " " * 12
    for _, verdict, finding in lines:
        source = "None" if verdict.text == "None" else json.dumps(verdict.text)
        note = "only if it is yours: " if verdict.if_yours else ""
        yield f"{start}{source},  # {note}{finding.note}", verdict.if_yours
    if many:
        yield "        ],", hidden


def _isolation(policy: RoutePolicy, lines: list[Line]) -> Iterator[tuple[str, bool]]:
    """Yield what else it takes where every file must allow that the page loads it."""
    sites = {v.directives[0] for _, v, _ in lines if "//" in v.text}
    if policy.coep == "require-corp" and sites & FILES:
        why = "for sites that send no Cross-Origin-Resource-Policy"
        yield f'    "{COEP}": "credentialless",  # {why}', False
    if policy.coep not in {"", "unsafe-none"} and "frame-src" in sites:
        why = f"with frame-src, for a site that sends no {COEP}"
        yield f'    "{COEP}": None,  # {why}', True


def _commented(text: str) -> str:
    code = text.lstrip()
    return f"{' ' * (len(text) - len(code))}# {code}"


def bullet(text: str, mark: str = "# - ") -> str:
    """Return a text in lines that are not too long, and break no HTML tag."""
    wrapped = textwrap.fill(
        re.sub("<[^<>]*>", lambda tag: tag[0].replace(" ", _NO_BREAK), text),
        88,
        initial_indent=mark,
        subsequent_indent=mark.replace("-", " "),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return wrapped.replace(_NO_BREAK, " ")


def number(count: int, what: str) -> str:
    """Return a number of things."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
