"""Ask the app as a server does: what goes out is taken from the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response as AnyResponse

from ..precedence import Wanted, wanted_by
from .watching import NOTES, Notes, expected_of, watching

if TYPE_CHECKING:
    from flask import Flask

    from .questions import Question
    from .watching import Pair


@dataclass(frozen=True)
class Row:
    """One header that was sent, and who set it."""

    name: str
    value: str
    set_by: str


@dataclass(frozen=True)
class Answer:
    """What was sent for a question, and what was to be sent."""

    question: Question
    endpoint: str | None
    status: int
    rows: list[Row]
    wanted: Wanted
    expected: dict[str, Pair]  # by name in lower case; only what goes out here
    lost: list[str] | None = (
        None  # headers of the view, where a hook sent another response
    )
    error: str | None = None  # instead of all that, the exception that came out

    def sent(self, name: str) -> list[Row]:
        """Every row sent under a name."""
        return [row for row in self.rows if row.name.lower() == name.lower()]


def ask(app: Flask, wsgi: Any, question: Question, scheme: str) -> Answer:
    """Ask one question over ``http`` or ``https`` of ``wsgi``, which leads to ``app``."""
    notes = Notes(question.fails)
    environ = _environ_of(app, question, scheme) | {NOTES: notes}
    with watching(app):
        try:
            body, line, pairs = run_wsgi_app(wsgi, environ)
        except Exception as error:  # noqa: BLE001 - any exception of any view
            wanted = wanted_by(app, None)
            return Answer(question, None, 500, [], wanted, {}, error=repr(error))
        if hasattr(body, "close"):  # it is not read: it may never end
            body.close()
    wanted = wanted_by(app, notes.endpoint)
    if notes.expected is None:  # something beside the app has answered
        with app.request_context(environ):
            notes.expected = expected_of(wanted, AnyResponse(iter(()), line, pairs))
    rows: list[Row] = []
    for pair in pairs:
        again = sum((row.name, row.value) == pair for row in rows)
        rows.append(Row(*pair, notes.set_by(wanted, pair, again)))
    names = {row.name for row in rows}
    lost = [name for name, _ in notes.first if name not in names]
    return Answer(
        question,
        notes.endpoint,
        int(line.split()[0]),
        rows,
        wanted,
        notes.expected,
        lost if notes.replaced else None,
    )


def _environ_of(app: Flask, question: Question, scheme: str) -> dict[str, Any]:
    host = question.host or _host_of(app)
    return EnvironBuilder(
        question.path,
        base_url=f"{scheme}://{host}/",
        method=question.method,
        headers=list(question.headers),
    ).get_environ()


def _host_of(app: Flask) -> str:
    """A host that the app answers to."""
    trusted = app.config.get("TRUSTED_HOSTS") or []
    for host in [app.config.get("SERVER_NAME"), *trusted]:
        if host:
            return str(host).removeprefix(".")
    return "localhost"
