"""Baked projects, and what it takes to run them."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cookiecutter.environment import StrictEnvironment
from filelock import FileLock, ReadWriteLock
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pytest_cookies.plugin import Cookies

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Pytest was started in the background: what tests start could not be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)

FUZZ = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("quick", max_examples=25, derandomize=True, **FUZZ)  # type: ignore[arg-type]
settings.register_profile("long", max_examples=1500, **FUZZ)  # type: ignore[arg-type]
settings.load_profile("quick")  # --hypothesis-profile=long comes after this

TEMPLATE = Path(__file__).parent.parent
QUESTIONS: dict[str, Any] = {
    name: default
    for name, default in json.loads(
        (TEMPLATE / "cookiecutter.json").read_text("utf-8")
    ).items()
    if not name.startswith("_")
}
STRATEGIES: list[str] = QUESTIONS["header_strategy"]
POLICIES: list[str] = QUESTIONS["header_policy"]

COMBINATIONS = [
    {"header_strategy": strategy, "header_policy": policy, "use_cors": cors}
    for cors, policy, strategy in itertools.product(
        QUESTIONS["use_cors"], POLICIES, STRATEGIES
    )
]
"""Every combination of the choices that bring code; the others take turns in it."""

for number, answers in enumerate(COMBINATIONS):
    for variable in ("license", "deployment", "ci_service"):
        choices = QUESTIONS[variable]
        turn = number + number // len(choices)  # each meets each of the rest
        answers[variable] = choices[turn % len(choices)]

PAIRS = [
    (STRATEGIES[number % len(STRATEGIES)], POLICIES[number % len(POLICIES)])
    for number in range(max(len(STRATEGIES), len(POLICIES)))
]
"""What every run tests, without CORS: each strategy, and each policy."""

Bake = Callable[..., Path]

LEFT_OUT = pytest.StashKey[int]()

FIRST = [
    "test_containers",  # before those with a browser, which wait for it
    "test_browser",
    "test_browser_cors",
    "test_browser_workers",
    "test_headers_page",
    "test_deployment",
    "test_headers_command",
    "test_readme",
    "test_same_wire",
]
"""Files with long tests or dear fixtures, in their order.

A process of pytest-xdist that is done takes over what is last in the list of another one.
It would make the fixtures again, and a long test would keep it busy at the end.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--slow``, which ``.ci/run`` turns on by its environment."""
    complete = bool(os.environ.get("TEMPLATE_TESTS_COMPLETE"))
    text = "Run the slow tests, too."
    parser.addoption("--slow", action="store_true", default=complete, help=text)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Begin with the files of ``FIRST``, and leave out the slow tests.

    These stay if they are asked for or their file is named.
    """
    place = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))
    if config.getoption("slow") or any(".py" in arg for arg in config.args):
        return
    quick = [item for item in items if not item.get_closest_marker("slow")]
    config.stash[LEFT_OUT] = len(items) - len(quick)
    items[:] = quick
    # With pytest-xdist the main process collects nothing, and asks the others.
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the number that a process of pytest-xdist has counted."""
    output = getattr(node, "workeroutput", {})
    node.config.stash[LEFT_OUT] = output.get("left_out", 0)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was left out. Pytest itself lists what a missing component skipped."""
    if count := config.stash.get(LEFT_OUT, 0):
        what = "--slow runs them, too, and CONTRIBUTING.md says what they need"
        line = f"{count} slow tests were left out: {what}."
        terminalreporter.write_line(line)


def is_quick(answers: dict[str, str]) -> bool:
    """Whether every run tests a combination."""
    pair = (answers["header_strategy"], answers["header_policy"])
    return pair in PAIRS and answers["use_cors"] == "no"


def first_quick(values: Iterable[Any]) -> list[Any]:
    """Mark all values for ``parametrize`` but the first as slow.

    Tuples are values for several parameters.
    """
    first, *others = values
    slow = pytest.mark.slow
    return [first] + [
        pytest.param(*(each if isinstance(each, tuple) else [each]), marks=slow)
        for each in others
    ]


