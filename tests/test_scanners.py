"""What public scanners say of the policies, asked over real HTTPS."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .conftest import TEMPLATE, Bake, need, run, run_python
from .served_over_https import gunicorn_over_https, new_certificate

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent / "scanners"
INSTALLED = TEMPLATE / "build" / "scanners"
"""Where ``npm install --prefix build/scanners tests/scanners`` puts them."""

OBSERVATORY = INSTALLED / "node_modules" / "@mdn" / "mdn-http-observatory"

SCORES = {"web": 135, "api": 130}
"""The most that version 1.4.8 gives to a page with a script, and to JSON."""

FOR_OLD_BROWSERS = ("'unsafe-inline'", "https: and http:")
"""CSP Evaluator's advice for browsers from before 2016, which other scanners punish."""

TRUSTED_TYPES = "Consider requiring Trusted Types"
"""Its advice of the lowest severity, for ``web``: most libraries write HTML."""

FOR_WORKERS = "'self' can be problematic"
"""Its advice for a file that is a script: a worker imports others, and has no nonce."""


class ToHttps(BaseHTTPRequestHandler):
    """What stands on port 80: it sends everyone on to HTTPS."""

    def do_GET(self) -> None:
        """Redirect."""
        self.send_response(301)
        self.send_header("Location", f"https://app.example{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def http_port() -> Iterator[int]:
    """Serve port 80's part, and yield the port it has here."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), ToHttps)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("policy", SCORES)
def test_the_observatory_gives_its_highest_score(
    baked: Bake, http_port: int, tmp_path: Path, policy: str
) -> None:
    need("node", found=shutil.which("node"))
    need("MDN HTTP Observatory", found=OBSERVATORY.is_dir())
    # Browsers' list of sites that are HTTPS only: downloaded by the package; we are not on it.
    (OBSERVATORY / "conf" / "hsts-preload.json").write_text("{}")
    certificate = new_certificate(tmp_path, "app.example")
    app = "my_flask_app:create_app()"
    project = baked(header_policy=policy)
    with gunicorn_over_https(app, project, certificate, tmp_path / "log") as port:
        preload = (HERE / "to_loopback.mjs").as_uri()
        done = run(
            *(
                "node",
                "--import",
                preload,
                OBSERVATORY / "src" / "scan.js",
                "app.example",
            ),
            cwd=tmp_path,
            HTTP_PORT=str(http_port),
            HTTPS_PORT=str(port),
            NODE_EXTRA_CA_CERTS=str(certificate.authority),
        )
    result = json.loads(done.stdout)
    failed = {name: test for name, test in result["tests"].items() if not test["pass"]}
    assert failed == {}
    assert result["scan"]["score"] == SCORES[policy]


def csp_evaluator(policy: str) -> list[str]:
    """What CSP Evaluator finds in a policy."""
    need("node", found=shutil.which("node"))
    need("CSP Evaluator", found=(INSTALLED / "node_modules" / "csp_evaluator").is_dir())
    done = run("node", HERE / "csp_evaluator.mjs", policy, cwd=INSTALLED)
    findings: list[str] = json.loads(done.stdout)
    return findings


def csp_of(project: Path, path: str) -> str:
    """The policy that a project's app sends with a path, over HTTPS."""
    code = (
        f"import sys; sys.path[:0] = ['src', {str(TEMPLATE)!r}];"
        "from my_flask_app import create_app; from tests.engine.wire import fetch;"
        f"wire = fetch(create_app(), {path!r}, base_url='https://localhost');"
        "print(wire.values('Content-Security-Policy')[0])"
    )
    return run_python("-c", code, cwd=project).stdout.strip()


@pytest.mark.parametrize(
    ("policy", "path"),
    [
        ("web", "/"),
        ("web", "/missing"),
        ("web", "/static/README.txt"),
        ("web", "/static/hello.js"),
        ("api", "/"),
    ],
)
def test_csp_evaluator_finds_nothing_but_its_advice_for_old_browsers(
    baked: Bake, policy: str, path: str
) -> None:
    findings = csp_evaluator(csp_of(baked(header_policy=policy), path))
    advice = [*FOR_OLD_BROWSERS, *([TRUSTED_TYPES] if policy == "web" else [])]
    advice += [FOR_WORKERS] if path.endswith(".js") else []
    assert [text for text in findings if not any(a in text for a in advice)] == []


def test_csp_evaluator_finds_what_is_weak() -> None:
    findings = csp_evaluator("script-src 'self' 'unsafe-inline' https:")
    assert len(findings) >= 3, findings
