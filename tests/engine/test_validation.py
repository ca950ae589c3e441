"""A header that cannot be sent, or that browsers would ignore, is refused at startup."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import my_flask_app.response_headers
import pytest
from flask import Blueprint
from my_flask_app.response_headers import (
    ExactName,
    HeaderError,
    HttpsOnly,
    RequestId,
    ResponseHeaders,
    override_blueprint_headers,
    override_headers,
)

from .apps import make_app
from .wire import fetch

CSP = "Content-Security-Policy"
HSTS = "Strict-Transport-Security"

BAD_HEADERS: list[tuple[Any, Any, str]] = [
    ("", "value", "a name has letters, digits and -"),
    ("Two Words", "value", "character 4 is ' ' (SPACE): a name has letters, digits"),
    ("Name:", "value", "character 5 is ':' (COLON): a name has letters, digits and -"),
    ("X-Name: value", "value", "character 7 is ':' (COLON): a name has letters"),
    ("X-One\r\nX-Two", "value", r"character 6 is '\r' (a line break): a name has"),
    ("X-One\n", "value", r"character 6 is '\n' (a line break): a name has letters"),
    ("X\u2013Name", "value", "character 2 is '\u2013' (EN DASH): a name has letters"),
    ("Größe", "value", "character 3 is 'ö' (LATIN SMALL LETTER O WITH DIAERESIS): a"),
    (b"X-Bytes", "value", "a name is a string in quotes"),
    (("X-One", "1"), ("X-Two", "2"), "a name is a string in quotes"),
    ("X-Value", 60, "a value is a string in quotes"),
    ("X-Value", b"bytes", "a value is a string in quotes"),
    ("X-Value", ["one", "two"], "a value is a string in quotes"),
    ("X-Value", "one\r\nX-Two: two", r"character 4 is '\r' (a line break): a value is"),
    ("X-Value", "one\n", r"'\n' (a line break): a value is one line: write a long one"),
    (
        "X-Value",
        "tab\tbed",
        r"character 4 is '\t' (not printable): a value has printable",
    ),
    ("X-Value", "null\0", r"character 5 is '\x00' (not printable): a value has print"),
    ("X-Value", "delete\x7f", r"character 7 is '\x7f' (not printable): a value has"),
    ("X-Value", "C1\x85", r"character 3 is '\x85' (not printable): a value has print"),
    (
        "X-Value",
        "5 €",
        "'€' (EURO SIGN): a value has printable Latin-1 characters only",
    ),
    (
        "X-Value",
        "a \u2013 b",
        "character 3 is '\u2013' (EN DASH): a value has printable Latin-1",
    ),
    ("X-Value", "“a”", "is '“' (LEFT DOUBLE QUOTATION MARK): a value has printable"),
    (
        "X-Value",
        "yes 👍",
        "character 5 is '👍' (THUMBS UP SIGN): a value has printable",
    ),
    ("X-Value", "a\u200bb", r"'\u200b' (ZERO WIDTH SPACE): a value has printable"),
    (
        "X-Value",
        "X-Value: 1",
        "the value has the name in it: remove that, and the colon",
    ),
    ("X-Frame-Options", "x-frame-options:DENY", "the value has the name in it: remove"),
    ("X-Value", " blank", "remove the spaces around the value"),
    ("X-Value", "blank\xa0", "remove the spaces around the value"),
    ("Content-Length", "0", "this header describes one response: set it in the view"),
    ("content-type", "text/html", "set it in the view"),
    ("Set-Cookie", "a=b", "set it in the view"),
    ("Location", "/", "set it in the view"),
    ("ETag", '"1"', "set it in the view"),
    ("Transfer-Encoding", "chunked", "the server sets this header: remove it"),
    ("Connection", "close", "the server sets this header"),
    ("Date", "today", "the server sets this header"),
    ("Server", "mine", "the server sets this header"),
]

BAD_VALUES = [
    (CSP, "default-src self", "self needs a single quote on each side: write 'self'."),
    (CSP, "default-src 'self; img-src *", "'self needs a single quote on each side"),
    (CSP, "default-scr 'self'", "no directive 'default-scr': did you mean default-sr"),
    (
        CSP,
        "default-src: 'self'",
        "no directive 'default-src:': did you mean default-src",
    ),
    (
        CSP,
        "img-src\xa0'self'",
        "no directive \"img-src\\xa0'self'\": did you mean img-src?",
    ),
    (
        CSP,
        "default-src 'self'img-src data:",
        "a space or ; is missing between 'self' and img-src.",
    ),
    (CSP, "img-src 'self'; img-src data:", "img-src is there twice"),
    (CSP, "script-src 'strict-dynamic'", "without a nonce or hash"),
    (CSP, "img-src 'self', data:", "(COMMA): write a space between sources and ; be"),
    (CSP, "img-src https://ü.example", "write a host in Punycode"),
    (CSP, "img-src 'none' data:", "'none' cannot be combined with other sources"),
    (f"{CSP}-Report-Only", "default-src none", "write 'none'"),
    (HSTS, "63072000", "no directive '63072000'"),
    (HSTS, "includeSubDomains", "max-age: write it once"),
    (HSTS, "max-age=2 years", "max-age: write it once, in seconds"),
    (HSTS, "max-age=1; max-age=2", "max-age: write it once"),
    (HSTS, "max-age=63072000, preload", "max-age: write it once"),
    (HSTS, "maxage=63072000", "no directive 'maxage'"),
    (HSTS, "max-age=63072000; includeSubdomain", "no directive 'includeSubdomain'"),
    (HSTS, "max-age=63072000; preload", "needs max-age=31536000 or more and include"),
    (HSTS, "max-age=60; includeSubDomains; preload", "needs max-age=31536000 or more"),
    ("Referrer-Policy", "none", "'none' is not allowed: use no-referrer or "),
    ("Referrer-Policy", "origin, nothing", "'nothing' is not allowed"),
    ("Cross-Origin-Opener-Policy", "same-site", "'same-site' is not allowed"),
    ("Cross-Origin-Opener-Policy", "SAME-ORIGIN", "'SAME-ORIGIN' is not allowed"),
    ("Cross-Origin-Opener-Policy", "same-origin;", "'same-origin;' is not allowed"),
    ("Cross-Origin-Embedder-Policy", "require-cors", "'require-cors' is not allowed"),
    ("Cross-Origin-Embedder-Policy", "Require-Corp", "'Require-Corp' is not allowed"),
    ("Cross-Origin-Resource-Policy", "*", "use cross-origin or same-origin or"),
    ("Cross-Origin-Resource-Policy", "Same-Origin", "'Same-Origin' is not allowed"),
    ("Cross-Origin-Resource-Policy", "same-origin;", "'same-origin;' is not allowed"),
    ("X-Frame-Options", "DENY;", "use DENY or SAMEORIGIN"),
    ("X-Frame-Options", "DENY; x", "use DENY or SAMEORIGIN"),
    ("X-Frame-Options", "ALLOW-FROM https://a.example", "use DENY or SAMEORIGIN"),
    ("X-Content-Type-Options", "no-sniff", "use nosniff"),
    ("Permissions-Policy", 'camera=(self"https://a.example")', "is not a directive"),
    ("Permissions-Policy", "camera 'none'", "is not a directive: write camera=()"),
    ("Permissions-Policy", "camera=(); usb=()", "separated by commas"),
    ("Permissions-Policy", "camera=(https://a.example)", '("https://example.com")'),
]

GOOD_VALUES = [
    (CSP, "default-src 'self'; script-src 'sha256-abc=' 'strict-dynamic'; sandbox"),
    (CSP, "trusted-types default; report-to csp; report-uri https://a.example/r?a=b"),
    (CSP, "script-src 'self' 'report-sha256'; webrtc 'block'"),
    (HSTS, "max-age=31536000; includeSubDomains; preload"),
    (HSTS, "max-age=0"),
    (HSTS, "max-age=31536000; includeSubDomains;"),
    ("Permissions-Policy", "camera=(); report-to=main"),
    ("Permissions-Policy", 'camera=(self "https://a.example"), usb=*, midi=self'),
    ("Referrer-Policy", "no-referrer, strict-origin-when-cross-origin"),
    ("Cross-Origin-Opener-Policy", 'same-origin; report-to="coop"'),
    ("X-Frame-Options", "sameorigin"),
    ("X-Unknown", "anything; at, all"),
]

MISSPELT = {
    "Content-Securty-Policy": "Content-Security-Policy",
    "content-securty-policy": "Content-Security-Policy",
    "Content-Security-Policy-Report-Olny": "Content-Security-Policy-Report-Only",
    "X_Frame_Options": "X-Frame-Options",
    "Referer-Policy": "Referrer-Policy",
    "Referrer-Polcy": "Referrer-Policy",
    "X-Frame-Option": "X-Frame-Options",
    "X-Content-Type-Option": "X-Content-Type-Options",
    "Strict-Transport-Securty": "Strict-Transport-Security",
    "Permission-Policy": "Permissions-Policy",
    "Cross-Origin-Embeder-Policy": "Cross-Origin-Embedder-Policy",
    "Cross-Origin-Opner-Policy": "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policies": "Cross-Origin-Resource-Policy",
    "Cache-Contol": "Cache-Control",
    "Access-Control-Allow-Origins": "Access-Control-Allow-Origin",
    "Reporting-Endpoint": "Reporting-Endpoints",
}
"""Misspelt names, and what they were meant to be."""

CORRECT_NAMES = [
    "Accept-CH",
    "Alt-Svc",
    "Content-DPR",
    "Critical-CH",
    "Custom-Header",
    "Document-Policy",
    "Expect-CT",
    "Feature-Policy",
    "Link",
    "NEL",
    "No-Vary-Search",
    "Observe-Browsing-Topics",
    "Origin-Agent-Cluster",
    "Pragma",
    "Priority",
    "Refresh",
    "Report-To",
    "Require-Document-Policy",
    "Server-Timing",
    "Service-Worker-Allowed",
    "SourceMap",
    "Speculation-Rules",
    "Supports-Loading-Mode",
    "Surrogate-Control",
    "Timing-Allow-Origin",
    "Via",
    "Warning",
    "X-Download-Options",
    "X-Forwarded-Host",
    "X-Powered-By",
    "X-Request-Id",
    "X_Request_Count",
    "X-Robots-Tag",
    "X-UA-Compatible",
    "X-XSS-Protection",
    "X-Accel-Expires",
    "Access-Control-Allow-Private-Network",
    "CDN-Cache-Control",
    "Request-Id",  # Stripe, ASP.NET
    "X-MS-Request-Id",  # Azure
    "CF-Request-ID",  # Cloudflare
]
"""Names that exist, or are the owner's, although they resemble others."""