def combination_id(answers: dict[str, str]) -> str:
    """Name a combination in a test's id."""
    return "+".join(answers.values())


def checked_answers(answers: dict[str, str]) -> dict[str, str]:
    """Refuse what cookiecutter would pass over: a variable or a choice it lacks."""
    for name, answer in answers.items():
        if name not in QUESTIONS:
            msg = f"cookiecutter.json has no variable {name!r}: {sorted(QUESTIONS)}"
            raise ValueError(msg)
        choices = QUESTIONS[name]
        if isinstance(choices, list) and answer not in choices:
            msg = f"{answer!r} is no choice of {name}: {choices}"
            raise ValueError(msg)
    return answers


def need(what: str, *, found: object) -> None:
    """Skip a test where a component is missing.

    That is a failure where ``.ci/run`` runs the tests: it brings them all. ``CI`` does not
    tell: GitHub sets it on Windows, too, where some can never be.
    """
    if not found:
        message = f"{what} is not on this machine"
        if os.environ.get("TEMPLATE_TESTS_COMPLETE"):
            pytest.fail(message)
        pytest.skip(message)


def need_package(name: str) -> None:
    """Skip a test where a package that only slow tests need is missing."""
    installed = any(metadata.distributions(name=name))
    need(f"{name} (of tests/slow-requirements.txt)", found=installed)


