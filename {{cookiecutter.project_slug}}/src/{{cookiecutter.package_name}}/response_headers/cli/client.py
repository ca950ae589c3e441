"""Ask the app as a server does: what goes out is taken from the wire."""

from __future__ import annotations

from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response as AnyResponse

from ..header_policy import headers_for
from .tracing import NOTES, Notes, expected_of, watching

if TYPE_CHECKING:
    from flask import Flask

    from ..header_policy import ResolvedHeaders
    from .plan import Question
    from .tracing import Expected, Pair


@dataclass(frozen=True)
class Row:
    """One header that was sent, and who set it."""

    name: str
    value: str
    origins: str


@dataclass(frozen=True)
class Answer:
    """What was sent for a question, and what was to be sent."""

    question: Question
    endpoint: str | None
    status: int
    rows: list[Row]
    wanted: ResolvedHeaders
    expected: Expected
    lost: list[str] | None = None  # of the view's headers, with its response
    error: str | None = None  # instead of all that, the exception that came out

    @property
    def missed(self) -> bool:
        """Whether another endpoint has answered than the one that was asked."""
        return self.question.endpoint not in {None, self.endpoint}

    def sent(self, name: str) -> list[Row]:
        """Every row sent under a name."""
        return [row for row in self.rows if row.name.lower() == name.lower()]


def ask(app: Flask, wsgi: Any, question: Question, scheme: str) -> Answer:
    """Ask one question over ``http`` or ``https`` of ``wsgi``, which leads to ``app``.

    Nothing of the request at hand, or of the one before, is to be seen: it is asked in a
    context of its own.
    """
    return Context().run(_ask, app, wsgi, question, scheme)


def _ask(app: Flask, wsgi: Any, question: Question, scheme: str) -> Answer:
    notes = Notes(question.fails)
    environ = _environ_of(app, question, scheme) | {NOTES: notes}
    with watching(app):
        try:
            status, pairs = head_of(wsgi, environ)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - of any view
            wanted = headers_for(app, None)
            return Answer(question, None, 500, [], wanted, {}, error=repr(error))
    wanted = headers_for(notes.app or app, notes.endpoint)
    if notes.app is None:  # something beside the app has answered
        with app.request_context(environ):
            standing_in = AnyResponse(iter(()), status, pairs)
            notes.expected = expected_of(wanted, standing_in)
    rows: list[Row] = []
    for pair in pairs:
        again = sum((row.name, row.value) == pair for row in rows)
        rows.append(Row(*pair, notes.origins(wanted, pair, again)))
    names = {row.name for row in rows}
    lost = [name for name, _ in notes.first if name not in names]
    return Answer(
        question,
        notes.endpoint,
        int(status.split()[0]),
        rows,
        wanted,
        notes.expected,
        lost if notes.replaced else None,
    )


def head_of(wsgi: Any, environ: dict[str, Any]) -> tuple[str, list[Pair]]:
    """Ask as a server does, for status and headers: the body may never begin, or end."""
    heads: list[tuple[str, list[Pair]]] = []

    def start_response(status: str, pairs: list[Pair], _: Any = None) -> Any:
        heads.append((status, list(pairs)))
        return lambda _: None

    body = wsgi(environ, start_response)
    try:
        parts = iter(body)
        while not heads:  # a generator has not begun yet
            next(parts)
    finally:
        if hasattr(body, "close"):
            body.close()
    return heads[-1]


def _environ_of(app: Flask, question: Question, scheme: str) -> dict[str, Any]:
    host = question.host or host_of(app)
    return EnvironBuilder(
        question.path,
        base_url=f"{scheme}://{host}/",
        method=question.method,
        headers=list(question.headers),
    ).get_environ()


def host_of(app: Flask) -> str:
    """A host that the app answers to."""
    trusted = app.config.get("TRUSTED_HOSTS") or []
    for host in [app.config.get("SERVER_NAME"), *trusted]:
        if host:
            return str(host).removeprefix(".")
    return "localhost"
