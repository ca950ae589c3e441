"""The session cookie is strict, and a browser takes it and gives it up."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response, make_response, session
from flask.sessions import (
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionInterface,
)
from my_flask_app import create_app, sessions

from tests.engine.wire import HTTPS, fetch

if TYPE_CHECKING:
    from flask import Request
    from flask.sessions import SessionMixin

NAME = "__Host-session"


def new_app(**config: Any) -> Flask:
    """Make an app in which people can log in and out."""
    app = create_app({"SECRET_KEY": "secret", "PROPAGATE_EXCEPTIONS": False} | config)

    @app.get("/login")
    def login() -> str:
        session["user"] = "ann"
        return "in"

    @app.get("/user")
    def user() -> str:
        return str(session.get("user"))

    @app.get("/clear")
    def clear() -> str:
        session.clear()
        return "out"

    @app.get("/delete")
    def delete() -> Response:
        response = make_response("out")
        response.delete_cookie(app.config["SESSION_COOKIE_NAME"])
        return response

    return app


def test_the_remember_cookie_of_flask_login_has_the_same_attributes() -> None:
    config = create_app().config
    assert config["REMEMBER_COOKIE_SECURE"] is True
    assert config["REMEMBER_COOKIE_SAMESITE"] == "Lax"
    over_http = {"SESSION_COOKIE_SECURE": False, "SESSION_COOKIE_NAME": "session"}
    assert create_app(over_http).config["REMEMBER_COOKIE_SECURE"] is False
    config = create_app({"REMEMBER_COOKIE_SECURE": False}).config
    assert config["REMEMBER_COOKIE_SECURE"] is False


def test_the_sessions_of_an_extension_stay() -> None:
    class OwnSessions(SecureCookieSessionInterface):
        pass

    app = Flask(__name__)
    sessions.set_defaults(app)
    own = app.session_interface = OwnSessions()
    sessions.init_app(app)
    assert app.session_interface is own


class Browser:
    """Sends requests to an app over HTTPS, with its cookies as in RFC 6265bis."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> bytes:
        """Return the body of a response."""
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": sent} if sent else {}
        response = fetch(self.app, path, headers=headers, environ_overrides=HTTPS)
        assert response.code == 200
        for line in response.values("Set-Cookie"):
            self.take(line)
        return response.body

    def take(self, line: str) -> None:
        """Store or remove a cookie (section 5.7), or ignore it."""
        (name, value), attributes = parse_cookie(line)
        whole_host = attributes.get("path") == "/" and "domain" not in attributes
        if name.startswith("__Host-") and not ("secure" in attributes and whole_host):
            return
        expires = attributes.get("expires")
        if expires and parsedate_to_datetime(expires).year < 2000:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def parse_cookie(line: str) -> tuple[list[str], dict[str, str]]:
    """Return name and value, and the attributes by their names in lower case."""
    pair, *rest = line.split("; ")
    attributes = (part.partition("=") for part in rest)
    return pair.split("=", 1), {name.lower(): value for name, _, value in attributes}


def login_cookie(app: Flask) -> tuple[str, dict[str, str]]:
    """Log in, and return the name and the attributes of the cookie."""
    response = fetch(app, "/login", environ_overrides=HTTPS)
    (line,) = response.values("Set-Cookie")
    (name, _), attributes = parse_cookie(line)
    return name, attributes


def test_the_cookie_is_strict_in_production() -> None:
    name, attributes = login_cookie(new_app())
    assert name == NAME
    strict = {"secure": "", "httponly": "", "path": "/", "samesite": "Lax"}
    assert attributes == strict


@pytest.mark.parametrize("variable", ["FLASK_DEBUG", "FLASK_RUN_FROM_CLI"])
def test_in_development_the_cookie_works_over_http(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "true")
    name, attributes = login_cookie(new_app())
    assert name == "session"
    assert attributes == {"httponly": "", "path": "/", "samesite": "Lax"}


@pytest.mark.parametrize("use", [lambda: "user" in session, lambda: len(session)])
def test_a_response_that_depends_on_the_session_says_so(use: Any) -> None:
    app = new_app()
    app.add_url_rule("/page", "page", lambda: str(use()))
    (vary,) = fetch(app, "/page").values("Vary")
    assert "Cookie" in vary.split(", ")


def test_configuration_overrides_the_defaults() -> None:
    config = {"SESSION_COOKIE_SAMESITE": "Strict", "SESSION_COOKIE_SECURE": False}
    app = new_app(SESSION_COOKIE_NAME="own", SESSION_COOKIE_PATH="/login", **config)
    name, attributes = login_cookie(app)
    assert name == "own"
    assert attributes == {"httponly": "", "path": "/login", "samesite": "Strict"}


