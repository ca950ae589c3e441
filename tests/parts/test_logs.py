"""What the app logs: a line for each request, and no text that begins another."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from my_flask_app import create_app

from tests.engine.response_kinds import KINDS, Kind, fail
from tests.engine.wire import fetch as ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

NASTY = 'a\nb\r\n{"level": "forged"} \x85 \u2028 "quoted" \\ \x1b[31m'

Capture = pytest.CaptureFixture[str]


LOGGER = logging.getLogger("my_flask_app")


@pytest.fixture(autouse=True)
def _leave_the_logger_as_it_was() -> Iterator[None]:
    before = LOGGER.handlers[:], LOGGER.level
    yield
    LOGGER.propagate = True
    LOGGER.handlers[:] = before[0]
    LOGGER.setLevel(before[1])


def new_app(*handlers: logging.Handler, **config: Any) -> Flask:
    """Make an app, as in a process of its own, that has a page which logs or fails.

    ``handlers`` are those that its owner has configured. Pytest's own would be taken for
    some.
    """
    LOGGER.propagate = False
    LOGGER.handlers[:] = handlers
    LOGGER.setLevel(logging.NOTSET)
    app = create_app({"PROPAGATE_EXCEPTIONS": False, **config})
    app.add_url_rule("/fails", "fails", fail)

    @app.get("/logs")
    def logs() -> str:
        app.logger.warning(NASTY)
        return "text"

    return app


def lines(capture: Capture) -> list[dict[str, Any]]:
    """The lines that were logged."""
    return [json.loads(line) for line in capture.readouterr().err.split("\n")[:-1]]


def test_a_request_is_one_line(capsys: Capture) -> None:
    client = {"REMOTE_ADDR": "127.0.0.1"}
    ask(new_app(), "/health?token=secret", environ_overrides=client)
    (line,) = lines(capsys)
    assert line.pop("time").endswith("+00:00")
    assert len(line.pop("request_id")) == 32
    took = line.pop("milliseconds")
    assert 0 <= took < 10_000
    assert line.pop("message").startswith("GET /health 200 in ")
    assert line == {
        "level": "info",
        "logger": "my_flask_app.requests",
        "method": "GET",
        "path": "/health",
        "status": 200,
        "client": "127.0.0.1",
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_of_response_is_logged_with_its_status(
    capsys: Capture, kind: Kind
) -> None:
    app = new_app()
    kind.prepare(app)
    ask(app, **kind.request)
    logged = [line["status"] for line in lines(capsys) if "status" in line]
    assert logged[-1] == kind.status
    assert len(logged) == 1 + (kind.name == "a request within a request")


def test_all_lines_of_a_request_have_its_id(capsys: Capture) -> None:
    app = new_app(PROXY_HOPS=1)
    for path in ("/logs", "/fails"):
        headers = {"X-Request-ID": "abc", "X-Forwarded-For": "203.0.113.9"}
        ask(app, path, headers=headers)
        said, request = lines(capsys)
        assert said["request_id"] == request["request_id"] == "abc"
        assert request["client"] == "203.0.113.9"


def test_an_exception_is_in_its_line(capsys: Capture) -> None:
    ask(new_app(), "/fails")
    failure, _ = lines(capsys)
    assert failure["level"] == "error"
    assert failure["exception"].startswith("Traceback")
    assert "\n" in failure["exception"]


def test_an_exception_left_to_the_server_is_a_500(capsys: Capture) -> None:
    with pytest.raises(RuntimeError):
        ask(new_app(PROPAGATE_EXCEPTIONS=True), "/fails")
    assert [line["status"] for line in lines(capsys)] == [500]


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_text_begins_another_line(capsys: Capture, style: str) -> None:
    app = new_app(LOG_FORMAT=style, PROXY_HOPS=1)
    path = f"/logs{NASTY}".encode().decode("latin-1")  # as WSGI has it (PEP 3333)
    ask(app, environ_overrides={"HTTP_X_REQUEST_ID": NASTY, "PATH_INFO": path})
    ask(app, "/logs", environ_overrides={"HTTP_X_REQUEST_ID": NASTY})
    printed = capsys.readouterr().err
    assert len(printed.splitlines()) == 3
    assert "\x1b" not in printed
    if style == "json":
        missing, said, _ = map(json.loads, printed.splitlines())
        assert said["message"] == NASTY
        assert missing["path"].startswith("/logsa%0Ab%0D%0A%7B%22level")
        assert "%E2%80%A8" in missing["path"]


def test_in_development_lines_are_for_people(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    ask(new_app(), "/logs")
    (line,) = capsys.readouterr().err.splitlines()  # Flask's server logs requests
    assert " WARNING " in line
    assert line.endswith('"quoted" \\ \\x1b[31m')
    ask(new_app(LOG_REQUESTS=True), "/health")
    assert " GET /health 200 in " in capsys.readouterr().err


def test_requests_need_not_be_logged(capsys: Capture) -> None:
    ask(new_app(LOG_REQUESTS=False), "/health")
    assert capsys.readouterr().err == ""


def test_a_configuration_of_the_owner_s_holds(capsys: Capture) -> None:
    handler = logging.StreamHandler()
    app = new_app(handler)
    assert LOGGER.handlers == [handler]
    ask(app, "/logs")
    assert NASTY in capsys.readouterr().err


def test_a_second_app_does_not_log_twice(capsys: Capture) -> None:
    new_app()
    ask(create_app(), "/health")
    assert len(lines(capsys)) == 1


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("LOG_FORMAT", "xml", "write one of json, text"),
        ("LOG_REQUESTS", "no", "write true or false"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_app(
    name: str, value: str, mend: str
) -> None:
    with pytest.raises(ValueError, match=f"^FLASK_{name} is '{value}': {mend}"):
        new_app(**{name: value})
