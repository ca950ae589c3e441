"""Compare what was sent with the policy and its overrides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..csp import HEADER as CSP
from ..header_policy import headers_for
from ..overrides import overrides_of
from ..validation import PRINTABLE_LATIN_1, TOKEN
from .client import LIMIT
from .plan import Skipped
from .tracing import ANY, MIDDLEWARE, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask import Flask

    from .client import ProbeResponse, SentHeader
    from .tracing import ExpectedHeader

_NONCE_IN_PAGE = re.compile(r"""<[^>]*\snonce=["']?([\w+/=-]+)""")
_NONCE_IN_CSP = re.compile(r"'nonce-([\w+/=-]+)'")


@dataclass(frozen=True)
class Violation:
    """What is wrong, and with which response."""

    problem: str
    header: str = ""
    path: str = ""
    response: str = ""

    def __str__(self) -> str:
        """Return the line that says so."""
        return f"{self.response}: {self.problem}" if self.response else self.problem


def violations_of(response: ProbeResponse) -> list[Violation]:
    """Compare what was sent with what should have been.

    A view, or a function after it, may set ``Cache-Control``, and may add to ``Vary``. To
    change another header of the policy takes an override.
    """
    path, where = response.request.path, f"{response.request} ({response.status})"
    if response.error is not None:
        return [Violation(response.error, "", path, where)]
    trace = response.trace
    found: list[tuple[str, str]] = []
    if trace.lost is not None:
        lost = ", ".join(trace.lost) or "its status"
        found.append(("", f"a hook replaced the view's response and lost {lost}"))
    for name in sorted(trace.origins):
        found += _compare(name, trace.expected.get(name), response.sent(name))
    for sent in response.headers:
        if not PRINTABLE_LATIN_1.fullmatch(sent.value):
            problem = f"expected Latin-1, which is all that a server sends, found {sent.value!r}"
            found.append((sent.name, f"{sent.name}: {problem}"))
    return [Violation(problem, header, path, where) for header, problem in found]


def summarize(violations: Iterable[Violation]) -> list[str]:
    """Return a line for each cause: the same problem with one response, or with many."""
    causes: dict[str, list[Violation]] = {}
    for violation in violations:
        causes.setdefault(violation.problem, []).append(violation)
    lines = []
    for same in causes.values():
        line = f"{same[0].problem}, in {len(same)} responses"
        one_path = len({each.path for each in same}) == 1
        many = f"{same[0].path}: {line}" if one_path else line
        lines.append(many if len(same) > 1 else str(same[0]))
    return lines


def skipped_in(responses: Iterable[ProbeResponse]) -> list[Skipped]:
    """Return what was requested but could not be checked."""
    skipped = []
    for response in responses:
        request, endpoint = response.request, response.trace.endpoint
        if response.waits:
            what = f"the body of {request}"
            skipped.append(Skipped(what, f"it did not start within {LIMIT} s"))
        if not response.error and request.endpoint not in {None, endpoint}:
            reason = f"{endpoint or 'no route'} handled it ({response.status}), not {request.endpoint}: set HEADERS_SAMPLES"
            skipped.append(Skipped(str(request), reason))
    return list(dict.fromkeys(skipped))  # most are the same over HTTP and HTTPS


def old_nonces(responses: Iterable[ProbeResponse]) -> list[Violation]:
    """Find responses with the nonce of an earlier one: most likely from a cache."""
    problem = "nonce of an earlier response, expected a new one: cache data, or parts of a page without a nonce, not the page"
    seen: set[str] = set()
    found = []
    for response in responses:
        nonces = _nonces_of(response)
        if nonces & seen:
            where = f"{response.request} ({response.status})"
            found.append(Violation(problem, CSP, response.request.path, where))
        seen |= nonces
    return found


def _nonces_of(response: ProbeResponse) -> set[str]:
    """Return the nonces in a policy, and in the page if it is one."""
    csp = " ".join(sent.value for sent in response.sent(CSP))
    types = [sent.value for sent in response.sent("Content-Type")]
    page = response.start.decode("latin-1") if "html" in "".join(types) else ""
    return {*_NONCE_IN_CSP.findall(csp), *_NONCE_IN_PAGE.findall(page)}


def dead_overrides(app: Flask) -> list[Violation]:
    """Find overrides that remove what nothing sets: most likely a misspelt name."""
    places: list[tuple[str, object]] = [
        *((f"blueprint {name}", place) for name, place in app.blueprints.items()),
        *((f"route {name}", view) for name, view in app.view_functions.items()),
    ]
    set_anywhere = set(headers_for(app, None).names)
    for _, place in places:
        overrides = overrides_of(place).items()
        set_anywhere |= {name.lower() for name, value in overrides if value is not None}
    return [
        Violation(f"override of {where}: it removes {name}, which nothing sets", name)
        for where, place in places
        for name, value in overrides_of(place).items()
        if value is None and name.lower() not in set_anywhere
    ]


def _compare(
    key: str, expected: ExpectedHeader | None, sent: list[SentHeader]
) -> Iterator[tuple[str, str]]:
    """Yield the header and what is wrong with it, if anything is."""
    name = expected.name if expected else sent[0].name if sent else key
    value = _quoted(expected.value) if expected else "nothing"
    found = " and ".join(f"{_quoted(each.value)} ({each.origin})" for each in sent)
    if len(sent) > 1:
        yield name, f"{name}: expected {value} once, found {found}"
    elif sent and not _agrees(expected, sent[0]):
        yield name, f"{name}: expected {value}, found {found}"
    elif expected and not sent:
        yield name, f"{name}: expected {value}, found nothing"


def _quoted(value: str | None) -> str:
    if value is ANY:
        return "a value"
    return value if TOKEN.fullmatch(value) else repr(value)


def _agrees(expected: ExpectedHeader | None, sent: SentHeader) -> bool:
    """Whether a header is as it should be, or is one that a view may set."""
    if sent.name.lower() == "cache-control" and (
        sent.origin != MIDDLEWARE or expected is None
    ):
        return True
    if sent.name.lower() == "vary":
        wanted = (expected and expected.value) or ""
        return tokens([wanted]) <= tokens([sent.value])
    return expected is not None and expected.value in {ANY, sent.value}
