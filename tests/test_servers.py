"""Every server of ``docs/servers.md``: its start command, and what a client can forge.

``CONTRIBUTING.md`` tells how the servers are installed into ``build/servers``. Each is
started once with ``FLASK_PROXY_HOPS`` 0 and once with 1, and sent all requests.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .conftest import TEMPLATE, Bake, clean_environment, need, run, shown_if_it_fails
from .test_proxies import policy_names
from .test_served import answer, free_port, wait_for

DOCS = (TEMPLATE / "docs" / "servers.md").read_text("utf-8")
SCRIPTS = TEMPLATE / "build" / "servers" / "bin"

SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", DOCS, re.DOTALL | re.MULTILINE))
"""The part of the docs about each server."""

SERVERS = [
    "gunicorn",
    "waitress",
    "granian",
    "uWSGI",
    "mod_wsgi",
    "uvicorn",
    "hypercorn",
]

VIEWS = '''

@bp.get("/seen")
def seen():
    """Show what the app takes for true of a request."""
    from flask import request, session, url_for

    from .response_headers import request_id

    session["seen"] = True
    return {
        "address": request.remote_addr,
        "host": request.host,
        "path": request.path,
        "root": request.script_root,
        "scheme": request.scheme,
        "url": url_for("views.seen", _external=True),
        "forged_id": "forged" in request_id(request.environ),
        "id_of_the_proxy": request_id(request.environ) == "of-the-proxy",
    }


@bp.get("/stream")
def stream():
    return iter(["one ", "two"])


@bp.get("/failing-stream")
def failing_stream():
    def generate():
        raise RuntimeError("on purpose")
        yield "never"

    return generate()


@bp.get("/raise")
def fail():
    raise RuntimeError("on purpose")


@bp.get("/nothing")
def nothing():
    return "", 204


@bp.get("/folder/")
def folder():
    return ""
'''

STATIC = "/static/README.txt"
KINDS: dict[str, tuple[str, ...]] = {
    "200": ("GET", "/"),
    "200 HEAD": ("HEAD", "/"),
    "200 OPTIONS": ("OPTIONS", "/"),
    "200 stream": ("GET", "/stream"),
    "200 stream HEAD": ("HEAD", "/stream"),
    "200 static": ("GET", STATIC),
    "204": ("GET", "/nothing"),
    "206": ("GET", STATIC, "Range: bytes=0-3"),
    "304": ("GET", STATIC, "If-None-Match: *"),
    "308": ("GET", "/folder"),
    "404": ("GET", "/no/such/page"),
    "405": ("DELETE", "/"),
    "416": ("GET", STATIC, "Range: bytes=9999-"),
    "500": ("GET", "/raise"),
    "500 stream": ("GET", "/failing-stream"),
}
"""Kinds of response, which begin with their status."""

OVER_WSGI = """
import json, logging, sys
from my_flask_app import create_app
from werkzeug.test import EnvironBuilder, run_wsgi_app

logging.disable()
app, answers = create_app(), {}
for name, (method, path, *lines) in json.loads(sys.argv[1]).items():
    headers = [line.split(": ", 1) for line in lines]
    environ = EnvironBuilder(path, method=method, headers=headers).get_environ()
    body, status, headers = run_wsgi_app(app, environ, buffered=True)
    answers[name] = [int(status[:3]), list(headers), b"".join(body).decode()]
print(json.dumps(answers))
"""

HTTPS = "X-Forwarded-Proto: https"
FORGED = [
    HTTPS,
    "X-Forwarded-Ssl: on",
    "X-Forwarded-Scheme: https",
    "X-Forwarded-Protocol: ssl",
    "X-Url-Scheme: https",
    "Front-End-Https: on",
    "Https: on",
    "Forwarded: for=203.0.113.6;proto=https;host=forged.example",
    "X-Forwarded-For: 203.0.113.6",
    "X-Real-IP: 203.0.113.6",
    "X-Forwarded-Host: forged.example",
    "X-Forwarded-Port: 99",
    "X-Forwarded-Prefix: /seen",
    "Script-Name: /seen",
    "Path-Info: /forged",
    "X-Request-ID: forged",
]
FORGED += [re.sub(r"-(?=.*:)", "_", line) for line in FORGED if "-" in line]
"""What a client may send to be taken for another one, each also with underscores."""

BY_PROXY = [
    "X-Forwarded-For: 203.0.113.6, 203.0.113.9",
    "X-Forwarded-Proto: http",
    "X-Request-ID: of-the-proxy",
]
"""What a proxy sends: the client's address is the last one."""

TRUSTED = re.compile("X-(Forwarded-(For|Proto)|Request-ID): ")
"""What a proxy adds to, or sets: it does not pass on what a client sent."""


