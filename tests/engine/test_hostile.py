"""What a client or a careless view could put into a header, and what arrives of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from my_flask_app.response_headers import (
    Csp,
    DynamicValue,
    HeaderError,
    ReportingEndpoints,
    RequestId,
    TrustRequestId,
    Value,
    override_headers,
)

from .apps import make_app
from .wire import RawResponse, fetch

CSP = "Content-Security-Policy"
INJECTED = "X-Injected"

ATTACKS = [
    *(f"a{end}{INJECTED}: 1" for end in ("\r\n", "\n", "\r", "\n\r", "\r\n\r\n")),
    f"a\r\n {INJECTED}: 1",  # a line that is folded (RFC 9112, section 5.2)
    f"a\r\n\t{INJECTED}: 1",
    *(f"a{end}{INJECTED}: 1" for end in ("\x00", "\x0b", "\x0c", "\x1c", "\x7f")),
    *(f"a{end}{INJECTED}: 1" for end in ("\x85", "\u2028", "\u2029")),
    f"a\u560d\u560a{INJECTED}: 1",  # cut to a byte, these two are a line break
    f"a%0d%0a{INJECTED}:%201",
    f"a%E5%98%8D%E5%98%8A{INJECTED}:%201",
    "\ud800",
]
"""Texts that have been used to add a header to a response."""

REFUSED = [each for each in ATTACKS if not each.isprintable() or not each.isascii()]


def assert_clean(response: RawResponse) -> None:
    """See that a server can send a response, and that it has no header injected."""
    for name, value in response.headers:
        assert re.fullmatch(r"[!-9;-~]+", name)
        assert re.fullmatch(r"[\t -~\x80-\xff]*", value), (name, value)
        assert name != INJECTED
    assert response.values("X-Frame-Options") == ["DENY"]
    assert response.values("Custom-Header") == ["Some value"]


ROWS = [("X-Frame-Options", "DENY"), ("Custom-Header", "Some value")]


PLACES: dict[str, Callable[[str], tuple[str, Value]]] = {
    "a name": lambda attack: (attack, "value"),
    "a value": lambda attack: ("X-Value", attack),
    "a source": lambda attack: (CSP, Csp({"img-src": [attack]})),
}


class Fixed(DynamicValue):
    """A value that is built for each response."""

    def __init__(self, value: str) -> None:
        self.value = value

    def get_value(self, *_: object) -> str:
        """Return the value."""
        return self.value


@pytest.mark.parametrize("attack", REFUSED)
@pytest.mark.parametrize("place", PLACES)
def test_a_policy_does_not_take_what_no_server_can_send(
    place: str, attack: str
) -> None:
    with pytest.raises(HeaderError):
        make_app([*ROWS, PLACES[place](attack)])


@pytest.mark.parametrize("attack", REFUSED)
def test_an_override_does_not_take_it(attack: str) -> None:
    with pytest.raises(HeaderError):
        override_headers({"X-Own": attack})


@pytest.mark.parametrize(
    "attack", [each for each in ATTACKS if re.search("[\r\n]", each)]
)
def test_a_value_that_is_built_is_one_line_or_not_sent(attack: str) -> None:
    app = make_app([*ROWS, ("X-Value", Fixed(attack))])
    with pytest.raises(HeaderError, match="one line"):
        fetch(app)


REQUESTS = {
    "CONTENT_TYPE": "text/{}",
    "HTTP_ACCEPT_LANGUAGE": "{}",
    "HTTP_COOKIE": "session={}",
    "HTTP_FORWARDED": "host={}",
    "HTTP_HOST": "{}",
    "HTTP_IF_NONE_MATCH": '"{}"',
    "HTTP_ORIGIN": "https://{}",
    "HTTP_RANGE": "bytes={}",
    "HTTP_REFERER": "https://a.example/{}",
    "HTTP_X_FORWARDED_FOR": "{}",
    "HTTP_X_FORWARDED_HOST": "{}",
    "HTTP_X_FORWARDED_PREFIX": "/{}",
    "HTTP_X_FORWARDED_PROTO": "{}",
    "HTTP_X_HTTP_METHOD_OVERRIDE": "{}",
    "HTTP_X_REQUEST_ID": "{}",
    "PATH_INFO": "/{}",
    "QUERY_STRING": "next={}",
    "REQUEST_METHOD": "{}",
    "SCRIPT_NAME": "/{}",
}
"""Where a client, or what is in front of the app, can put a text."""


@pytest.fixture(scope="module")
def app() -> Flask:
    """Make an app whose headers have all that they can have of a request."""
    app = make_app(
        [
            *ROWS,
            (
                "Content-Security-Policy",
                Csp({"img-src": ["'self'"], "report-uri": ["/r"]}),
            ),
            ("Reporting-Endpoints", ReportingEndpoints("/r")),
            ("X-Request-ID", RequestId()),
        ],
        SECRET_KEY="secret",  # noqa: S106
    )
    app.wsgi_app = TrustRequestId(app.wsgi_app)  # type: ignore[method-assign]
    app.add_url_rule("/", "page", lambda: "text")
    return app


@pytest.mark.parametrize("variable", REQUESTS)
def test_a_request_cannot_add_a_header(app: Flask, variable: str) -> None:
    for attack in ATTACKS:
        text = REQUESTS[variable].format(attack).encode("utf-8", "surrogatepass")
        response = fetch(app, environ_overrides={variable: text.decode("latin-1")})
        assert_clean(response)


SCRIPT_NAMES = [
    *("/app", "/app/", "app", "/a/b", "/", "//", "///", "/a//b"),
    *("//evil.example", "///evil.example/", "/\\evil.example", "\\\\evil.example"),
    *("https://evil.example", "/a;b,c", "/a b", '/"a"', "/<a>", "/%2f%2fevil.example"),
    *("/..", "/./", "/\xe9", "/a\x00b", "/a\r\nb", "/?a#b", "/'nonce-a'"),
]


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_a_script_name_becomes_a_path_of_this_host(app: Flask, name: str) -> None:
    response = fetch(app, environ_overrides={"SCRIPT_NAME": name})
    assert_clean(response)
    (policy,) = response.values(CSP)
    (endpoints,) = response.values("Reporting-Endpoints")
    path = r"(/[A-Za-z0-9._~%-]+(/[A-Za-z0-9._~%-]*)*)?/r"
    assert re.fullmatch(rf"img-src 'self'; report-uri {path}", policy)
    assert re.fullmatch(rf'csp="{path}"', endpoints)
