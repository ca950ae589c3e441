"""What arrives from gunicorn, byte by byte."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import my_flask_app
import pytest
from werkzeug.exceptions import InternalServerError

from .apps import POLICY
from .wire import RawResponse

pytest.importorskip("gunicorn")

REPOSITORY = Path(__file__).parents[2]
PLAIN_500 = InternalServerError().get_body().encode()


@pytest.fixture(scope="module")
def address(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, int]]:
    """Start gunicorn with threads and return its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        src = Path(my_flask_app.__file__).parents[1]
        server = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "gunicorn",
                    "--config=",
                    "--log-level=critical",
                ),
                *("--worker-class=gthread", "--threads=4"),
                *(f"--bind=fd://{listener.fileno()}", "tests.engine.served_app:app"),
            ],
            cwd=REPOSITORY,
            env=os.environ
            | {
                "PYTHONPATH": str(src),
                "PYTHONDONTWRITEBYTECODE": "1",
                "XDG_RUNTIME_DIR": str(tmp_path_factory.mktemp("gunicorn")),
            },
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,  # tracebacks that are meant to be
        )
        try:
            yield listener.getsockname()
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0


def receive(address: tuple[str, int], path: str, method: str = "GET") -> bytes:
    """Send a request and return all bytes of the answer."""
    with socket.create_connection(address, timeout=60) as connection:
        request = f"{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def parsed(received: bytes) -> RawResponse:
    """Split an answer into its parts."""
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    rows = [
        (name, value) for name, _, value in (line.partition(": ") for line in lines)
    ]
    return RawResponse(status.removeprefix("HTTP/1.1 "), rows, body)


def policy_rows(response: RawResponse) -> list[tuple[str, str]]:
    """Return the rows of the policy, and all others with the same names."""
    names = {name.lower() for name, _ in POLICY}
    return [row for row in response.headers if row[0].lower() in names]


@pytest.mark.parametrize("path", ["/handler", "/failing-stream"])
def test_an_exception_is_one_plain_500_with_the_policy(
    address: tuple[str, int], path: str
) -> None:
    received = receive(address, path)
    assert received.count(b"HTTP/1.") == 1
    response = parsed(received)
    assert response.code == 500
    assert policy_rows(response) == POLICY
    assert response.values("Content-Length") == [str(len(PLAIN_500))]
    assert response.values("Transfer-Encoding") == []
    assert response.body == PLAIN_500


def test_an_exception_answers_head_without_a_body(address: tuple[str, int]) -> None:
    response = parsed(receive(address, "/handler", "HEAD"))
    assert response.code == 500
    assert policy_rows(response) == POLICY
    assert response.values("Content-Length") == [str(len(PLAIN_500))]
    assert response.body == b""


def test_a_stream_arrives_in_its_chunks(address: tuple[str, int]) -> None:
    response = parsed(receive(address, "/stream"))
    assert response.code == 200
    assert policy_rows(response) == POLICY
    assert response.values("Transfer-Encoding") == ["chunked"]
    assert response.body == b"4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"


def test_a_stream_that_raises_later_breaks_off(address: tuple[str, int]) -> None:
    received = receive(address, "/breaking-stream")
    assert received.count(b"HTTP/1.") == 1
    response = parsed(received)
    assert response.code == 200
    assert policy_rows(response) == POLICY
    assert response.body == b"4\r\none \r\n"


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/page", 200, b"text"),
        ("/missing", 404, None),
        ("/static/README.txt", 200, b"A static file of the engine's tests.\n"),
    ],
)
def test_other_responses_have_the_policy_too(
    address: tuple[str, int], path: str, status: int, body: bytes | None
) -> None:
    response = parsed(receive(address, path))
    assert response.code == status
    own = [row if row[0] != "Cache-Control" else None for row in POLICY]
    found = [
        row if row[0] != "Cache-Control" else None for row in policy_rows(response)
    ]
    assert found == own
    assert body is None or response.body == body
