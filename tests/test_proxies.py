"""The exported files in real proxies: each header of the policy once, with the app's value.

The proxy serves the static files, and answers by itself where the app does not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from .conftest import (
    POLICIES,
    TEMPLATE,
    Bake,
    clean_environment,
    need,
    shown_if_it_fails,
)
from .served_over_https import new_certificate
from .test_served import free_port, gunicorn, wait_for

pytestmark = pytest.mark.slow

DOCS = (TEMPLATE / "docs" / "proxies.md").read_text("utf-8")

ODD_VALUE = r"""it's a "quote", $host $, \ and \\ and \n, # ; and { "json": 1 }"""
HOST = "app.example"
SCHEMES = ["http", "https"]

APP = """
from my_flask_app import create_app
from my_flask_app.response_headers import override_headers

app = create_app()


@app.get("/raise")
def fail():
    raise RuntimeError("on purpose")


@app.get("/without")
@override_headers({"Custom-Header": None})
def without():
    return "without"


@app.get("/file")
def file():
    return "", {"X-Accel-Redirect": "/protected/README.txt"}


@app.get("/kept")
def kept():
    return "kept by the proxy", {"Cache-Control": "max-age=60"}
"""

NGINX = """
daemon off;
%(user)s
pid %(folder)s/pid;
events {}
http {
    access_log off;
    types { text/html html; text/plain txt; application/javascript js; }
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    proxy_cache_path %(folder)s/cache keys_zone=cache:1m;
    proxy_cache_key $scheme$host$request_uri;
    include %(folder)s/headers;
    server {
        listen 127.0.0.1:%(http)s;
        listen 127.0.0.1:%(https)s ssl;
        server_name app.example;
        ssl_certificate %(cert)s;
        ssl_certificate_key %(key)s;
        client_max_body_size 1k;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        location /static/ { alias %(static)s/; }
        location /protected/ { internal; alias %(static)s/; }
        location /expiring/ { alias %(static)s/; expires 30d; }
        location /slow { proxy_pass http://127.0.0.1:%(slow)s; proxy_read_timeout 1s; }
        location /kept { proxy_pass http://127.0.0.1:%(app)s; proxy_cache cache; }
        location / { proxy_pass http://127.0.0.1:%(app)s; }
    }
    server {
        listen 127.0.0.1:%(http)s;
        server_name other.example;
        return 404;
    }
}
"""

CADDY = """
{
    admin off
    auto_https off
}
import %(folder)s/headers
(site) {
    bind 127.0.0.1
    handle_path /static/* {
        import my_flask_app_files
        root * %(static)s
        file_server
    }
    handle /slow {
        reverse_proxy 127.0.0.1:%(slow)s {
            transport http {
                response_header_timeout 1s
            }
        }
    }
    @large header_regexp Content-Length ^[0-9]{4,}$
    route {
        error @large 413
        reverse_proxy 127.0.0.1:%(app)s
    }
    handle_errors {
        import my_flask_app_errors
        respond "{http.error.status_code}"
    }
}
http://app.example:%(http)s {
    import site
}
https://app.example:%(https)s {
    tls %(cert)s %(key)s
    import site
}
"""

PROXIES = {"nginx": NGINX, "caddy": CADDY}

FILES = ["/static/README.txt", "/static/page.html", "/static/worker.js"]

SAME_AS_THE_APP_S = [
    ("/", 200),
    ("/no/such/page", 404),
    ("/raise", 500),
    ("/without", 200),
    ("/kept", 200),
    *((path, 200) for path in FILES),
    ("/static/no.txt", 404),
]


@dataclass(frozen=True)
class Sent:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]

    @property
    def tag(self) -> str:
        """The ETag; no two proxies write its name alike."""
        return next(value for name, value in self.headers if name.lower() == "etag")

    def of(self, names: set[str]) -> list[tuple[str, str]]:
        """What was sent under these names; a nonce is told from none only."""
        rows = [row for row in self.headers if row[0].lower() in names]
        return sorted((n, re.sub("'nonce-[^']+'", "'nonce'", v)) for n, v in rows)