@dataclass(frozen=True)
class Reply:
    """What came back, with the names in lower case."""

    status: int
    rows: list[tuple[str, str]]
    body: bytes

    @property
    def seen(self) -> dict[str, Any]:
        """What the app took for true."""
        shown: dict[str, Any] = json.loads(self.body)
        return shown

    @property
    def names(self) -> list[str]:
        """The name of each header."""
        return [name for name, _ in self.rows]

    @property
    def depends_on_https(self) -> tuple[list[tuple[str, str]], list[str]]:
        """The headers that depend on the scheme: those of the policy, and cookies."""
        policy = {"strict-transport-security", "content-security-policy"}
        cookies = [value for name, value in self.rows if name == "set-cookie"]
        return (
            [row for row in self.rows if row[0] in policy],
            [re.sub("(?<==)[^;]*", "", cookie, count=1) for cookie in cookies],
        )

    def of(self, names: set[str]) -> list[tuple[str, str]]:
        """The headers with these names; each request has a nonce and an ID of its own."""
        rows = [row for row in self.rows if row[0] in names]
        own = re.compile("(?<=nonce-)[^']+|^[0-9a-f]{32}$")
        return sorted((name, own.sub("", value)) for name, value in rows)


@dataclass
class Asked:
    """Every reply of one server, and the names of the policy."""

    server: str
    hops: str
    names: set[str]
    replies: dict[str, Reply] = field(default_factory=dict)

    @property
    def folds_underscores(self) -> bool:
        """Whether the docs say that this server takes ``_`` in a name for ``-``."""
        return "is `X-Forwarded-Proto`" in documented(self.server)[-1]


def block(server: str, language: str) -> list[str]:
    """The lines of code in the part of the docs about a server."""
    found = re.search(rf"```{language}\n(.*?)```", SECTIONS[server], re.DOTALL)
    assert found, server
    return found[1].splitlines()


def start_command(server: str, *left_out: str) -> list[str]:
    """The command that the docs give, maybe without some of its options."""
    words = shlex.split(block(server, "sh")[-1])
    assert set(left_out) <= set(words)
    program = words[0].replace(".venv/bin", str(SCRIPTS))
    return [program, *(word for word in words[1:] if word not in left_out)]


def send(address: tuple[str, int], method: str, path: str, *more: str) -> Reply:
    """Send a request over a connection of its own."""
    head, _, body = answer(address, method, path, *more).partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    rows = [line.split(": ", 1) for line in lines]
    pairs = [(name.lower(), value) for name, value in rows]
    return Reply(int(status.split()[1]), pairs, body)


@pytest.fixture(scope="module")
def project(bake: Bake) -> Path:
    """Return a project with the files that the docs tell to write."""
    need("build/servers (CONTRIBUTING.md makes it)", found=SCRIPTS.exists())
    made = bake(header_policy="web")
    with (made / "src" / "my_flask_app" / "views.py").open("a") as views:
        views.write(VIEWS)
    for name, server in {"asgi.py": "uvicorn", "wsgi.py": "mod_wsgi"}.items():
        (made / name).write_text("\n".join(block(server, "python")))
    return made


@contextmanager
def started(
    project: Path, command: list[str], folder: Path, port: int, **environment: str
) -> Iterator[None]:
    """Run a server, as a user who is not root: Apache insists on that."""
    need(Path(command[0]).name, found=Path(command[0]).exists())
    folder.chmod(0o777)
    gunicorn = f"--bind=127.0.0.1:{port}" if "--bind" not in command else ""
    defaults = {
        "FLASK_SECRET_KEY": "key",
        "GUNICORN_CMD_ARGS": f"{gunicorn} --no-control-socket",
        "PYTHONPATH": str(project / "src"),
        "TMPDIR": str(folder),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*not_root(), *(word.replace("8000", str(port)) for word in command)],
            cwd=project,
            env=clean_environment() | defaults | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with shown_if_it_fails(folder / "log"):
            yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def not_root() -> list[str]:
    """What starts a command as somebody who may read everything and write nothing."""
    if os.getuid():
        return []
    rights = "-all,+dac_read_search"  # the tests' folders may be for root only
    kinds = ["--bounding-set", "--inh-caps", "--ambient-caps"]
    options = [f"{kind}={rights}" for kind in kinds]
    return ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", *options]


