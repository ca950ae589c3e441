"""What the tests start from: your app, and a way to send it requests."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from {{ cookiecutter.package_name }} import create_app, policy

if TYPE_CHECKING:
    from flask import Flask

SETTINGS: dict[str, Any] = {
    "PROPAGATE_EXCEPTIONS": False,  # exceptions become responses, as on a server
}
"""The app's configuration in all tests. Add what your extensions need."""


class RawResponse(NamedTuple):
    """A response as the server gets it."""

    request: str
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status[:3])

    def values(self, name: str) -> list[str]:
        """Return every value sent under a name."""
        return [value for sent, value in self.headers if sent.lower() == name.lower()]

    def assert_carries(self, name: str, value: object) -> None:
        """Check that a row of the policy was sent, once."""
        found = self.values(name)
        if not isinstance(value, str):  # it depends on the response
            correct = len(found) <= 1
        elif name.lower() == "vary":
            correct = len(found) == 1 and words(value) <= words(found[0])
        elif name.lower() == "cache-control":
            correct = len(found) == 1
        else:
            correct = found == [value]
        if not correct:
            msg = f"{self.request}: {name}: expected {value!r} once, found {found}. To send another value, edit policy.py or use an override, not a hook."
            pytest.fail(msg, pytrace=False)

    def assert_carries_policy(self) -> None:
        """Check every row of the policy, for a route without overrides."""
        for name, value in policy.HEADERS:
            self.assert_carries(name, value)


Fetch = Callable[..., RawResponse]
"""``fetch(path, method="GET", **arguments)``: see ``werkzeug.test.EnvironBuilder``."""

MakeApp = Callable[..., "Flask"]
"""``make_app(**settings)``"""


def words(value: str) -> set[str]:
    """Return the words of a list such as ``Vary``."""
    return {word.strip().lower() for word in value.split(",")}


@pytest.fixture
def make_app() -> MakeApp:
    """Make the app, with the settings of a test."""

    def make(**settings: Any) -> Flask:
        try:
            return create_app(SETTINGS | settings)
        except Exception as error:
            error.add_note("Settings for tests are in tests/conftest.py.")
            raise

    return make


@pytest.fixture
def flask_app(make_app: MakeApp) -> Flask:
    """Make the app: each test has its own."""
    return make_app()


@pytest.fixture
def fetch(flask_app: Flask) -> Fetch:
    """Send a request to the app as a server does, over HTTPS.

    ``flask_app.test_client()`` can show headers that are never sent.
    """
    trusted = flask_app.config.get("TRUSTED_HOSTS") or []
    host = flask_app.config["SERVER_NAME"] or next(iter(trusted), "localhost")
    base_url = f"https://{host.lstrip('.')}"

    def send(path: str, method: str = "GET", **arguments: Any) -> RawResponse:
        builder = EnvironBuilder(path, base_url, method=method, **arguments)
        environ = builder.get_environ()
        body, status, headers = run_wsgi_app(flask_app, environ, buffered=True)
        name = f"{method} {path} ({status})"
        return RawResponse(name, status, list(headers), b"".join(body))

    return send


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Import these tests by path, so that another project may have the same names."""
    option = collector.config.option
    before, option.importmode = option.importmode, "importlib"
    try:
        return (yield)
    finally:
        option.importmode = before
