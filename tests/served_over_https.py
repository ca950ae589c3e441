"""Serve things over HTTPS, with a certificate of our own, for tests that need it."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .conftest import need_package
from .test_served import gunicorn


@dataclass(frozen=True)
class Certificate:
    """Files: a certificate, its key, and who has signed it."""

    cert: Path
    key: Path
    authority: Path


def new_certificate(folder: Path, *hosts: str) -> Certificate:
    """Make a certificate for hosts."""
    need_package("trustme")
    import trustme  # noqa: PLC0415 - may be missing

    authority = trustme.CA()
    issued = authority.issue_cert(*hosts)
    made = Certificate(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
    authority.cert_pem.write_to_path(made.authority)
    issued.private_key_pem.write_to_path(made.key)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(made.cert, append=True)
    return made


@contextmanager
def gunicorn_over_https(
    app: str, project: Path, certificate: Certificate, log: Path, **environment: str
) -> Iterator[int]:
    """Serve the app of a project, and yield the port. The log gets what it writes."""
    options = ["--certfile", str(certificate.cert), "--keyfile", str(certificate.key)]
    options += ["--threads=64"]
    environment = {"PYTHONPATH": str(Path(__file__).parent)} | environment
    with gunicorn(project, app, *options, log=log, **environment) as (_, port):
        yield port


@contextmanager
def serve_sites(
    handler: type[BaseHTTPRequestHandler], certificate: Certificate
) -> Iterator[int]:
    """Serve other sites over HTTPS, and yield the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    server.socket = context.wrap_socket(
        server.socket,
        server_side=True,
        do_handshake_on_connect=False,  # a thread for each connection does it
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
