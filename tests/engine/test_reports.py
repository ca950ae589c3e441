"""Browsers' reports: which are accepted, which are refused, and what is logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, request
from my_flask_app.response_headers import ReportingEndpoints, reports

from .apps import bare_app, make_app, set_policy
from .wire import RawResponse, fetch

PATH = "/csp-reports"
OLD, NEW = "application/csp-report", "application/reports+json"

OLD_REPORT = {
    "csp-report": {
        "document-uri": "https://app.example/page?token=secret#part",
        "effective-directive": "img-src",
        "blocked-uri": "https://evil.example/a.png?token=secret",
        "disposition": "enforce",
        "line-number": 7,
    }
}
NEW_REPORT = [
    {
        "type": "csp-violation",
        "url": "https://app.example/page",
        "body": {
            "documentURL": "https://app.example/page?token=secret#part",
            "effectiveDirective": "img-src",
            "blockedURL": "https://evil.example/a.png?token=secret",
            "disposition": "enforce",
            "lineNumber": 7,
        },
    }
]
SUMMARY = {
    "type": "csp-violation",
    "page": "https://app.example/page",
    "directive": "img-src",
    "blocked": "https://evil.example/a.png",
    "disposition": "enforce",
    "line": 7,
}


@pytest.fixture
def app() -> Flask:
    """Make an app that accepts reports."""
    return make_app([("Reporting-Endpoints", ReportingEndpoints(PATH))])


def send(app: Flask, body: Any, content_type: str = OLD) -> RawResponse:
    """Send a report, as JSON if it is not a string."""
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return fetch(app, PATH, "POST", data=data, content_type=content_type)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[Any]]:
    """Return a function that returns the reports in the log."""
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
def test_a_report_of_either_format_is_logged_in_one_format(
    app: Flask, logged: Callable[[], list[Any]], body: Any, content_type: str
) -> None:
    assert send(app, body, content_type).code == 204
    assert logged() == [SUMMARY]


OTHER_REPORTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "coep",
        {
            "type": "navigation",
            "blockedURL": "https://maps.example/?key=secret",
            "destination": "iframe",
            "disposition": "enforce",
        },
        {
            "blocked": "https://maps.example/",
            "disposition": "enforce",
            "destination": "iframe",
            "reason": "navigation",
        },
    ),
    (
        "coop",
        {"type": "navigation-to-response", "disposition": "enforce"},
        {"disposition": "enforce", "reason": "navigation-to-response"},
    ),
    (
        "permissions-policy-violation",
        {
            "featureId": "camera",
            "sourceFile": "https://app.example/a.js?v=1",
            "lineNumber": 3,
        },
        {"source": "https://app.example/a.js", "line": 3, "feature": "camera"},
    ),
    ("a new one", {}, {}),
]


@pytest.mark.parametrize(("kind", "body", "expected"), OTHER_REPORTS)
def test_a_report_of_another_header_keeps_its_type_and_url(
    app: Flask,
    logged: Callable[[], list[Any]],
    kind: str,
    body: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    report = {"type": kind, "url": "https://app.example/page?a=b", "body": body}
    assert send(app, [report], NEW).code == 204
    page = "https://app.example/page"
    assert logged() == [{"type": kind, "page": page, **expected}]


class Guard:
    """What Flask-WTF and Flask-Limiter have in common: views are exempt by their name."""

    def __init__(self) -> None:
        self.exempted: set[str] = set()

    def exempt(self, view: Callable[..., Any]) -> None:
        """Let the requests of a view pass."""
        self.exempted.add(f"{view.__module__}.{view.__name__}")

    def init_app(self, app: Flask) -> None:
        """Refuse all other requests."""

        @app.before_request
        def refuse() -> tuple[str, int] | None:
            view = app.view_functions[request.endpoint or ""]
            name = f"{view.__module__}.{view.__name__}"
            return None if name in self.exempted else ("refused", 400)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("key", ["csrf", "limiter"])
def test_extensions_that_refuse_requests_let_reports_pass(
    logged: Callable[[], list[Any]],
    key: str,
    first: bool,  # noqa: FBT001
) -> None:
    app, guard = bare_app(), Guard()
    app.extensions[key] = guard if key == "csrf" else {guard}
    app.add_url_rule("/form", "form", lambda: "sent", methods=["POST"])
    if first:
        guard.init_app(app)
    set_policy(app, [("Reporting-Endpoints", ReportingEndpoints(PATH))])
    if not first:
        guard.init_app(app)
    assert send(app, OLD_REPORT).code == 204
    assert logged() == [SUMMARY]
    assert fetch(app, "/form", "POST").code == 400


def test_the_reports_of_one_request_are_logged_up_to_a_limit(
    app: Flask, logged: Callable[[], list[Any]]
) -> None:
    short = {"body": {"disposition": "report"}}
    assert send(app, [short] * 30, NEW).code == 204
    assert logged() == [{"disposition": "report"}] * reports.MAX_REPORTS


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "{",
        "[" * 10_000,
        b"\xff\xfe",
        "null",
        "7",
        "{}",
        '{"csp-report": []}',
        "[7]",
        '[{"body": "text"}]',
        '[{"body": {}}, {"type": "coep"}]',
    ],
)
def test_a_body_that_is_not_a_report_is_refused(
    app: Flask, logged: Callable[[], list[Any]], body: str | bytes
) -> None:
    assert send(app, body).code == 400
    assert logged() == []


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_another_content_type_is_refused(app: Flask, content_type: str) -> None:
    assert send(app, OLD_REPORT, content_type).code == 415


def test_a_body_that_is_too_large_is_refused(
    app: Flask, logged: Callable[[], list[Any]]
) -> None:
    assert send(app, " " * reports.MAX_BODY).code == 400
    assert send(app, " " * (reports.MAX_BODY + 1)).code == 413
    without_length = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    body = json.dumps(OLD_REPORT).ljust(reports.MAX_BODY) + "more"
    response = fetch(
        app, PATH, "POST", data=body, content_type=OLD, environ_overrides=without_length
    )
    assert response.code == 413
    assert logged() == []


def test_a_report_cannot_forge_a_line_of_the_log_and_is_cut(
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
    expected = {"page": forged, "blocked": "y" * reports.MAX_TEXT}
    assert logged() == [{"type": "csp-violation", **expected}]


def test_the_line_in_the_log_is_printable_ascii(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    send(app, {"csp-report": {"document-uri": "x\u2028\x85\x1b"}})
    (message,) = [
        r.getMessage() for r in caplog.records if "csp-report" in r.getMessage()
    ]
    assert message.isascii()
    assert message.isprintable()


def test_the_route_allows_post_only(app: Flask) -> None:
    response = fetch(app, PATH)
    assert response.code == 405
    assert sorted(response.values("Allow")[0].split(", ")) == ["OPTIONS", "POST"]


def test_the_route_is_where_the_header_says(app: Flask) -> None:
    response = send(app, OLD_REPORT)
    assert response.values("Reporting-Endpoints") == [f'csp="{PATH}"']


def test_without_the_header_there_is_no_route() -> None:
    app = make_app([("X-Frame-Options", "DENY")])
    assert send(app, OLD_REPORT).code == 404
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == {"static"}


def test_a_second_policy_does_not_add_the_route_again(app: Flask) -> None:
    rules = len(list(app.url_map.iter_rules()))
    set_policy(app, [("Reporting-Endpoints", ReportingEndpoints(PATH))])
    assert len(list(app.url_map.iter_rules())) == rules
    assert send(app, OLD_REPORT).code == 204


def test_a_second_policy_may_add_the_route() -> None:
    app = make_app([])
    set_policy(app, [("Reporting-Endpoints", ReportingEndpoints(PATH))])
    assert send(app, OLD_REPORT).code == 204


def test_an_app_may_have_its_own_blueprint_for_reports() -> None:
    app = bare_app()
    bp = Blueprint("reports", __name__, url_prefix="/reports")
    bp.add_url_rule("/yearly", "yearly", lambda: "text")
    app.register_blueprint(bp)
    set_policy(app, [("Reporting-Endpoints", ReportingEndpoints(PATH))])
    assert send(app, OLD_REPORT).code == 204
    assert fetch(app, "/reports/yearly").code == 200


@pytest.mark.parametrize("path", ["reports", "", "https://reports.example/"])
def test_a_path_without_a_leading_slash_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path: start it with /"):
        ReportingEndpoints(path)


@pytest.mark.parametrize(
    "path", ["/中文", "/é", '/a"b', "/a b", "/a\nb", "/<int:number>"]
)
def test_a_path_that_is_no_valid_url_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="ReportingEndpoints"):
        ReportingEndpoints(path)
