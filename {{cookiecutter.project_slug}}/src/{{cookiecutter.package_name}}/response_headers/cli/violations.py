"""Compare what was sent with the policy and its overrides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ..csp import HEADER as CSP
from ..header_policy import headers_for
from ..overrides import overrides_of
from ..validation import PRINTABLE_LATIN_1, TOKEN
from .tracing import ANY, MIDDLEWARE, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask import Flask

    from .tracing import Expected, ProbeResponse, SentHeader

_NONCE_IN_PAGE = re.compile(r"""<[^<>]*\snonce=["']?([\w+/=-]+)""")
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


def violations_of(response: ProbeResponse) -> Iterator[Violation]:
    """Compare what was sent with what should have been.

    A view, or a function after it, may set ``Cache-Control``, and may add to ``Vary``. To
    change another header of the policy takes an override.
    """
    where = f"{response.request} ({response.status})"
    violation = partial(Violation, path=response.request.path, response=where)
    if response.error is not None:
        yield violation(response.error)
        return
    if response.lost:
        yield violation(f"a hook replaced the view's response and lost {response.lost}")
    for key in sorted(response.origins):
        expected, sent = response.expected.get(key), response.sent(key)
        name = expected.name if expected else sent[0].name if sent else key
        value = _quoted(expected.value) if expected else "nothing"
        found = " and ".join(f"{_quoted(each.value)} ({each.origin})" for each in sent)
        if len(sent) > 1:
            yield violation(f"{name}: expected {value} once, found {found}", name)
        elif not _agrees(key, expected, sent):
            found = found or "nothing"
            yield violation(f"{name}: expected {value}, found {found}", name)
    for name, value, _ in response.headers:
        if not PRINTABLE_LATIN_1.fullmatch(value):
            latin_1 = "Latin-1, which is all that a server sends"
            yield violation(f"{name}: expected {latin_1}, found {value!r}", name)


def summarize(violations: Iterable[Violation]) -> Iterator[str]:
    """Yield a line for each cause: the same problem with one response, or with many."""
    causes: dict[str, list[Violation]] = {}
    for violation in violations:
        causes.setdefault(violation.problem, []).append(violation)
    for problem, same in causes.items():
        paths = {each.path for each in same}
        where = f"{same[0].path}: " if len(paths) == 1 else ""
        many = f"{where}{problem}, in {len(same)} responses"
        yield many if len(same) > 1 else str(same[0])


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
    page = response.first_chunk.decode("latin-1") if "html" in "".join(types) else ""
    return {*_NONCE_IN_CSP.findall(csp), *_NONCE_IN_PAGE.findall(page)}


def dead_overrides(app: Flask) -> list[Violation]:
    """Find overrides that remove what nothing sets: most likely a misspelt name."""
    places: dict[str, object] = {
        **{f"blueprint {name}": place for name, place in app.blueprints.items()},
        **{f"route {name}": view for name, view in app.view_functions.items()},
    }
    overrides = [
        (where, name, value)
        for where, place in places.items()
        for name, value in overrides_of(place).items()
    ]
    set_anywhere = set(headers_for(app, None).names)
    set_anywhere |= {name.lower() for _, name, value in overrides if value is not None}
    return [
        Violation(f"override of {where}: it removes {name}, which nothing sets", name)
        for where, name, value in overrides
        if value is None and name.lower() not in set_anywhere
    ]


def _quoted(value: str | None) -> str:
    if value is ANY:
        return "a value"
    return value if TOKEN.fullmatch(value) else repr(value)


def _agrees(key: str, expected: Expected | None, sent: list[SentHeader]) -> bool:
    """Whether a header is as it should be, or is one that a view may set."""
    if not sent:
        return expected is None
    by_app = sent[0].origin != MIDDLEWARE or expected is None
    if key == "cache-control" and by_app:
        return True
    if key == "vary":
        wanted = (expected and expected.value) or ""
        return tokens(wanted) <= tokens(sent[0].value)
    return expected is not None and expected.value in {ANY, sent[0].value}
