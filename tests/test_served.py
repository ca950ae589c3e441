"""The app behind gunicorn, asked over a socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from .conftest import STRATEGIES, TEMPLATE, Bake, clean_environment, need

REQUESTS = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/no/such/page", 404),
    ("GET", "/static/README.txt", 200),
    ("OPTIONS", "/", 200),
    ("DELETE", "/", 405),
    ("GET", "/raise", 500),
]

RAISING_APP = """
from my_flask_app import create_app

app = create_app()


@app.get("/raise")
def fail():
    raise RuntimeError("on purpose")
"""


def answer(address: tuple[str, int], method: str, path: str, *more: str) -> bytes:
    """All that a server sends for one request, with more lines in its head."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *more]
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module", params=STRATEGIES)
def server(
    request: pytest.FixtureRequest,
    baked: Bake,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, int]]:
    """Serve the app of each strategy, with a view that raises, and yield its address."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "served.py").write_text(RAISING_APP)
    project = baked(header_strategy=request.param)
    with gunicorn(project, "served:app", PYTHONPATH=str(folder)) as address:
        yield address


@contextmanager
def gunicorn(
    project: Path, app: str, *options: str, log: Path | None = None, **environment: str
) -> Iterator[tuple[str, int]]:
    """Serve an app as a project's README says, and yield the address.

    ``PYTHONPATH`` adds to where the project's package is; the log gets what the server
    and the app write.
    """
    need("gunicorn", found=sys.platform != "win32" and find_spec("gunicorn"))
    port = free_port()
    paths = [str(project / "src"), environment.pop("PYTHONPATH", "")]
    bind = ["--bind", f"127.0.0.1:{port}"]
    with (log or Path(os.devnull)).open("w") as stream:
        started = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *bind, *options, app],
            cwd=project,
            env=clean_environment()
            | environment
            | {"PYTHONPATH": os.pathsep.join(paths)},
            stderr=stream,
        )
    try:
        wait_for(port)
        yield "127.0.0.1", port
    finally:
        started.terminate()
        started.wait(60)


def wait_for(port: int, seconds: float = 60) -> None:
    """Wait until something listens on a port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"nothing listens on port {port} after {seconds} s")


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_every_answer_of_the_server_has_the_header_once(
    server: tuple[str, int], method: str, path: str, status: int
) -> None:
    head, _, body = answer(server, method, path).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0].startswith(f"HTTP/1.1 {status} ".encode())
    assert lines.count(b"Custom-Header: Some value") == 1
    assert head.lower().count(b"custom-header:") == 1
    if (method, path) == ("GET", "/"):
        assert b"Hello World" in body


@pytest.mark.parametrize("policy", ["web", "api"])
@pytest.mark.parametrize(("hops", "secure"), [("0", False), ("1", True)])
def test_a_stranger_cannot_make_the_app_speak_of_https(
    baked: Bake, policy: str, hops: str, *, secure: bool
) -> None:
    project = baked(header_policy=policy)
    app = "my_flask_app:create_app()"
    with gunicorn(project, app, FLASK_PROXY_HOPS=hops) as address:
        sent = answer(address, "GET", "/", "X-Forwarded-Proto: https")
    assert sent.startswith(b"HTTP/1.1 200 ")
    assert (b"\r\nStrict-Transport-Security: " in sent) is secure
    assert (b"; upgrade-insecure-requests" in sent) is secure


def test_the_docs_show_a_line_of_the_log(baked: Bake, tmp_path: Path) -> None:
    project, log = baked(), tmp_path / "log"
    with gunicorn(
        project, "my_flask_app:create_app()", log=log, FLASK_PROXY_HOPS="1"
    ) as address:
        answer(address, "GET", "/", "X-Forwarded-For: 203.0.113.9")
    logged = [line for line in log.read_text("utf-8").splitlines() if line[:1] == "{"]
    docs = (TEMPLATE / "docs" / "deployment.md").read_text("utf-8")
    (shown,) = [line for line in docs.splitlines() if line.startswith('{"time"')]
    lines = [json.loads(line) for line in (logged[-1], shown)]
    assert lines[0].keys() == lines[1].keys()
    for varies in ("time", "message", "request_id", "milliseconds"):
        assert all(isinstance(line.pop(varies), (str, float)) for line in lines)
    assert lines[0] == lines[1]
