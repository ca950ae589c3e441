"""Browsers' reports: what is taken, what is refused, and what reaches the log."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from {{ cookiecutter.package_name }} import headers, precedence, reports

from tests.wire import Wire, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

PATH = "/csp-reports"
OLD, NEW = "application/csp-report", "application/reports+json"

OLD_REPORT = {
    "csp-report": {
        "document-uri": "https://app.example/page",
        "effective-directive": "img-src",
        "blocked-uri": "https://evil.example/a.png",
        "disposition": "enforce",
        "line-number": 7,
    }
}
NEW_REPORT = [
    {
        "type": "csp-violation",
        "url": "https://app.example/page",
        "body": {
            "documentURL": "https://app.example/page",
            "effectiveDirective": "img-src",
            "blockedURL": "https://evil.example/a.png",
            "disposition": "enforce",
            "lineNumber": 7,
        },
    }
]
SUMMARY = {
    "page": "https://app.example/page",
    "directive": "img-src",
    "blocked": "https://evil.example/a.png",
    "disposition": "enforce",
    "line": 7,
}


@pytest.fixture
def app() -> Flask:
    """Make an app that takes reports."""
    app = headers.new_app(__name__)
    reports.init_app(app, PATH)
    precedence.init_app(app, [])
    return app


def send(app: Flask, body: Any, content_type: str = OLD) -> Wire:
    """Send a body, as JSON where it is not text already."""
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return ask(app, PATH, "POST", data=data, content_type=content_type)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[Any]]:
    """Return a function that returns what was written of reports."""
    caplog.set_level(logging.WARNING)

    def read() -> list[Any]:
        messages = [record.getMessage() for record in caplog.records]
        assert all("\n" not in message for message in messages)
        prefix = "csp-report "
        return [
            json.loads(m.removeprefix(prefix)) for m in messages if m.startswith(prefix)
        ]

    return read


@pytest.mark.parametrize(
    ("body", "content_type"), [(OLD_REPORT, OLD), (NEW_REPORT, NEW)]
)
def test_a_report_of_either_form_is_written_in_one(
    app: Flask, logged: Callable[[], list[Any]], body: Any, content_type: str
) -> None:
    assert send(app, body, content_type).status == "204 NO CONTENT"
    assert logged() == [SUMMARY]


def test_each_report_of_a_request_is_written_up_to_a_number(
    app: Flask, logged: Callable[[], list[Any]]
) -> None:
    short = {"body": {"disposition": "report"}}
    assert send(app, [short] * 30, NEW).code == 204
    assert logged() == [{"disposition": "report"}] * reports.MAX_REPORTS


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "{",
        "[" * 10_000,
        b"\xff\xfe",
        "null",
        "7",
        "{}",
        '{"csp-report": []}',
        "[7]",
        '[{"body": "text"}]',
    ],
)
def test_what_is_no_report_is_refused(
    app: Flask, logged: Callable[[], list[Any]], body: str | bytes
) -> None:
    assert send(app, body).status == "400 BAD REQUEST"
    assert logged() == []


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_another_type_of_content_is_refused(app: Flask, content_type: str) -> None:
    assert send(app, OLD_REPORT, content_type).code == 415


def test_too_long_a_body_is_refused(
    app: Flask, logged: Callable[[], list[Any]]
) -> None:
    assert send(app, " " * reports.MAX_BODY).code == 400
    assert send(app, " " * (reports.MAX_BODY + 1)).code == 413
    unannounced = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    body = json.dumps(OLD_REPORT).ljust(reports.MAX_BODY) + "more"
    wire = ask(
        app, PATH, "POST", data=body, content_type=OLD, environ_overrides=unannounced
    )
    assert wire.code == 413
    assert logged() == []


def test_a_report_cannot_forge_a_line_and_is_cut(
    app: Flask, logged: Callable[[], list[Any]]
) -> None:
    forged = "x\n2026-01-01 WARNING all is well\r\x1b[2J\u2028"
    report: dict[str, Any] = {
        "document-uri": forged,
        "blocked-uri": "y" * 5000,
        "extra": "z",
    }
    report["line-number"] = 10**3000
    send(app, {"csp-report": report})
    assert logged() == [{"page": forged, "blocked": "y" * reports.MAX_TEXT}]


def test_the_line_in_the_log_is_ascii(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    send(app, {"csp-report": {"document-uri": "x\u2028\x85\x1b"}})
    (message,) = [
        r.getMessage() for r in caplog.records if "csp-report" in r.getMessage()
    ]
    assert message.isascii()
    assert message.isprintable()


def test_only_post_is_taken(app: Flask) -> None:
    wire = ask(app, PATH)
    assert wire.code == 405
    assert sorted(wire.values("Allow")[0].split(", ")) == ["OPTIONS", "POST"]


def test_reports_can_be_turned_off() -> None:
    app = headers.new_app(__name__)
    reports.init_app(app, None)
    assert [str(rule) for rule in app.url_map.iter_rules()] == [
        "/static/<path:filename>"
    ]


def test_a_path_that_is_none_stops_the_app() -> None:
    with pytest.raises(ValueError, match="REPORTS is 'reports': write a path"):
        reports.ReportingEndpoints("reports")