def run(
    *command: str | Path, cwd: Path, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and keep what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=cwd,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=540,
    )
    if check and done.returncode:
        pytest.fail(
            f"{command} exited with {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
    return done


def run_python(
    *command: str | Path, cwd: Path, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run this very Python."""
    return run(sys.executable, *command, cwd=cwd, **options)


def run_pytest(
    *arguments: str, cwd: Path, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a project's own tests, without the plugins that only this environment has."""
    options = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | options
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    return run_python(*pytest_, *arguments, cwd=cwd, **options)


def run_ruff(project: Path) -> None:
    """Lint a project and check its format."""
    run_python("-m", "ruff", "check", "--no-cache", cwd=project)
    run_python("-m", "ruff", "format", "--check", "--no-cache", cwd=project)


def new_environment(
    folder: Path, *packages: str, python: str = sys.executable, resolution: str = ""
) -> Path:
    """Make a virtual environment that has these packages, and return its Python."""
    need_package("uv")
    uv = ("-m", "uv", "--quiet")
    venv = ("venv", "--allow-existing", "--python", python)
    here = python == sys.executable
    made = run_python(*uv, *venv, folder, cwd=TEMPLATE, check=here)
    need(f"Python {python}", found=made.returncode == 0)
    chosen = ["--resolution", resolution] if resolution else []
    there = ["--python", str(python_of(folder))]
    install = ["pip", "install", *there, *chosen, *packages]
    done = run_python(*uv, *install, cwd=TEMPLATE, check=False)
    if "network was disabled" not in done.stderr:  # by UV_OFFLINE
        assert "No solution found" not in done.stderr, done.stderr
    need("a registry with Python packages (PyPI)", found=done.returncode == 0)
    return python_of(folder)


def python_of(environment: Path) -> Path:
    """The Python of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


COMPILE_WHAT_IS_IMPORTED: dict[str, Any] = {
    "PIP_COMPILE": "0",
    "PYTHONDONTWRITEBYTECODE": "",
}
"""For environments that are used a few times: to compile all of one takes longer."""


@contextmanager
def shown_if_it_fails(log: Path) -> Iterator[None]:
    """Print what a process has written if a test fails meanwhile."""
    try:
        yield
    except BaseException:
        print(log.read_text("utf-8"))  # noqa: T201
        raise


def clean_environment() -> dict[str, str]:
    """The environment without what would reach into a generated project.

    No bytecode is written: most projects are imported once or twice, and to keep it in one
    place for the whole run took longer.
    """
    dropped = ("FLASK_", "PYTEST_", "COOKIECUTTER_", "VIRTUAL_ENV", "PYTHONPATH")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    # What run() reads is UTF-8, which Windows does not write by itself.
    encoding = {"PYTHONIOENCODING": "utf-8"} if os.name == "nt" else {}
    return kept | encoding | {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session", autouse=True)
def _keep_templates() -> Iterator[None]:
    """Compile each file of the template once: each project would do so for itself."""
    compile_ = StrictEnvironment.compile
    kept: dict[object, Any] = {}

    def compile_once(self: StrictEnvironment, source: str, *rest: object) -> Any:
        key = (source, *rest)
        if key not in kept:
            kept[key] = compile_(self, source, *rest)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StrictEnvironment, "compile", compile_once)
        yield


@pytest.fixture(scope="session")
def bake(cookies_session: Cookies) -> Bake:
    """Return a function that bakes a project from answers and returns its folder."""

    def bake_one(**answers: str) -> Path:
        result = cookies_session.bake(extra_context=checked_answers(answers))
        if result.exception:
            raise result.exception
        return Path(result.project_path)

    return bake_one


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of pytest-xdist share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


def made_once(folder: Path, make: Callable[[], object]) -> Path:
    """Make a folder of ``shared``: the process that needs it first does so."""
    made = folder.with_name(f"{folder.name}.made")
    with FileLock(f"{folder}.lock"):
        if not made.exists():
            make()
            made.touch()
    return folder


@pytest.fixture(scope="session")
def baked(bake: Bake, shared: Path) -> Bake:
    """Return a function that bakes a project for all tests: do not change it."""

    def bake_once(**answers: str) -> Path:
        digest = hashlib.sha256(json.dumps(answers, sort_keys=True).encode())
        folder = shared / "baked" / digest.hexdigest()[:16]

        def make() -> None:
            project = bake(**answers)
            folder.mkdir()
            project.rename(folder / project.name)

        folder.parent.mkdir(exist_ok=True)
        (project,) = made_once(folder, make).iterdir()
        return project

    return bake_once


@pytest.fixture(scope="session")
def network(shared: Path) -> ReadWriteLock:
    """Return a lock: who changes the network writes, who needs it as it is reads."""
    return ReadWriteLock(shared / "network.lock")


@pytest.fixture
def steady_network(network: ReadWriteLock) -> Iterator[None]:
    """Keep the network as it is, for a browser.

    Chromium breaks off what it loads when an address comes or goes
    (``ERR_NETWORK_CHANGED``), as with each container.
    """
    with network.read_lock():
        yield


@pytest.fixture(scope="session")
def mypy_cache(
    tmp_path_factory: pytest.TempPathFactory, shared: Path, baked: Bake
) -> str:
    """Return a cache for all projects: what they have in common is checked once.

    Mypy may change it, so each process of pytest-xdist has a copy of the first one's.
    """
    first, own = shared / "mypy", tmp_path_factory.getbasetemp() / "mypy"
    check = ("-m", "mypy", "--cache-dir", first)
    made_once(first, lambda: run_python(*check, cwd=baked(header_policy="web")))
    return str(shutil.copytree(first, own)) if own != first else str(own)


@pytest.fixture(
    scope="session",
    params=[
        each if is_quick(each) else pytest.param(each, marks=pytest.mark.slow)
        for each in COMBINATIONS
    ],
    ids=[combination_id(each) for each in COMBINATIONS],
)
def project(request: pytest.FixtureRequest, baked: Bake) -> Path:
    """Return a project of each combination in turn."""
    return baked(**request.param)


def copy_template(to: Path) -> Path:
    """Copy the template, without what only this machine has."""
    left_out = (".git", ".nox", ".venv", ".*_cache", "build")
    return Path(shutil.copytree(TEMPLATE, to, ignore=shutil.ignore_patterns(*left_out)))


@pytest.fixture
def template_copy(tmp_path: Path) -> Path:
    """Return a copy of the template that a test may change."""
    return copy_template(tmp_path / "template")