@pytest.fixture(
    scope="module",
    params=[(server, hops) for server in SERVERS for hops in ["0", "1"]],
    ids="-".join,
)
def asked(
    request: pytest.FixtureRequest,
    project: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Asked:
    """Start a server by the command of the docs, and send it all requests."""
    server, hops = request.param
    folder, port = tmp_path_factory.mktemp(server), free_port()
    result = Asked(server, hops, policy_names(project) | {"x-request-id"})
    command = start_command(server)
    with started(project, command, folder, port, FLASK_PROXY_HOPS=hops):
        wait_for(port)
        for name, sent in requests(hops).items():
            result.replies[name] = send(("127.0.0.1", port), *sent)
    return result


def requests(hops: str) -> dict[str, tuple[str, ...]]:
    """Every request by its name."""
    seen = ("GET", "/seen")
    told = BY_PROXY if hops == "1" else []
    more = {
        "TRACE": ("TRACE", "/"),
        "OPTIONS *": ("OPTIONS", "*"),
        "honest": (*seen, *told),
        "https": (*seen, *told[:1], HTTPS, *told[2:]),
        "https before": (*seen, HTTPS, *told),
        "https in the line": (*seen, f"{HTTPS}, http", *told[:1], *told[2:]),
        "X_Forwarded_Proto": (*seen, *told, "X_Forwarded_Proto: https"),
    }
    forged = {line: (*seen, *told, line) for line in FORGED}
    return KINDS | more | forged


@pytest.fixture(scope="module")
def over_wsgi(project: Path) -> dict[str, Reply]:
    """What the app itself sends for each kind of response."""
    done = run(
        *(SCRIPTS / "python", "-c", OVER_WSGI, json.dumps(KINDS)),
        cwd=project,
        PYTHONPATH=str(project / "src"),
    )
    return {
        name: Reply(status, [(key.lower(), value) for key, value in rows], b"")
        for name, (status, rows, _) in json.loads(done.stdout).items()
    }


@pytest.mark.slow
def test_no_header_of_the_policy_is_lost_or_doubled(
    asked: Asked, over_wsgi: dict[str, Reply]
) -> None:
    for name in KINDS:
        reply, expected = asked.replies[name], over_wsgi[name]
        assert reply.status == expected.status == int(name[:3]), name
        assert reply.of(asked.names) == expected.of(asked.names), name
        assert len(reply.of(asked.names)) == len({*reply.names} & asked.names) > 6, name


@pytest.mark.slow
def test_a_client_can_forge_nothing(asked: Asked) -> None:
    honest = asked.replies["honest"]
    assert honest.seen["scheme"] == "http"
    assert honest.seen["root"] == ""
    assert honest.seen["path"] == "/seen"
    for line in FORGED:
        folded = re.sub("_(?=.*:)", "-", line)
        passed_on = folded == line or asked.folds_underscores
        if asked.hops == "1" and passed_on and TRUSTED.match(folded):
            continue  # what only the proxy sends: a test of its own
        reply = asked.replies[line]
        assert reply.seen == honest.seen, line
        assert reply.depends_on_https == honest.depends_on_https, line
        assert reply.names == honest.names, line


@pytest.mark.slow
def test_what_the_nearest_proxy_said_counts_if_it_is_trusted(asked: Asked) -> None:
    trusted = asked.hops == "1"
    honest, https = (asked.replies[name] for name in ["honest", "https"])
    assert honest.seen["address"] == ("203.0.113.9" if trusted else "127.0.0.1")
    assert honest.seen["id_of_the_proxy"] is trusted
    assert https.seen["scheme"] == ("https" if trusted else "http")
    assert ("strict-transport-security" in https.names) is trusted
    assert (https.depends_on_https == honest.depends_on_https) is not trusted
    for name in ["https before", "https in the line"]:
        assert asked.replies[name].seen == honest.seen, name
        assert asked.replies[name].names == honest.names, name


# What the docs say


def documented(server: str) -> list[str]:
    """What the table says that a server does by itself."""
    table = DOCS.partition("## What each does by itself")[2]
    row = re.search(rf"^\| {server} \| (.*) \|$", table, re.MULTILINE)
    assert row, server
    return row[1].split(" | ")


@pytest.mark.slow
def test_the_table_says_what_a_server_does_by_itself(asked: Asked) -> None:
    page, file = asked.replies["200"], asked.replies["200 static"]
    dates = page.names.count("date"), file.names.count("date")
    said = {
        (1, 1): "once",
        (1, 2): "twice on static files",
        (0, 1): "on static files only",
    }
    by = [
        f"the {'app' if 'custom-header' in reply.names else 'server'}: {reply.status}"
        for reply in (asked.replies[name] for name in ["TRACE", "OPTIONS *"])
    ]
    assert documented(asked.server)[:3] == [said[dates], *by]
    if asked.hops == "1":
        underscored = asked.replies["X_Forwarded_Proto"].seen["scheme"] == "https"
        assert underscored is asked.folds_underscores


def test_the_docs_have_every_server_with_a_command_and_a_row() -> None:
    assert sorted(SECTIONS) == sorted(SERVERS)
    for server in SERVERS:
        assert len(documented(server)) == 4
        assert start_command(server)


def test_what_the_docs_install_is_what_is_tested() -> None:
    listed = (TEMPLATE / "tests" / "servers" / "requirements.txt").read_text("utf-8")
    tested = {*re.findall(r"^[\w-]+", listed, re.MULTILINE)}
    for server in SERVERS:
        *installs, _ = block(server, "sh")
        for line in installs:
            names = {*shlex.split(line.removeprefix(".venv/bin/pip install "))}
            assert names <= {*tested, "--editable", ".[serve]"}


def test_the_app_s_readme_has_the_same_command_for_gunicorn(baked: Bake) -> None:
    readme = (baked() / "README.md").read_text("utf-8").partition("\n## Serve\n")[2]
    assert "\n".join(block("gunicorn", "sh")) in readme


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "option", "scheme"),
    [
        ("uvicorn", ["--no-proxy-headers"], "https"),
        ("uWSGI", ["--route-run", "setscheme:http"], "https"),
    ],
)
def test_without_its_option_a_server_trusts_a_client(
    project: Path, tmp_path: Path, server: str, option: list[str], scheme: str
) -> None:
    command, port = start_command(server, *option), free_port()
    with started(project, command, tmp_path, port):
        wait_for(port)
        reply = send(("127.0.0.1", port), "GET", "/seen", HTTPS)
    assert reply.seen["scheme"] == scheme


