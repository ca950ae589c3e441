"""Sessions for contributors: ``nox`` lints and tests, ``nox --list`` shows the others.

Arguments after ``--`` are passed on: ``nox -s tests-3.12 -- -k wire``.
"""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_venv = "yes"

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
MAIN = "https://github.com/pallets/{}/archive/main.zip"


def install(session: nox.Session) -> None:
    """Install what the tests need, including the slow ones, and the linters."""
    session.install("--requirement", "tests/slow-requirements.txt")


@nox.session
def lint(session: nox.Session) -> None:
    """Check the template's own code."""
    install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on every installed Python version: ``-- --slow`` runs all of them."""
    install(session)
    session.run("pytest", *session.posargs)


@nox.session
def ahead(session: nox.Session) -> None:
    """Run the tests of generated code on the next Flask and Werkzeug."""
    install(session)
    session.install(
        *(f"{name} @ {MAIN.format(name)}" for name in ("flask", "werkzeug"))
    )
    tests = (
        "tests/test_engine.py",
        "tests/test_projects.py",
        "-k",
        "promise or generated",
    )
    session.run("pytest", *tests, *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Generate projects from random answers, for about three minutes."""
    install(session)
    profile = ("--hypothesis-profile=long", "--hypothesis-show-statistics")
    session.run("pytest", "tests/test_fuzz.py", "-n0", *profile, *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Put deliberate faults into generated code: the tests must find each of them."""
    install(session)
    session.run("python", "-m", "tests.faults", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run the benchmarks, or some of them: ``-- request growth``."""
    install(session)
    session.run("python", "-m", "tests.benchmarks", *session.posargs)