def test_the_environment_overrides_the_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLASK_SESSION_COOKIE_NAME", "__Secure-session")
    monkeypatch.setenv("FLASK_SESSION_COOKIE_DOMAIN", "example.com")
    name, attributes = login_cookie(new_app())
    assert name == "__Secure-session"
    assert "secure" in attributes
    assert attributes["domain"] == "example.com"


@pytest.mark.parametrize(
    "config",
    [
        {"SESSION_COOKIE_SECURE": False},
        {"SESSION_COOKIE_DOMAIN": "example.com"},
        {"SESSION_COOKIE_PATH": "/shop"},
        {"APPLICATION_ROOT": "/shop"},
        {"SESSION_COOKIE_NAME": "__Host-own", "SESSION_COOKIE_SECURE": False},
    ],
    ids="+".join,
)
def test_a_cookie_that_browsers_would_ignore_is_refused(config: dict[str, Any]) -> None:
    name = config.get("SESSION_COOKIE_NAME", NAME)
    message = re.escape(f"FLASK_SESSION_COOKIE_NAME is {name!r}: browsers accept")
    with pytest.raises(ValueError, match=f"^{message}") as caught:
        new_app(**config)
    assert "\n" not in str(caught.value)
    create_app(config | {"SESSION_COOKIE_NAME": "session"})  # as the error says


@pytest.mark.parametrize("path", ["/clear", "/delete"])
@pytest.mark.parametrize("development", [False, True])
def test_a_view_logs_out(
    monkeypatch: pytest.MonkeyPatch, path: str, *, development: bool
) -> None:
    if development:
        monkeypatch.setenv("FLASK_DEBUG", "1")
    browser = Browser(new_app())
    assert browser.get("/user") == b"None"
    browser.get("/login")
    assert browser.get("/user") == b"ann"
    browser.get(path)
    assert browser.get("/user") == b"None"
    assert not browser.cookies


def test_the_browser_of_these_tests_is_as_strict_as_others() -> None:
    """Without the app's help, deleting the cookie by name would do nothing."""
    app = new_app()
    browser = Browser(app)
    browser.get("/login")
    response = Response()
    response.delete_cookie(NAME)
    browser.take(response.headers["Set-Cookie"])
    assert browser.cookies


def test_deleting_another_cookie_does_not_log_out() -> None:
    app = new_app()

    @app.get("/other")
    def other() -> Response:
        response = make_response("text")
        response.delete_cookie("session")
        response.delete_cookie(f"{NAME}-2")
        return response

    browser = Browser(app)
    browser.get("/login")
    browser.get("/other")
    assert browser.get("/user") == b"ann"


def test_without_a_secret_key_a_view_can_delete_the_cookie() -> None:
    response = fetch(new_app(SECRET_KEY=None), "/delete")
    assert response.code == 200


@pytest.mark.parametrize("prefix", ["\xa0", "\x85", " ", "x", "__host-"])
def test_a_cookie_of_another_name_is_not_the_session(prefix: str) -> None:
    """Werkzeug 3.1.3 to 3.1.8 took some for it that any page over HTTP can set."""
    app = new_app()
    browser = Browser(app)
    browser.get("/login")
    cookie = f"{prefix}{NAME}={browser.cookies[NAME]}"
    environ = {"HTTP_COOKIE": f"a=b;{cookie}"} | HTTPS
    expected = b"ann" if prefix == " " else b"None"  # a space is not part of a name
    assert fetch(app, "/user", environ_overrides=environ).body == expected


class StoredSessions(SessionInterface):
    """Sessions on the server, as Flask-Session has them: the cookie is an id."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        """Return the session of the id."""
        sent = request.cookies.get(app.config["SESSION_COOKIE_NAME"], "")
        return SecureCookieSession(self.stored.get(sent, {}))

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        """Store the session, and send its id."""
        self.stored["id"] = dict(session)
        response.set_cookie(
            app.config["SESSION_COOKIE_NAME"],
            "id",
            domain=self.get_cookie_domain(app),
            path=self.get_cookie_path(app),
            httponly=self.get_cookie_httponly(app),
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app),
        )


def test_another_session_interface_sets_the_same_cookie() -> None:
    app = new_app()
    app.session_interface = StoredSessions()
    assert login_cookie(app) == login_cookie(new_app())
    browser = Browser(app)
    browser.get("/login")
    assert browser.get("/user") == b"ann"