@pytest.mark.slow
def test_without_its_option_waitress_hides_what_a_proxy_says(
    project: Path, tmp_path: Path
) -> None:
    option, port = "--no-clear-untrusted-proxy-headers", free_port()
    command = start_command("waitress", option)
    with started(project, command, tmp_path, port, FLASK_PROXY_HOPS="1"):
        wait_for(port)
        reply = send(("127.0.0.1", port), "GET", "/seen", HTTPS)
    assert reply.seen["scheme"] == "http"


@pytest.mark.slow
def test_gunicorn_in_another_folder_does_not_start(
    project: Path, tmp_path: Path
) -> None:
    need("build/servers (CONTRIBUTING.md makes it)", found=SCRIPTS.exists())
    path = {"PYTHONPATH": str(project / "src")}
    command = [*start_command("gunicorn"), "--check-config"]
    done = run(*command, cwd=tmp_path, check=False, **path)
    assert done.returncode == 1
    assert "'gunicorn.conf.py' doesn't exist" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("hops", ["0", "1"])
def test_gunicorn_on_a_unix_socket_takes_no_path_from_a_client(
    project: Path, tmp_path: Path, hops: str
) -> None:
    path = tmp_path / "socket"
    command = [*start_command("gunicorn"), "--bind", f"unix:{path}"]
    with started(project, command, tmp_path, 0, FLASK_PROXY_HOPS=hops):
        lines = ["SCRIPT_NAME: /seen", "PATH_INFO: /forged", "X-Forwarded-Ssl: on"]
        sent = "\r\n".join(["GET /seen HTTP/1.0", *lines, "", ""]).encode()
        received = b"".join(ask_socket(path, sent))
    seen = json.loads(received.partition(b"\r\n\r\n")[2])
    assert (seen["root"], seen["path"], seen["scheme"]) == ("", "/seen", "http")


def ask_socket(path: Path, sent: bytes) -> Iterator[bytes]:
    """Send bytes to a Unix socket, as soon as it is there, and yield what comes back."""
    end = time.monotonic() + 60
    with socket.socket(socket.AF_UNIX) as connection:
        while connection.connect_ex(str(path)):
            assert time.monotonic() < end
            time.sleep(0.05)
        connection.sendall(sent)
        while part := connection.recv(65536):
            yield part


@pytest.mark.slow
@pytest.mark.parametrize("server", ["gunicorn", "waitress", "granian", "mod_wsgi"])
def test_an_app_below_a_path_needs_no_header(
    project: Path, tmp_path: Path, server: str
) -> None:
    said = DOCS.rpartition("An app below a path")[2]
    option = re.search(rf"`([^`]+)` of {server}", said)
    assert option or "for gunicorn `SCRIPT_NAME=/shop`" in said
    environment = {} if option else {"SCRIPT_NAME": "/shop"}
    program, *words = start_command(server)
    if option:  # mod_wsgi-express has a command before its options
        words[words[0] == "start-server" : 0] = [option[1]]
    port = free_port()
    with started(project, [program, *words], tmp_path, port, **environment):
        wait_for(port)
        seen = send(("127.0.0.1", port), "GET", "/shop/seen").seen
    assert (seen["root"], seen["path"]) == ("/shop", "/seen")
    assert seen["url"].endswith("/shop/seen")
