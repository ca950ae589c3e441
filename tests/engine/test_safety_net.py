"""What Flask leaves to the server: exceptions of handlers and streams.

Otherwise the server would answer by itself, without the app's headers.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from flask import Flask, Response, request, send_file, stream_with_context
from my_flask_app.response_headers import (
    DynamicValue,
    RequestId,
    TrustRequestId,
    override_headers,
)
from werkzeug.exceptions import InternalServerError
from werkzeug.test import EnvironBuilder
from werkzeug.wsgi import ClosingIterator, FileWrapper

from .apps import POLICY, bare_app, make_app, set_policy
from .response_kinds import fail
from .wire import RawResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PLAIN_500 = InternalServerError().get_body().encode()


@dataclass
class Server:
    """A WSGI server as PEP 3333 describes it, which notes what an app does."""

    starts: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    body: Iterable[bytes] | None = None

    def serve(
        self, app: Flask, path: str = "/page", method: str = "GET", environ: Any = None
    ) -> RawResponse:
        """Send a request, and return what a client gets."""
        builder = EnvironBuilder(path, method=method, environ_overrides=environ)
        self.body = app(builder.get_environ(), self.start_response)
        try:
            for chunk in self.body:
                assert type(chunk) is bytes
                if chunk:
                    self.write(chunk)
        finally:
            close = getattr(self.body, "close", None)
            if close:
                close()
        assert self.starts, "the app did not start a response"
        status, headers = self.starts[-1]
        return RawResponse(status, headers, b"".join(self.sent))

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """Start a response: once, unless the app got an exception."""
        if exc_info and self.sent:
            raise exc_info[1]
        assert exc_info or not self.starts, "the response was started twice"
        self.starts.append((status, headers))
        return self.write

    def write(self, data: bytes) -> None:
        """Send a part of the body. The headers go before the first one."""
        assert self.starts, "the body began before the response"
        self.sent.append(data)


class Closing:
    """A stream that notes when it is closed, and how far it got."""

    def __init__(self, *chunks: bytes | BaseException) -> None:
        self.chunks = iter(chunks)
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        """Return the stream itself."""
        return self

    def __next__(self) -> bytes:
        """Return the next chunk, or raise the exception that is there."""
        chunk = next(self.chunks)
        if isinstance(chunk, BaseException):
            raise chunk
        return chunk

    def close(self) -> None:
        """Note it."""
        self.closed += 1


def failing_handler(_error: Exception) -> NoReturn:
    msg = "the handler fails, too"
    raise RuntimeError(msg)


def handler_app(**config: Any) -> Flask:
    """Make an app whose handler for 500 raises."""
    app = bare_app(**config)
    app.register_error_handler(500, failing_handler)
    app.add_url_rule("/page", "page", fail)
    set_policy(app, POLICY)
    return app


def stream_app(*chunks: bytes | BaseException, **config: Any) -> tuple[Flask, Closing]:
    """Make an app with a page that is streamed."""
    stream = Closing(*chunks)
    app = bare_app(**config)
    app.add_url_rule("/page", "page", lambda: Response(stream))
    set_policy(app, POLICY)
    return app, stream


def assert_plain_500(server: Server, response: RawResponse) -> None:
    """The response is the plain page for 500 with the policy, started once."""
    assert response.code == 500
    assert response.headers == [
        *POLICY,
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(PLAIN_500))),
    ]
    assert response.body == PLAIN_500
    assert len(server.starts) == 1


def on_purpose() -> RuntimeError:
    return RuntimeError("on purpose")


# An exception that the app's own handler for 500 raises


def test_a_handler_that_raises_is_a_plain_500() -> None:
    server = Server()
    assert_plain_500(server, server.serve(handler_app()))


def test_a_handler_that_raises_answers_head_without_a_body() -> None:
    server = Server()
    response = server.serve(handler_app(), method="HEAD")
    assert response.code == 500
    assert response.headers[: len(POLICY)] == POLICY
    assert response.values("Content-Length") == [str(len(PLAIN_500))]
    assert response.body == b""
    assert len(server.starts) == 1


def test_a_handler_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    Server().serve(handler_app())
    first, second = caplog.records
    assert "on purpose" in str(first.exc_info and first.exc_info[1])
    assert second.levelno == logging.ERROR
    assert second.getMessage() == "Exception on /page [GET]"
    assert str(second.exc_info and second.exc_info[1]) == "the handler fails, too"


@pytest.mark.parametrize(
    "config",
    [
        {"TESTING": True, "PROPAGATE_EXCEPTIONS": None},
        {"DEBUG": True, "PROPAGATE_EXCEPTIONS": None},
        {"PROPAGATE_EXCEPTIONS": True},
    ],
    ids=["testing", "debug", "propagate"],
)
def test_a_handler_that_raises_is_left_to_the_server_if_exceptions_propagate(
    config: dict[str, Any],
) -> None:
    server = Server()
    with pytest.raises(RuntimeError, match="on purpose"):
        server.serve(handler_app(**config))
    assert server.starts == []


@pytest.mark.parametrize(
    "config",
    [
        {"TESTING": True, "PROPAGATE_EXCEPTIONS": False},
        {"DEBUG": True, "PROPAGATE_EXCEPTIONS": False},
        {"PROPAGATE_EXCEPTIONS": None},
    ],
    ids=["testing", "debug", "not configured"],
)
def test_a_handler_that_raises_is_a_plain_500_if_exceptions_do_not_propagate(
    config: dict[str, Any],
) -> None:
    server = Server()
    assert_plain_500(server, server.serve(handler_app(**config)))


def test_a_plain_500_has_the_overrides_of_its_route() -> None:
    app = handler_app()

    @override_headers({"X-Frame-Options": None})  # it marks the function
    def view() -> NoReturn:
        fail()

    app.view_functions["page"] = view
    assert Server().serve(app).values("X-Frame-Options") == []


def test_a_teardown_function_that_raises_does_not_start_a_second_response() -> None:
    app = make_app(POLICY)
    app.add_url_rule("/page", "page", lambda: "text")

    @app.teardown_request
    def teardown(_error: BaseException | None) -> None:
        fail()

    server = Server()
    with pytest.raises(Exception, match=r"on purpose|teardown"):
        # Flask 3.2 raises a group of all that teardown functions raise.
        server.serve(app)
    assert len(server.starts) == 1
    assert server.starts[0][0] == "200 OK"


def test_an_exception_that_is_not_an_error_passes() -> None:
    for exception in (KeyboardInterrupt, SystemExit, GeneratorExit):
        app = make_app(POLICY)

        def view(raised: type[BaseException] = exception) -> NoReturn:
            raise raised

        app.add_url_rule("/page", "page", view)
        server = Server()
        with pytest.raises(exception):
            server.serve(app)
        assert server.starts == []


class WebSocketResponse(Response):
    """The response of a connection that a websocket library has taken over."""

    def __call__(self, *_: object) -> NoReturn:
        """End the request without a response."""
        raise StopIteration


def test_stop_iteration_ends_a_request_without_a_response() -> None:
    app = make_app(POLICY)
    app.add_url_rule("/page", "page", WebSocketResponse)
    server = Server()
    with pytest.raises(StopIteration):
        server.serve(app)
    assert server.starts == []


class Broken(DynamicValue):
    """A value that cannot be built."""

    def get_value(self, *_: object) -> NoReturn:
        """Raise, for each response."""
        msg = "a broken value"
        raise ValueError(msg)


def test_a_value_of_the_policy_that_raises_is_left_to_the_server() -> None:
    app = make_app([*POLICY, ("X-Broken", Broken())])
    app.add_url_rule("/page", "page", lambda: "text")
    server = Server()
    with pytest.raises(ValueError, match="a broken value"):
        server.serve(app)
    assert server.starts == []


def test_a_value_of_the_policy_that_raises_does_not_hide_another_exception() -> None:
    app = handler_app()
    set_policy(app, [("X-Broken", Broken())])
    server = Server()
    with pytest.raises(RuntimeError, match="the handler fails, too"):
        server.serve(app)
    assert server.starts == []


def test_a_plain_500_and_its_log_record_have_the_id_of_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = handler_app()
    set_policy(app, [("X-Request-ID", RequestId())])
    app.wsgi_app = TrustRequestId(app.wsgi_app)  # type: ignore[method-assign]
    response = Server().serve(app, environ={"HTTP_X_REQUEST_ID": "from-the-proxy"})
    assert response.values("X-Request-ID") == ["from-the-proxy"]
    assert vars(caplog.records[-1])["request_id"] == "from-the-proxy"


def test_an_exception_of_a_middleware_inside_is_a_plain_500() -> None:
    def failing(_environ: object, _start_response: object) -> NoReturn:
        fail()

    server = Server()
    assert_plain_500(server, server.serve(middleware_app(failing)))


# A stream that raises before its first byte


@pytest.mark.parametrize("empty", [0, 1, 3])
def test_a_stream_that_raises_before_its_first_byte_is_a_plain_500(empty: int) -> None:
    app, stream = stream_app(*[b""] * empty, on_purpose())
    server = Server()
    assert_plain_500(server, server.serve(app))
    assert stream.closed == 1


def test_a_generator_that_raises_before_its_first_byte_is_a_plain_500() -> None:
    steps = []

    def generate() -> Iterator[str]:
        steps.append(request.path)
        try:
            fail()
            yield "never"
        finally:
            steps.append("closed")

    app = make_app(POLICY)
    app.add_url_rule("/page", "page", lambda: stream_with_context(generate()))
    server = Server()
    assert_plain_500(server, server.serve(app))
    assert steps == ["/page", "closed"]


def test_a_stream_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    error = on_purpose()
    app, _ = stream_app(error)
    Server().serve(app)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "Exception on /page [GET]"
    assert record.exc_info
    assert record.exc_info[1] is error


def test_the_headers_of_a_stream_that_raises_are_not_sent() -> None:
    def view() -> Response:
        headers = {"X-Own": "1", "X-Frame-Options": "SAMEORIGIN", "Vary": "Cookie"}
        response = Response(Closing(on_purpose()), headers=headers)
        response.set_cookie("session", "secret")
        return response

    app = make_app(POLICY)
    app.add_url_rule("/page", "page", view)
    server = Server()
    response = server.serve(app)
    assert response.values("X-Own") == response.values("Set-Cookie") == []
    assert response.values("X-Frame-Options") == ["DENY"]
    assert response.code == 500


@pytest.mark.parametrize(
    "config",
    [
        {"TESTING": True, "PROPAGATE_EXCEPTIONS": None},
        {"DEBUG": True, "PROPAGATE_EXCEPTIONS": None},
        {"PROPAGATE_EXCEPTIONS": True},
    ],
    ids=["testing", "debug", "propagate"],
)
def test_a_stream_that_raises_is_left_to_the_server_if_exceptions_propagate(
    config: dict[str, Any],
) -> None:
    app, stream = stream_app(on_purpose(), **config)
    server = Server()
    with pytest.raises(RuntimeError, match="on purpose"):
        server.serve(app)
    assert [status for status, _ in server.starts] == ["200 OK"]
    assert server.starts[0][1][: len(POLICY)] == POLICY
    assert stream.closed == 1


def test_a_stream_that_raises_after_its_first_byte_raises() -> None:
    app, stream = stream_app(b"", b"one ", on_purpose())
    server = Server()
    with pytest.raises(RuntimeError, match="on purpose"):
        server.serve(app)
    assert server.sent == [b"one "]
    assert [status for status, _ in server.starts] == ["200 OK"]
    assert stream.closed == 1


def test_a_stream_answers_head_without_being_read() -> None:
    app, stream = stream_app(on_purpose())
    server = Server()
    response = server.serve(app, method="HEAD")
    assert response.status == "200 OK"
    assert response.headers[: len(POLICY)] == POLICY
    assert len(server.starts) == 1
    assert stream.closed == 1


# Streams that do not raise


@pytest.mark.parametrize(
    "chunks",
    [[], [b""], [b"one"], [b"", b"one"], [b"", b"", b"one", b"", b"two", b""]],
    ids=["nothing", "empty", "one", "empty first", "empty in between"],
)
def test_a_stream_arrives_as_it_is(chunks: list[bytes]) -> None:
    app, stream = stream_app(*chunks)
    server = Server()
    response = server.serve(app)
    assert response.status == "200 OK"
    assert response.headers[: len(POLICY)] == POLICY
    assert response.body == b"".join(chunks)
    assert len(server.starts) == 1
    assert stream.closed == 1


def test_a_stream_has_started_with_its_first_byte_when_the_app_returns() -> None:
    app, stream = stream_app(b"", b"one ", b"two ", b"three")
    server = Server()
    body = app(EnvironBuilder("/page").get_environ(), server.start_response)
    assert len(server.starts) == 1  # granian sends this, without asking for a byte
    assert next(stream.chunks) == b"two "  # no more has been read
    chunks = iter(body)
    assert next(chunks) == b"one "
    assert next(chunks) == b"three"
    body.close()  # type: ignore[attr-defined]
    assert stream.closed == 1


def test_a_stream_that_ends_the_request_before_its_first_byte_is_closed() -> None:
    app, stream = stream_app(SystemExit())
    with pytest.raises(SystemExit):
        Server().serve(app)
    assert stream.closed == 1


def test_a_stream_that_the_server_gives_up_is_closed() -> None:
    app, stream = stream_app(b"one ", b"two ")
    server = Server()
    body = app(EnvironBuilder("/page").get_environ(), server.start_response)
    body.close()  # type: ignore[attr-defined]
    assert stream.closed == 1


def test_a_stream_that_the_server_gives_up_in_between_is_closed_once() -> None:
    app, stream = stream_app(b"one ", b"two ", b"three")
    server = Server()
    body = app(EnvironBuilder("/page").get_environ(), server.start_response)
    chunks = iter(body)
    assert next(chunks) == b"one "
    assert next(chunks) == b"two "
    body.close()  # type: ignore[attr-defined]
    del body, chunks
    assert stream.closed == 1


def test_a_stream_that_starts_again_before_its_first_byte_starts_once() -> None:
    def restarting(
        _: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        def stream() -> Iterator[bytes]:
            start_response("503 SERVICE UNAVAILABLE", [], (None, None, None))
            yield b"later"

        start_response("200 OK", [])
        return ClosingIterator(stream())

    app = bare_app()
    app.wsgi_app = restarting  # type: ignore[assignment, method-assign]
    set_policy(app, POLICY)
    server = Server()
    response = server.serve(app)
    assert (response.status, response.body) == ("503 SERVICE UNAVAILABLE", b"later")
    assert response.headers == POLICY
    assert len(server.starts) == 1


def test_functions_to_call_on_close_are_called_once() -> None:
    for chunk in (b"one", on_purpose()):
        closed: list[str] = []

        def view(
            chunk: bytes | Exception = chunk, closed: list[str] = closed
        ) -> Response:
            response = Response(Closing(chunk))
            response.call_on_close(lambda: closed.append("closed"))
            return response

        app = make_app(POLICY)
        app.add_url_rule("/page", "page", view)
        Server().serve(app)
        assert closed == ["closed"]


def test_a_file_wrapper_of_the_server_reaches_the_server() -> None:
    class ServerFile(FileWrapper):
        """What a server may send without reading it into memory."""

    app = make_app(POLICY)
    app.add_url_rule("/page", "page", lambda: send_file(io.BytesIO(b"data"), "text/x"))
    server = Server()
    for path, body in {"/page": b"data", "/static/README.txt": None}.items():
        server = Server()
        response = server.serve(app, path, environ={"wsgi.file_wrapper": ServerFile})
        assert type(server.body) is ServerFile
        assert response.headers[: len(POLICY)] != []
        assert response.values("X-Frame-Options") == ["DENY"]
        assert body is None or response.body == body


def test_a_file_wrapper_without_a_known_length_reaches_the_server() -> None:
    class ServerFile(FileWrapper):
        """What a server may send without reading it into memory."""

    def view() -> Response:
        file = request.environ["wsgi.file_wrapper"](io.BytesIO(b"data"))
        return Response(file, direct_passthrough=True)

    app = make_app(POLICY)
    app.add_url_rule("/page", "page", view)
    server = Server()
    response = server.serve(app, environ={"wsgi.file_wrapper": ServerFile})
    assert type(server.body) is ServerFile
    assert response.body == b"data"
    assert response.headers[: len(POLICY)] == POLICY


def test_a_response_with_a_length_is_started_before_its_body_is_read() -> None:
    def view() -> Response:
        return Response(Closing(b"data"), headers={"Content-Length": "4"})

    app = make_app(POLICY)
    app.add_url_rule("/page", "page", view)
    server = Server()
    body = app(EnvironBuilder("/page").get_environ(), server.start_response)
    assert len(server.starts) == 1
    assert b"".join(body) == b"data"


# Middlewares between the app and the net


def middleware_app(middleware: Callable[..., Iterable[bytes]]) -> Flask:
    """Make an app whose middleware is inside the safety net."""
    app = bare_app()
    app.wsgi_app = middleware  # type: ignore[method-assign]
    set_policy(app, POLICY)
    return app


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_middleware_may_write_its_body(writes: int) -> None:
    def writing(_environ: object, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [("X-Own", "1")])
        for number in range(writes):
            write(b"%d" % number)
        return [b" end"]

    server = Server()
    response = server.serve(middleware_app(writing))
    assert response.headers == [*POLICY, ("X-Own", "1")]
    assert response.body == b"012"[:writes] + b" end"
    assert len(server.starts) == 1


def test_a_middleware_that_raises_after_writing_raises() -> None:
    def writing(_environ: object, start_response: StartResponse) -> NoReturn:
        start_response("200 OK", [])(b"one ")
        fail()

    server = Server()
    with pytest.raises(RuntimeError, match="on purpose"):
        server.serve(middleware_app(writing))
    assert server.sent == [b"one "]
    assert [status for status, _ in server.starts] == ["200 OK"]


def test_a_middleware_may_replace_a_response_that_it_has_started() -> None:
    def replacing(_environ: object, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("X-First", "1")])
        try:
            fail()
        except RuntimeError as error:
            exc_info = type(error), error, error.__traceback__
            start_response("503 Busy", [("X-Second", "1")], exc_info)
        return [b"busy"]

    server = Server()
    response = server.serve(middleware_app(replacing))
    assert response.status == "503 Busy"
    assert response.headers == [*POLICY, ("X-Second", "1")]
    assert response.body == b"busy"


def test_a_middleware_may_start_its_response_with_its_first_byte() -> None:
    def late(_environ: object, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("X-Own", "1")])
        yield b"late"

    server = Server()
    response = server.serve(middleware_app(late))
    assert response.headers == [*POLICY, ("X-Own", "1")]
    assert response.body == b"late"
    assert len(server.starts) == 1


def test_a_middleware_inside_the_net_gets_the_policy_on_its_own_response() -> None:
    def maintenance(_environ: object, start_response: StartResponse) -> list[bytes]:
        start_response("503 Busy", [("Content-Length", "4")])
        return [b"busy"]

    app = middleware_app(maintenance)
    response = Server().serve(app)
    assert response.headers == [*POLICY, ("Content-Length", "4")]


def test_a_middleware_that_edits_headers_cannot_lose_the_policy() -> None:
    app = bare_app()
    app.add_url_rule("/page", "page", lambda: "text")
    inner = app.wsgi_app

    def editing(environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            kept = [row for row in headers if row[0] != "X-Frame-Options"]
            return start_response(status, [("X-Own", "1"), *kept], *rest)

        return inner(environ, start)

    app.wsgi_app = editing  # type: ignore[method-assign]
    set_policy(app, POLICY)
    response = Server().serve(app)
    assert response.headers[: len(POLICY) + 1] == [*POLICY, ("X-Own", "1")]