def ask(
    port: int,
    scheme: str,
    path: str,
    method: str = "GET",
    *more: str,
    host: str = HOST,
) -> Sent:
    """Ask over a connection of its own, which has the name of the host from the start."""
    body = "x" * 2000 if method == "POST" else ""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *more]
    lines += [f"Content-Length: {len(body)}", "", body]
    with ExitStack() as stack:  # also closes what a slow server leaves unanswered
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        stack.enter_context(connection)
        if scheme == "https":
            context = ssl._create_unverified_context()  # noqa: S323, SLF001 - signed here
            connection = context.wrap_socket(connection, server_hostname=host)
            stack.enter_context(connection)
        connection.sendall("\r\n".join(lines).encode())
        response = stack.enter_context(HTTPResponse(connection, method=method))
        response.begin()
        return Sent(response.status, response.getheaders())


@dataclass(frozen=True)
class Answers:
    """All that a proxy sent, and what the app sends by itself."""

    names: set[str]  # of the policy, in lower case
    proxy: dict[Any, Sent]
    app: dict[Any, Sent]

    def expected(self, scheme: str, path: str) -> list[tuple[str, str]]:
        """What the app sends under the policy's names, each once."""
        rows = self.app[scheme, path].of(self.names)
        assert len({name for name, _ in rows}) == len(rows)
        return rows


def find(name: str) -> str:
    """Find a proxy's program."""
    found = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    need(name, found=found)
    return str(found)


@contextmanager
def started(name: str, folder: Path, **settings: object) -> Iterator[None]:
    """Run a proxy in front of an app."""
    user = "user root;" if os.getuid() == 0 else ""
    config = PROXIES[name] % {"folder": folder, "user": user, **settings}
    with running(name, folder, config, int(str(settings["http"]))):
        yield