@pytest.mark.parametrize(("name", "value", "hint"), BAD_HEADERS)
def test_a_header_that_cannot_be_sent_is_refused(
    name: Any, value: Any, hint: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        ResponseHeaders([("X-Good", "1"), (name, value)], where="policy.py")
    message = str(caught.value)
    assert message.startswith(f"policy.py: header {name!r}: {value!r}: ")
    assert hint in message
    assert "\n" not in message


def test_an_error_names_the_policy_by_default() -> None:
    with pytest.raises(HeaderError, match=r"^policy: header 'Server': 'mine': "):
        ResponseHeaders([("Server", "mine")])


@pytest.mark.parametrize(("name", "value", "hint"), BAD_HEADERS)
def test_an_override_that_cannot_be_sent_is_refused(
    name: Any, value: Any, hint: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        override_headers({name: value})
    assert hint in str(caught.value)
    assert str(caught.value).startswith("@override_headers: ")
    with pytest.raises(HeaderError) as caught:
        override_blueprint_headers(Blueprint("pages", __name__), {name: value})
    assert hint in str(caught.value)
    assert str(caught.value).startswith("override_blueprint_headers('pages'): ")


@pytest.mark.parametrize("value", [None, lambda: "1", RequestId, {"img-src": ["*"]}])
def test_what_a_row_cannot_have_as_its_value_is_refused(value: Any) -> None:
    hint = "an object such as RequestId() or Csp({...}); None is for overrides."
    with pytest.raises(HeaderError) as caught:
        ResponseHeaders([(CSP, value)])
    assert str(caught.value).endswith(hint)


def test_a_long_value_is_shortened_in_the_error() -> None:
    value = "camera=(), " * 100 + "usb"
    with pytest.raises(HeaderError, match=r"'usb' is not a directive") as caught:
        ResponseHeaders([("Permissions-Policy", value)])
    message = str(caught.value)
    assert message.startswith("policy: header 'Permissions-Policy': 'camera=(), camera")
    assert "...: 'usb' is not" in message
    assert len(message) < 350


@pytest.mark.parametrize("override", [None, str], ids=["None", "a function"])
@pytest.mark.parametrize("name", [b"X-Bytes", "Two Words", "Referer-Policy", "Server"])
def test_the_name_of_an_override_without_a_value_is_checked(
    name: Any, override: Any
) -> None:
    with pytest.raises(HeaderError):
        override_headers({name: override})


def test_a_name_in_bytes_is_a_header_error_also_if_python_forbids_mixing_them() -> None:
    code = (
        "from my_flask_app.response_headers import *\n"
        "for call in (\n"
        "    lambda: override_headers({b'X': 'v'}),\n"
        "    lambda: override_headers({b'X': None}),\n"
        "    lambda: override_headers({'X': b'v'}),\n"
        "    lambda: ResponseHeaders([(b'X', 'v')]),\n"
        "    lambda: ResponseHeaders([('X', b'v')]),\n"
        "):\n"
        "    try:\n"
        "        call()\n"
        "    except HeaderError as error:\n"
        "        print(error)\n"
    )
    src = Path(my_flask_app.response_headers.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-bb", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(src)},
    )
    names = done.stdout.count("a name is a string in quotes")
    values = done.stdout.count("a value is a string in quotes")
    assert (names, values) == (3, 2)


@pytest.mark.parametrize(("name", "value", "hint"), BAD_VALUES)
def test_a_value_that_browsers_would_ignore_is_refused(
    name: str, value: str, hint: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        ResponseHeaders([(name, value)], where="policy.py")
    message = str(caught.value)
    assert message.startswith(f"policy.py: header {name!r}: {value!r}: ")
    assert hint in message
    with pytest.raises(HeaderError):
        override_headers({name: value})


@pytest.mark.parametrize(("name", "value"), GOOD_VALUES)
def test_a_value_that_browsers_understand_is_accepted(name: str, value: str) -> None:
    ResponseHeaders([(name, value)])
    override_headers({name: value})


def test_the_value_of_a_header_for_https_is_checked() -> None:
    with pytest.raises(HeaderError, match="max-age: write it once"):
        ResponseHeaders([(HSTS, HttpsOnly("includeSubDomains"))])
    with pytest.raises(HeaderError, match="max-age: write it once"):
        override_headers({HSTS: HttpsOnly("includeSubDomains")})


@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_name_is_refused(name: str) -> None:
    hint = f"did you mean {MISSPELT[name]}? If not, write ExactName({name!r})."
    with pytest.raises(HeaderError) as caught:
        ResponseHeaders([(name, "value")])
    assert str(caught.value).endswith(hint)
    for override in ("value", None, lambda _: "value"):
        with pytest.raises(HeaderError) as caught:
            override_headers({name: override})
        assert str(caught.value).endswith(hint)


@pytest.mark.parametrize("name", CORRECT_NAMES)
def test_a_correct_name_is_accepted(name: str) -> None:
    ResponseHeaders([(name, "value")])
    override_headers({name: "value"})


@pytest.mark.parametrize("name", MISSPELT.values())
def test_a_well_known_name_is_accepted_in_any_case(name: str) -> None:
    for written in (name, name.lower(), name.upper()):
        override_headers({written: None})


def test_a_name_that_looks_misspelt_is_sent_if_it_is_marked_as_exact() -> None:
    app = make_app([(ExactName("X-Frame-Option"), "1"), ("X-Other", "1")])
    view = override_headers({ExactName("Referer-Policy"): "2"})(lambda: "text")
    app.add_url_rule("/page", "page", view)
    response = fetch(app, "/page")
    assert response.values("X-Frame-Option") == ["1"]
    assert response.values("Referer-Policy") == ["2"]


def test_names_and_values_reach_the_server_as_plain_strings() -> None:
    class Text(str):
        __slots__ = ()

    rows = [(ExactName("X-Frame-Option"), Text("1")), (Text("X-Text"), "1")]
    app = make_app(rows)
    view = override_headers({ExactName("Referer-Policy"): Text("2")})(lambda: "text")
    app.add_url_rule("/page", "page", view)
    for path in ("/page", "/missing", "/static/README.txt"):
        types = {type(part) for row in fetch(app, path).headers for part in row}
        assert types == {str}


@pytest.mark.parametrize("name", ["Server", "Content-Type", "Two Words", ""])
def test_an_exact_name_is_checked_otherwise(name: str) -> None:
    with pytest.raises(HeaderError):
        ResponseHeaders([(ExactName(name), "value")])


@pytest.mark.parametrize(
    "rows", [[("X-A", "1"), ("X-A", "2")], [("X-A", "1"), ("x-a", "1")]]
)
def test_a_duplicate_name_is_refused(rows: list[tuple[str, str]]) -> None:
    with pytest.raises(HeaderError, match="duplicate header name"):
        ResponseHeaders(rows)


def test_a_duplicate_name_in_an_override_is_refused() -> None:
    with pytest.raises(HeaderError, match="duplicate header name"):
        override_headers({"X-A": "1", "x-a": "2"})


@pytest.mark.parametrize(
    "row", ["X-A: 1", "X-A1", None, ("X-A",), ("X-A", "1", "2"), ["X-A", "1"]]
)
def test_a_row_that_is_not_a_tuple_of_two_is_refused(row: Any) -> None:
    with pytest.raises(TypeError) as caught:
        ResponseHeaders([row], where="policy.py")
    assert str(caught.value) == (
        f"policy.py: {row!r} is not a (name, value) tuple."
        ' Write ("Name", "value"), with a comma in it and one after it.'
    )


def test_credentials_for_any_origin_are_refused() -> None:
    rows = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    with pytest.raises(HeaderError, match=r"for any origin \(\*\): name one origin"):
        ResponseHeaders(rows)
