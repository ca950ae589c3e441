"""Extensions that people add on the first day, in a generated app of each strategy.

Each file of ``tests/extensions/`` adds one as its own quick start says, and is put into the
app as its ``extensions.py``. ``CONTRIBUTING.md`` tells how they are installed into ``build/extensions``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import (
    COMPILE_WHAT_IS_IMPORTED,
    POLICIES,
    STRATEGIES,
    TEMPLATE,
    Bake,
    clean_environment,
    need,
    run,
    run_python,
)
from .test_browser import chromium, wait_until
from .test_served import free_port

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage

HERE = Path(__file__).parent
FOLDER = HERE / "extensions"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
PYTHON = TEMPLATE / "build" / "extensions" / SCRIPTS / "python"

EXTENSIONS = sorted(path.stem for path in FOLDER.glob("*.py"))
BOTH_POLICIES = {"cors", "jwt", "limiter", "opentelemetry", "prometheus", "restx"}
CASES = [("web", name) for name in EXTENSIONS]
CASES += [("api", name) for name in sorted(BOTH_POLICIES)]

VIOLATIONS: dict[str, set[str]] = {
    "caching": {"GET /cached/page (200): nonce of an earlier response"},
    "talisman": {
        "Content-Security-Policy",
        "Permissions-Policy",
        "Referrer-Policy",
        "Strict-Transport-Security",
        "X-Frame-Options",
    },
}
"""By extension: what ``flask headers check`` finds. It finds nothing with the others."""

pytestmark = pytest.mark.slow


def add_extension(project: Path, name: str) -> None:
    """Put an extension into the app of a project, as its README says."""
    package = project / "src" / "my_flask_app"
    shutil.copy(FOLDER / f"{name}.py", package / "extensions.py")
    factory = package / "__init__.py"
    text = factory.read_text("utf-8")
    before = "    app.register_blueprint(views.bp)\n"
    assert text.count(before) == 1
    text = text.replace(before, f"    extensions.init_app(app)\n{before}")
    text = text.replace("from . import ", "from . import extensions, ")
    factory.write_text(text, "utf-8")
    if name == "limiter":
        exempt_health(package / "views.py")


def exempt_health(views: Path) -> None:
    """Do what the README says of Flask-Limiter."""
    text = views.read_text("utf-8")
    route, future = '@bp.get("/health")\n', "from __future__ import annotations\n"
    text = text.replace(route, f"{route}@limiter.exempt\n")
    text = text.replace(future, f"{future}\nfrom .extensions import limiter\n")
    views.write_text(text, "utf-8")


def project_with(bake: Bake, tmp_path: Path, name: str, **answers: str) -> Path:
    """A project that has an extension."""
    need("build/extensions (CONTRIBUTING.md makes it)", found=PYTHON.exists())
    if name == "cross_origin":
        answers["use_cors"] = "yes"
    project = shutil.copytree(bake(**answers), tmp_path / "my-flask-app")
    add_extension(project, name)
    return project


@pytest.mark.parametrize(("policy", "name"), CASES)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="ask_extension.py forks")
def test_an_extension_works_and_its_responses_carry_the_policy_once(
    baked: Bake, tmp_path: Path, policy: str, name: str
) -> None:
    projects = [
        project_with(
            baked,
            tmp_path / strategy,
            name,
            header_strategy=strategy,
            header_policy=policy,
        )
        for strategy in STRATEGIES
    ]
    file = FOLDER / f"{name}.py"
    debug = "DEBUG = True\n" in file.read_text("utf-8")
    done = run(
        *(PYTHON, HERE / "ask_extension.py", file, *projects),
        cwd=tmp_path,
        FLASK_DEBUG="1" if debug else "0",
        **COMPILE_WHAT_IS_IMPORTED,
    )
    expected = VIOLATIONS.get(name, set())
    checked = json.loads(done.stdout)
    for strategy, (*found, summary) in zip(STRATEGIES, checked, strict=True):
        lines = [line for line in found if not line.startswith("not checked: ")]
        said = f"{strategy}: {lines}"
        assert summary.endswith("violations: 0") is not bool(expected), said
        assert all(any(each in line for each in expected) for line in lines), said
        assert all(any(each in line for line in lines) for each in expected), said


@contextmanager
def served(project: Path, **environment: str) -> Iterator[str]:
    """Serve the app of a project as in development, and yield its address."""
    port = free_port()
    command = ["-m", "flask", "--app", "my_flask_app", "run", "--no-reload"]
    variables = {
        "PYTHONPATH": "src",
        "FLASK_SECRET_KEY": "x" * 32,
        "FLASK_RUN_PORT": str(port),
        **COMPILE_WHAT_IS_IMPORTED,
        **environment,
    }
    with (project / "log").open("wb") as log:
        server = subprocess.Popen(
            [PYTHON, *command],
            cwd=project,
            env=clean_environment() | variables,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/health", server)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{url} does not answer")


SOCKET = """() => {
  if (!window.socket) {
    const path = "/socket.io/?EIO=4&transport=websocket";
    window.socket = new WebSocket(`ws://${location.host}${path}`);
    window.socket.onmessage = (event) => { window.opened = event.data; };
  }
  return (window.opened || "").startsWith('0{"sid"');
}"""

PAGES = {
    "admin": ("/admin/post/new/", "() => window.jQuery && $('.nav-tabs').length"),
    "dash": ("/dash/", "() => document.querySelector('#graph .main-svg')"),
    "debugtoolbar": (
        "/page",
        "() => window.fldt && fldt.$('#flDebugToolbar').is(':visible')",
    ),
    "flasgger": ("/apidocs/", "() => document.querySelector('.opblock')"),
    "socketio": ("/", SOCKET),
    "restx": ("/api/docs", "() => document.querySelector('.opblock-tag')"),
}
"""By extension: one of its pages, and what is true when it has started."""

MESSAGES = {"flasgger": ["https://fonts.googleapis.com"]}
"""By extension: what each error in the console has. The others have none."""


@pytest.mark.usefixtures("steady_network")
@pytest.mark.parametrize("name", PAGES)
def test_the_pages_of_an_extension_work_in_a_browser(
    baked: Bake, tmp_path: Path, name: str
) -> None:
    project = project_with(baked, tmp_path, name)
    path, started = PAGES[name]
    settings = {"FLASK_SQLALCHEMY_DATABASE_URI": "sqlite:///pages.db"}
    if name == "debugtoolbar":
        settings["FLASK_DEBUG"] = "1"
    with served(project, **settings) as url, chromium() as browser:
        page = browser.new_page()
        messages: list[ConsoleMessage] = []
        errors: list[str] = []
        page.on("console", lambda each: messages.append(each))  # noqa: PLW0108 - Playwright marks it
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url + path)
        wait_until(page, started)
        page.wait_for_timeout(500)
        icon = f"{url}/favicon.ico"  # neither the app nor the extension has one
        errors += [
            each.text
            for each in messages
            if each.type == "error" and each.location["url"] != icon
        ]
        expected = MESSAGES.get(name, [])
        assert len(errors) == len(expected), errors
        assert all(each in error for each, error in zip(expected, errors, strict=True))


DOCS = TEMPLATE / "docs" / "extensions.md"
LOGIN = TEMPLATE / "docs/login.md"


def python_blocks(text: str) -> list[str]:
    """Every block of Python in a text."""
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_lines_of_the_docs_are_those_that_are_tested() -> None:
    tested = "\n".join(path.read_text("utf-8") for path in FOLDER.glob("*.py"))
    blocks = python_blocks(DOCS.read_text("utf-8"))
    assert len(blocks) > 8
    for block in blocks:
        for part in block.split("\n\n\n"):
            assert part.strip("\n") in tested, part


def test_the_docs_name_each_extension_that_is_tested() -> None:
    table = DOCS.read_text("utf-8").replace("-", "").lower()
    for name in EXTENSIONS:
        assert name in table, name


IMPORTS = """
from flask import render_template_string
from flask_login import login_required
"""

PRIVATE = """

