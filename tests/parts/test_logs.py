"""The log: one line for each request, and no text can forge another."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from flask import Flask, Response
from flask.logging import default_handler
from my_flask_app import create_app, logs
from werkzeug.test import EnvironBuilder
from werkzeug.wsgi import FileWrapper

from tests.engine.response_kinds import KINDS, Kind, fail
from tests.engine.wire import fetch as ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NASTY = 'a\nb\r\n{"level": "forged"} \x85 \u2028 "quoted" \\ \x1b[31m'
FORGED = "12:00:00 INFO - forged"
INVISIBLE = (
    "\u202a\u202e\u2066\u2069\u200e\u200f\u061c\u200b\u2060\ufeff\u2028\u2029\x1b"
)

Capture = pytest.CaptureFixture[str]

PACKAGE = "my_flask_app"
LOGGER = logging.getLogger(PACKAGE)
REQUESTS = LOGGER.getChild("requests")


@pytest.fixture(autouse=True)
def _restore_the_logger() -> Iterator[None]:
    before = LOGGER.handlers[:], LOGGER.level
    yield
    LOGGER.propagate = True
    LOGGER.handlers[:] = before[0]
    LOGGER.setLevel(before[1])
    REQUESTS.filters.clear()


def reset(*handlers: logging.Handler) -> None:
    """Configure the logger as in a new process, without pytest's own handlers."""
    LOGGER.propagate = False
    LOGGER.handlers[:] = handlers
    LOGGER.setLevel(logging.NOTSET)


def new_app(*handlers: logging.Handler, **config: Any) -> Flask:
    """Make an app with a page that logs, and one that fails.

    ``handlers`` are those that its owner has configured.
    """
    reset(*handlers)
    app = create_app({"PROPAGATE_EXCEPTIONS": False, **config})
    app.add_url_rule("/fails", "fails", fail)

    @app.get("/logs")
    def logs() -> str:
        app.logger.warning(NASTY)
        return "text"

    return app


def logged(wsgi_app: WSGIApplication) -> WSGIApplication:
    """Log the requests of a WSGI application."""
    reset()
    app = Flask(PACKAGE)
    app.wsgi_app = wsgi_app  # type: ignore[assignment, method-assign]
    logs.init_app(app)
    return app


def environ_of(path: str = "/", **environ: Any) -> WSGIEnvironment:
    """The environ of a request."""
    return EnvironBuilder(path, environ_overrides=environ).get_environ()


def accept(*_: Any) -> Callable[[bytes], None]:
    """Accept any response, as a server's ``start_response``."""
    return lambda _: None


def refuse(*_: Any) -> Callable[[bytes], None]:
    """Refuse any response, as servers do if a header is malformed."""
    msg = "malformed header"
    raise ValueError(msg)


def lines(capture: Capture) -> list[dict[str, Any]]:
    """The lines that were logged."""
    return [json.loads(line) for line in capture.readouterr().err.split("\n")[:-1]]


def statuses(capture: Capture) -> list[int]:
    """The statuses that were logged."""
    return [line["status"] for line in lines(capture) if "status" in line]


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


# Which status, and when


def test_a_response_that_the_server_refuses_is_a_500(capsys: Capture) -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        return []

    with pytest.raises(ValueError, match="malformed"):
        logged(app)(environ_of(), refuse)
    assert statuses(capsys) == [500]


def test_an_exception_after_start_response_is_a_500(capsys: Capture) -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        fail()

    with pytest.raises(RuntimeError):
        logged(app)(environ_of(), accept)
    assert statuses(capsys) == [500]


def test_the_last_status_before_the_call_returns_is_logged(capsys: Capture) -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        try:
            fail()
        except RuntimeError:
            start_response("503 Service Unavailable", [], sys.exc_info())
        return []

    logged(app)(environ_of(), accept)
    assert statuses(capsys) == [503]