@contextmanager
def running(name: str, folder: Path, text: str, port: int) -> Iterator[None]:
    """Run a proxy with a configuration, until it listens on a port."""
    found = find(name)
    config = folder / "config"
    config.write_text(text)
    if name == "nginx":
        command = [found, "-p", str(folder), "-e", "stderr", "-c", str(config)]
        command += ["-g", "daemon off;"] * ("daemon off;" not in text)
    else:
        command = [found, "run", "--adapter", "caddyfile", "--config", str(config)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log)
    try:
        with shown_if_it_fails(folder / "log"):
            wait_for(port)
            yield
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(
    scope="module",
    params=[(proxy, policy) for proxy in PROXIES for policy in POLICIES],
    ids="+".join,
)
def answers(
    request: pytest.FixtureRequest, bake: Bake, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    """Ask a proxy and the app behind it, and the proxy again when the app has stopped."""
    name, policy = request.param
    folder = tmp_path_factory.mktemp(f"{name}-{policy}")
    value = f"{ODD_VALUE} é ÿ" if name == "nginx" else ODD_VALUE
    project = bake(header_policy=policy, custom_header_value=value)
    static = project / "src" / "my_flask_app" / "static"
    (static / "page.html").write_text("<!doctype html><title>A page</title>")
    (static / "worker.js").write_text("")
    (folder / "served.py").write_text(APP)
    (folder / "headers").write_bytes(flask_headers(project, "export", name))
    names = policy_names(project)
    ports = {"http": free_port(), "https": free_port(), "slow": free_port()}
    certificate = new_certificate(folder, HOST)
    with ExitStack() as stack, socket.create_server(("127.0.0.1", ports["slow"])):
        app = stack.enter_context(ExitStack())
        served = gunicorn(
            project, "served:app", FLASK_PROXY_HOPS="1", PYTHONPATH=str(folder)
        )
        _, port = app.enter_context(served)
        settings = {"static": static, "app": port} | ports | vars(certificate)
        stack.enter_context(started(name, folder, **settings))
        return ask_for_all(names, ports, port, app.close)


def policy_names(project: Path, app: str = "my_flask_app") -> set[str]:
    """The names of the policy's headers that go out somewhere, in lower case."""
    shown = json.loads(flask_headers(project, "show", "--format=json", app=app))
    return {
        row["name"].lower()
        for answer in shown["responses"]
        for row in answer["headers"]
        if row["origin"] == "policy"
        if row["name"] != "X-Request-ID"  # each request has its own: it is not exported
    }


def flask_headers(project: Path, *command: str, app: str = "my_flask_app") -> bytes:
    """Run ``flask headers`` in a project."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", app, "headers", *command],
        cwd=project / "src",
        env=clean_environment(),
        check=True,
        stdout=subprocess.PIPE,
    ).stdout


def ask_for_all(
    names: set[str], ports: dict[str, int], app_port: int, stop: Callable[[], None]
) -> Answers:
    """Ask for each kind of answer, over HTTP and HTTPS."""
    proxy: dict[Any, Sent] = {}
    app: dict[Any, Sent] = {}
    for scheme in SCHEMES:
        port = ports[scheme]
        for path, _ in SAME_AS_THE_APP_S:
            by_proxy = f"X-Forwarded-Proto: {scheme}"
            app[scheme, path] = ask(app_port, "http", path, "GET", by_proxy)
            proxy[scheme, path] = ask(port, scheme, path)
        for path in FILES:
            unchanged = f"If-None-Match: {proxy[scheme, path].tag}"
            proxy[scheme, path, 304] = ask(port, scheme, path, "GET", unchanged)
            for status, part in {206: "bytes=0-0", 416: "bytes=99999-"}.items():
                ranged = ask(port, scheme, path, "GET", f"Range: {part}")
                proxy[scheme, path, status] = ranged
        proxy[scheme, "kept again"] = ask(port, scheme, "/kept")
        proxy[scheme, 413] = ask(port, scheme, "/", "POST")
        proxy[scheme, 504] = ask(port, scheme, "/slow")
    stop()
    for scheme in SCHEMES:
        proxy[scheme, 502] = ask(ports[scheme], scheme, "/")
    return Answers(names, proxy, app)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("path", "status"), SAME_AS_THE_APP_S)
def test_what_the_app_has_answered_and_static_files_are_as_from_the_app(
    answers: Answers, scheme: str, path: str, status: int
) -> None:
    sent = answers.proxy[scheme, path]
    assert sent.status == status
    assert sent.of(answers.names) == answers.expected(scheme, path)
    assert ("Custom-Header" in dict(sent.headers)) is (path != "/without")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("status", [413, 502, 504])
def test_the_proxy_s_own_errors_have_the_headers_of_the_app_s_errors(
    answers: Answers, scheme: str, status: int
) -> None:
    sent = answers.proxy[scheme, status]
    assert sent.status == status
    assert sent.of(answers.names) == answers.expected(scheme, "/no/such/page")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", FILES)
def test_a_file_that_has_not_changed_has_the_headers_of_the_file(
    answers: Answers, scheme: str, path: str
) -> None:
    sent = answers.proxy[scheme, path, 304]
    assert sent.status == 304
    assert sent.of(answers.names) == answers.expected(scheme, path)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("status", [206, 416])
def test_a_range_of_a_file_has_the_headers_of_the_file(
    answers: Answers, scheme: str, status: int
) -> None:
    for path in ["/static/README.txt", "/static/page.html"]:
        sent = answers.proxy[scheme, path, status]
        assert sent.status == status
        assert sent.of(answers.names) == answers.expected(scheme, path)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_the_proxy_has_kept_of_the_app_has_each_header_once(
    answers: Answers, scheme: str
) -> None:
    sent = answers.proxy[scheme, "kept again"]
    assert sent.of(answers.names) == answers.expected(scheme, "/kept")


@pytest.mark.parametrize("options", [[], ["--server-name", HOST]])
def test_other_servers_of_that_nginx_can_be_kept_as_they_are(
    baked: Bake, tmp_path: Path, options: list[str]
) -> None:
    project = baked(header_policy="web")
    (tmp_path / "headers").write_bytes(
        flask_headers(project, "export", "nginx", *options)
    )
    ports = {name: free_port() for name in ["http", "https", "app", "slow"]}
    certificate = vars(new_certificate(tmp_path, HOST))
    with started("nginx", tmp_path, static=tmp_path, **ports, **certificate):
        own, other = (
            ask(ports["http"], "http", "/", host=host)
            for host in [HOST, "other.example"]
        )
    assert own.status == 502
    assert other.status == 404
    assert "Custom-Header" in dict(own.headers)
    assert ("Custom-Header" in dict(other.headers)) is (not options)


def block(start: str) -> str:
    """A block of ``docs/proxies.md`` that begins so."""
    blocks: list[str] = re.findall(r"```\w*\n(.*?)```", DOCS, re.DOTALL)
    (found,) = [block for block in blocks if block.startswith(start)]
    return found


def test_nginx_takes_what_the_docs_show(baked: Bake, tmp_path: Path) -> None:
    nginx = find("nginx")
    project = baked(header_policy="web")
    exported = flask_headers(project, "export", "nginx")
    (tmp_path / "headers.conf").write_bytes(exported)
    shown = block("http {\n    include headers.conf;")
    listening = shown.replace("server {", f"server {{ listen 127.0.0.1:{free_port()};")
    config = tmp_path / "config"
    config.write_text(f"pid {tmp_path}/pid;\nevents {{}}\n{listening}")
    command = [nginx, "-t", "-p", str(tmp_path), "-e", "stderr", "-c", str(config)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr.replace("[warn] 1 user directive", "")


def test_caddy_takes_what_the_docs_show(baked: Bake, tmp_path: Path) -> None:
    caddy = find("caddy")
    project = baked(header_policy="web")
    exported = flask_headers(project, "export", "caddy")
    (tmp_path / "headers.caddy").write_bytes(exported)
    (tmp_path / "Caddyfile").write_text(block("import headers.caddy"))
    command = [caddy, "adapt", "--config", str(tmp_path / "Caddyfile")]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Some value" in done.stdout


FORGED_HEADERS = [
    "X-Forwarded-For: 203.0.113.6",
    "X-Forwarded-Proto: forged",
    "X_Forwarded_Proto: forged",
    "X_Forwarded_For: forged",
    "X-Request-ID: forged",
    "X_Request_ID: forged",
    "SCRIPT_NAME: /forged",
]

NGINX_PASSING = """
pid %(folder)s/pid;
events {}
http {
    server {
        listen 127.0.0.1:%(port)s;
        location / { %(lines)s }
    }
}
"""

CADDY_PASSING = """
{
    admin off
    auto_https off
}
http://127.0.0.1:%(port)s {
    %(lines)s
}
"""


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_as_the_docs_have_it_passes_on_nothing_that_is_forged(
    tmp_path: Path, proxy: str
) -> None:
    find(proxy)
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as app:
        upstream = f"127.0.0.1:{app.getsockname()[1]}"
        if proxy == "nginx":
            lines = re.findall("^proxy_set_header.*", DOCS, re.MULTILINE)
            lines.append(f"proxy_pass http://{upstream};")
            passed, config = "\n".join(lines), NGINX_PASSING
        else:
            (block,) = re.findall(r"reverse_proxy 127[^{]*\{.*?\n +\}", DOCS, re.DOTALL)
            passed = block.replace("127.0.0.1:8000", upstream)
            config = CADDY_PASSING
        text = config % {"folder": tmp_path, "port": port, "lines": passed}
        with running(proxy, tmp_path, text, port):
            got = head_received(app, port, *FORGED_HEADERS)
    assert "forged" not in got
    assert "x-forwarded-for: 203.0.113.6, 127.0.0.1" in got or (
        proxy == "caddy" and "x-forwarded-for: 127.0.0.1" in got
    )
    assert got.count("x-forwarded-proto: http\r\n") == 1


def head_received(app: socket.socket, port: int, *lines: str) -> str:
    """Send headers through a proxy; return those that arrive, in lower case."""
    head = ["GET / HTTP/1.1", f"Host: 127.0.0.1:{port}", *lines, "", ""]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall("\r\n".join(head).encode())
        app.settimeout(60)
        connection, _ = app.accept()
        with connection:
            return connection.recv(65536).decode().lower()


def test_nginx_has_each_header_once_on_what_the_app_lets_it_send_and_on_what_expires(
    baked: Bake, tmp_path: Path
) -> None:
    project = baked(header_policy="api")
    (tmp_path / "served.py").write_text(APP)
    (tmp_path / "headers").write_bytes(flask_headers(project, "export", "nginx"))
    ports = {name: free_port() for name in ["http", "https", "slow"]}
    settings = ports | vars(new_certificate(tmp_path, HOST))
    settings["static"] = project / "src" / "my_flask_app" / "static"
    with (
        gunicorn(project, "served:app", PYTHONPATH=str(tmp_path)) as (_, port),
        started("nginx", tmp_path, app=port, **settings),
    ):
        static, sent, expiring = (
            ask(ports["http"], "http", path)
            for path in ["/static/README.txt", "/file", "/expiring/README.txt"]
        )
    names = policy_names(project) - {"cache-control"}
    assert len(static.of(names)) > 8
    assert sent.status == 200
    assert sent.of(names) == static.of(names)
    assert sent.of({"cache-control"}) == [("Cache-Control", "no-store")]  # the app's
    assert expiring.of(names) == static.of(names)
    assert expiring.of({"cache-control"}) == [("Cache-Control", "max-age=2592000")]