@bp.get("/form")
def form():
    return render_template_string('<form method="post">{}</form>')


@bp.get("/private")
@login_required
def private():
    return "private"
"""

ASK = """
import re
import sys

from my_flask_app import create_app

app = create_app({"SESSION_COOKIE_SECURE": False, "SESSION_COOKIE_NAME": "session"})
with app.app_context():
    exec(sys.argv[1])
client = app.test_client()
token = re.search('value="([^"]+)"', client.get("/form").text)[1]
asked = [client.get("/private").status_code]
for form in (
    {"name": "me", "password": "a long password"},
    {"name": "me", "password": "wrong", "csrf_token": token},
    {"name": "bob", "password": "a long password", "csrf_token": token},
    {"name": "me", "password": "a long password", "csrf_token": token},
):
    asked.append(client.post("/log-in", data=form).status_code)
asked.append(client.get("/private").status_code)
assert asked == [401, 400, 401, 401, 302, 200], asked
"""


@pytest.mark.parametrize("policy", POLICIES)
def test_a_database_a_login_and_csrf_protection_are_added_as_the_readme_and_the_docs_say(
    baked: Bake, tmp_path: Path, policy: str
) -> None:
    need("build/extensions (CONTRIBUTING.md makes it)", found=PYTHON.exists())
    project = shutil.copytree(baked(header_policy=policy), tmp_path / "my-flask-app")
    readme = (project / "README.md").read_text("utf-8")
    section = readme.partition("\n## Add a database")[2].partition("\n## ")[0]
    (module,) = python_blocks(section)
    accounts, first_user = python_blocks(LOGIN.read_text("utf-8"))
    imports, _, accounts = accounts.partition("\n\n\n")
    (field,) = re.findall("`(<input .*csrf_token.*>)`", section)
    (line,) = re.findall(r"call `(.*?)`", section)
    (above,) = re.findall(r"above `(.*?)`", section)
    package = project / "src" / "my_flask_app"
    (package / "extensions.py").write_text(module, "utf-8")
    text = (package / "__init__.py").read_text("utf-8")
    assert text.count(f"    {above}\n") == 1
    text = text.replace(f"    {above}\n", f"    {line}\n    {above}\n")
    text = text.replace("from . import ", "from . import extensions, ")
    (package / "__init__.py").write_text(text, "utf-8")
    future = "from __future__ import annotations\n"
    text = (
        (package / "views.py")
        .read_text("utf-8")
        .replace(future, future + IMPORTS + imports)
    )
    text += f"\n\n{accounts}{PRIVATE.format(field)}"
    (package / "views.py").write_text(text, "utf-8")
    settings: dict[str, Any] = {
        "FLASK_SECRET_KEY": "x" * 32,
        "PYTHONPATH": "src",
        **COMPILE_WHAT_IS_IMPORTED,
    }
    run(PYTHON, "-c", ASK, first_user, cwd=project, **settings)
    flask = (PYTHON, "-m", "flask", "--app", "my_flask_app")
    done = run(*flask, "headers", "check", cwd=project, **settings)
    assert done.stdout.splitlines()[-1].endswith("violations: 0")
    lint = ("ruff", "check", "--no-cache", "--ignore=F811,F401,I001")
    run_python(
        "-m", *lint, cwd=project
    )  # names imported twice are for the owner to join