def late(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
    """Start the response when the body is iterated, and again after an exception."""
    start_response("202 Accepted", [])
    yield b"one"
    try:
        fail()
    except RuntimeError:
        start_response("500 Internal Server Error", [], sys.exc_info())
    yield b"two"


def test_a_response_that_starts_late_is_logged_when_it_does(capsys: Capture) -> None:
    body: Any = logged(late)(environ_of(), accept)
    assert statuses(capsys) == []
    chunks = iter(body)
    assert next(chunks) == b"one"
    assert statuses(capsys) == [202]
    assert list(chunks) == [b"two"]
    body.close()
    assert statuses(capsys) == []


def test_a_late_response_that_the_server_refuses_is_a_500(capsys: Capture) -> None:
    body: Any = logged(late)(environ_of(), refuse)
    with pytest.raises(ValueError, match="malformed"):
        next(iter(body))
    body.close()
    assert statuses(capsys) == [500]


def test_an_iterable_may_start_the_response_at_once(capsys: Capture) -> None:
    class Body:
        def __init__(self, start_response: StartResponse) -> None:
            self.start_response = start_response

        def __iter__(self) -> Iterator[bytes]:
            self.start_response("202 Accepted", [])
            return iter([b"one"])

    app: WSGIApplication = logged(lambda _, start_response: Body(start_response))
    assert list(app(environ_of(), accept)) == [b"one"]
    assert statuses(capsys) == [202]
    with pytest.raises(ValueError, match="malformed"):
        list(app(environ_of(), refuse))
    assert statuses(capsys) == [500]


def test_a_response_that_never_starts_is_logged_when_it_is_closed(
    capsys: Capture,
) -> None:
    body: Any = logged(lambda *_: [])(environ_of(), accept)
    assert list(body) == []
    body.close()
    body.close()
    assert statuses(capsys) == [500]


@pytest.mark.parametrize("body", [[b""], FileWrapper(io.BytesIO())])
def test_the_server_gets_the_body_itself(body: Iterable[bytes]) -> None:
    def app(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return body

    assert logged(app)(environ_of(), accept) is body


def test_a_malformed_status_does_not_stop_a_response() -> None:
    app = new_app()
    app.add_url_rule("/odd", "odd", lambda: Response("text", "ODD"))
    assert ask(app, "/odd").body == b"text"


# What the texts of a record may contain


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


def nasty_records(app: Flask) -> None:
    """Log texts that would forge a line, or hide something, in each place for them."""
    text = f"{NASTY}\n{FORGED}\n{INVISIBLE}"
    logger = app.logger.getChild(text)
    logging.addLevelName(31, text)
    logger.log(31, text, stack_info=True, extra={"request_id": f"\n{text}"})
    logger.error("%s", text, extra={"request_id": None})
    error = ValueError(text)
    error.__cause__ = ValueError(text)
    logger.error(text, exc_info=error)


def test_json_escapes_the_texts_of_a_record(capsys: Capture) -> None:
    nasty_records(new_app(LOG_FORMAT="json"))
    printed = capsys.readouterr().err
    first, *_, last = map(json.loads, printed.splitlines())
    assert len(printed.splitlines()) == 3
    assert printed.replace("\n", "").isprintable()
    assert printed.isascii()
    assert first["stack"].startswith("Stack")
    assert last["exception"].count(FORGED) == 2


def test_in_text_only_a_record_starts_at_the_margin(capsys: Capture) -> None:
    nasty_records(new_app(LOG_FORMAT="text"))
    printed = capsys.readouterr().err
    lines = printed.split("\n")[:-1]
    assert all(map(str.isprintable, lines))
    assert [line for line in lines if line.startswith(FORGED)] == []
    assert len([line for line in lines if not line.startswith("    ")]) == 3
    assert f"    {FORGED}" in lines
    assert r"\u202a\u202e\u2066\u2069\u200e\u200f\u061c\u200b\u2060\ufeff" in printed
    assert r"\u2028\u2029\x1b" in printed


@pytest.mark.parametrize("style", ["json", "text"])
def test_wrong_arguments_lose_no_other_line(capsys: Capture, style: str) -> None:
    app = new_app(LOG_FORMAT=style)

    @app.get("/wrong")
    def wrong() -> str:
        app.logger.warning("before")
        app.logger.warning("%d", "text")
        app.logger.warning("after")
        return "text"

    assert ask(app, "/wrong").code == 200
    printed = capsys.readouterr().err
    assert all(text in printed for text in ("before", "after", "GET /wrong 200 in "))


# Whose request ID


def test_a_record_may_bring_its_own_id(capsys: Capture) -> None:
    app = new_app()

    @app.get("/job")
    def job() -> str:
        app.logger.warning("a job", extra={"request_id": "of-the-job"})
        app.logger.warning("this request")
        return "text"

    ask(app, "/job")
    job_line, own, request = lines(capsys)
    assert job_line["request_id"] == "of-the-job"
    assert own["request_id"] == request["request_id"] != "of-the-job"


def test_an_id_of_its_own_is_shown_in_text_and_may_be_an_object(
    capsys: Capture,
) -> None:
    its_id = UUID(int=1)
    for style in ("text", "json"):
        app = new_app(LOG_FORMAT=style, LOG_REQUESTS=False)
        with app.test_request_context():
            app.logger.warning("a job", extra={"request_id": its_id})
    text, line = capsys.readouterr().err.splitlines()
    assert f" {str(its_id)[:8]} " in text
    assert json.loads(line)["request_id"] == str(its_id)


def test_the_path_has_where_the_app_is_mounted(capsys: Capture) -> None:
    new_app()(environ_of("/health", SCRIPT_NAME="/shop"), accept)
    (line,) = lines(capsys)
    assert line["path"] == "/shop/health"


def test_the_owner_s_level_is_kept() -> None:
    reset(default_handler)
    LOGGER.setLevel(logging.ERROR)
    create_app()
    assert LOGGER.level == logging.ERROR


def test_a_middleware_s_lines_have_the_id(capsys: Capture) -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        LOGGER.warning("outside of Flask's request context")
        start_response("200 OK", [])
        return []

    wsgi_app = logged(app)
    LOGGER.warning("before")
    wsgi_app(environ_of(), accept)
    LOGGER.warning("after")
    before, said, request, after = lines(capsys)
    assert said["request_id"] == request["request_id"]
    assert "request_id" not in before
    assert "request_id" not in after


def test_without_a_line_for_it_a_request_has_an_id(capsys: Capture) -> None:
    ask(new_app(LOG_REQUESTS=False), "/logs")
    (line,) = lines(capsys)
    assert len(line["request_id"]) == 32


# Your own configuration


class Kept(logging.Handler):
    """A handler that keeps the records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.records.append(record)


PATHS = [
    "/",
    "/a-b_c.d~/e:@!$&'()*+,;=",
    "/a b",
    "/ä%25",
    '/"quoted"\\',
    "/\n[x]{}?#^`|<>",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", 'G"T', "G\nT"])
@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "fe80::1%eth0", 'a"b\n', ""])
def test_a_line_is_the_same_with_a_record_and_without(
    capsys: Capture, path: str, method: str, client: str
) -> None:
    raw = path.encode().decode("latin-1")  # as in WSGI (PEP 3333)
    changes = {"PATH_INFO": raw, "REQUEST_METHOD": method, "REMOTE_ADDR": client}
    for own in ([], [Kept()]):
        app = new_app()
        LOGGER.handlers += own
        ask(app, environ_overrides=changes)
    printed = capsys.readouterr().err
    assert len(printed.splitlines()) == 2
    one, other = map(json.loads, printed.splitlines())
    assert list(one) == list(other)
    for line in (one, other):
        words = line["message"].split(" ")
        assert words[-2:] == [str(line["milliseconds"]), "ms"]
        for varies in ("time", "message", "request_id", "milliseconds"):
            del line[varies]
    assert one == other


def test_a_usual_request_takes_no_record(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = new_app()
    monkeypatch.setattr(REQUESTS, "makeRecord", fail)
    ask(app, "/health")
    assert statuses(capsys) == [200]


def test_a_record_factory_of_yours_may_set_the_same_attributes(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Record(logging.LogRecord):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.request_id = self.path = "of-the-factory"

    app = new_app()
    monkeypatch.setattr(logging, "_logRecordFactory", Record)
    LOGGER.addHandler(Kept())
    ask(app, "/logs")
    said, request = lines(capsys)
    assert said["request_id"] == "of-the-factory" != request["request_id"]
    assert request["path"] == "/logs"


def test_a_handler_of_yours_gets_a_record_of_each_request() -> None:
    app, kept = new_app(), Kept()
    LOGGER.addHandler(kept)
    ask(app, "/health", environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
    (record,) = kept.records
    assert (record.name, record.levelname) == (REQUESTS.name, "INFO")
    assert (record.method, record.path, record.status) == ("GET", "/health", 200)
    assert record.client == "127.0.0.1"
    assert record.getMessage() == f"GET /health 200 in {record.milliseconds} ms"
    assert len(record.request_id) == 32


def no_records(_: logging.LogRecord) -> bool:
    """Filter everything."""
    return False


CHANGES: list[Callable[[logging.Handler], object]] = [
    lambda handler: handler.setFormatter(logging.Formatter("%(status)d")),
    lambda handler: handler.setLevel(logging.WARNING),
    lambda handler: handler.addFilter(no_records),
    lambda _: REQUESTS.addFilter(no_records),
    lambda _: LOGGER.setLevel(logging.WARNING),
    lambda _: LOGGER.handlers.clear(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_yours_holds(
    capsys: Capture, change: Callable[[logging.Handler], object]
) -> None:
    app = new_app()
    change(LOGGER.handlers[0])
    ask(app, "/health")
    assert capsys.readouterr().err in ("", "200\n")


def test_a_handler_of_the_root_logger_gets_a_record() -> None:
    app, kept = new_app(), Kept()
    LOGGER.propagate = True
    logging.root.addHandler(kept)
    ask(app, "/health")
    logging.root.removeHandler(kept)
    assert [record.status for record in kept.records] == [200]


def test_a_broken_stream_does_not_stop_a_response(capsys: Capture) -> None:
    app = new_app()
    (handler,) = LOGGER.handlers
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    stream.close()
    handler.setStream(stream)
    assert ask(app, "/health").code == 200
    assert "I/O operation on closed file" in capsys.readouterr().err


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
    app = new_app(LOG_REQUESTS=False)
    assert not isinstance(app.wsgi_app, logs.RequestLog)
    ask(app, "/health")
    assert capsys.readouterr().err == ""


def test_the_middleware_does_not_keep_the_app() -> None:
    app = new_app()
    assert isinstance(app.wsgi_app, logs.RequestLog)
    assert app not in vars(app.wsgi_app).values()


def test_the_owner_s_configuration_is_kept(capsys: Capture) -> None:
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
    ("name", "value", "hint"),
    [
        ("LOG_FORMAT", "xml", "use one of json, text."),
        ("LOG_REQUESTS", "no", "use true or false."),
    ],
)
def test_an_invalid_setting_stops_the_app(name: str, value: str, hint: str) -> None:
    with pytest.raises(ValueError, match=f"^FLASK_{name} is '{value}': {hint}$"):
        new_app(**{name: value})
