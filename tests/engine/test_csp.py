"""The directives of a Content-Security-Policy: how they are checked and amended."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from my_flask_app.response_headers import (
    Csp,
    HeaderError,
    amend_csp,
    override_blueprint_headers,
    override_headers,
)
from my_flask_app.response_headers.csp import Amendments, amend

from .apps import bare_app, make_app, set_policy
from .wire import HTTPS, fetch

CSP = "Content-Security-Policy"

N, HASH, CDN = "'nonce-{nonce}'", "'sha256-abc='", "https://cdn.example"

DIRECTIVES = {"default-src": ["'none'"], "img-src": ["'self'"], "sandbox": []}

BAD_WORDS: list[tuple[dict[Any, Any], str]] = [
    ({"img-source": ["'self'"]}, "no directive 'img-source': did you mean img-src?"),
    ({"img_src": ["'self'"]}, "no directive 'img_src': did you mean img-src?"),
    ({"img-src:": ["'self'"]}, "no directive 'img-src:': did you mean img-src?"),
    ({"img-src data:": []}, "no directive 'img-src data:': did you mean img-src?"),
    ({b"img-src": []}, "no directive b'img-src': did you mean img-src?"),
    ({5: []}, "no directive 5."),
    # Python joins strings that have no comma between them.
    (
        {"img-src": ["'self'https://cdn.example"]},
        "img-src: a comma is missing between 'self' and https://cdn.example.",
    ),
    (
        {"img-src": ["https://a.examplehttps://b.example:1/c"]},
        "a comma is missing between https://a.example and https://b.example:1/c.",
    ),
    (
        {"img-src": ["https://a.example/bhttps://c.example"]},
        "a comma is missing between https://a.example/b and https://c.example.",
    ),
    ({"img-src": ["cdn.example'self'"]}, "between cdn.example and 'self'."),
    ({"img-src": ["data:blob:"]}, "a comma is missing between data: and blob:."),
    ({"script-src": [f"'self'{N}"]}, f"a comma is missing between 'self' and {N}."),
    ({"script-src": [N, HASH, "'self''unsafe-eval'"]}, "'self' and 'unsafe-eval'."),
    # Quotes that are missing, or of another kind.
    *(
        (
            {"img-src": [word]},
            f"img-src: {word} needs a single quote on each side: write 'self'.",
        )
        for word in ("self", "'self", "self'", '"self"', "\u2018self\u2019", "`self`")
    ),
    ({"img-src": ["none"]}, "none needs a single quote on each side: write 'none'."),
    ({"script-src": ["nonce-abc"]}, "nonce-abc needs a single quote on each side"),
    ({"script-src": ["sha256-abc="]}, "on each side: write 'sha256-abc='."),
    ({"require-trusted-types-for": ["script"]}, "on each side: write 'script'."),
    ({"img-src": ["'slef'"]}, "host \"'slef'\": did you mean self?"),
    ({"img-src": ["https//cdn.example"]}, "no keyword, scheme or host 'https//cdn."),
    ({"img-src": ["data:image/png"]}, "no keyword, scheme or host 'data:image/png'."),
    ({"img-src": [""]}, "no keyword, scheme or host ''."),
    # More than one source, and characters that no source has.
    ({"img-src": ["'self' data:"]}, "is not one source: character 7 is ' ' (SPACE)"),
    (
        {"img-src": ["data:; script-src *"]},
        "character 6 is ';' (SEMICOLON): write each",
    ),
    ({"img-src": ["'self', data:"]}, "character 7 is ',' (COMMA): write each source"),
    ({"img-src": ["'self'\n data:"]}, r"character 7 is '\n' (a line break): write"),
    (
        {"img-src": ["https://€.example"]},
        "character 9 is '€' (EURO SIGN): write a host",
    ),
    ({"img-src": ["https://bücher.example"]}, "write a host in Punycode (xn--...)"),
    # Not a string.
    ({"img-src": [5]}, "img-src: 5 is no source: a source is a string in quotes."),
    ({"img-src": ["'self'", None]}, "None is no source: a source is a string"),
    ({"img-src": [b"data:"]}, "b'data:' is no source: a source is a string"),
    ({"img-src": [["'self'"]]}, "is no source: a source is a string in quotes."),
]
"""Mistakes in a table and in an amendment, and the words of the error that matter."""

BAD_LISTS: list[tuple[dict[Any, Any], str]] = [
    *(
        ({"img-src": words}, "img-src: write a list of sources, such as [\"'self'\", ")
        for words in ("'self'", "'self' data:", b"data:", None, True, 5, {"data:"})
    ),
    ({"img-src": ["'none'", "'self'"]}, "img-src: 'none' cannot be combined with"),
    ({"script-src": ["'strict-dynamic'"]}, "without a nonce or hash"),
    ({"script-src": [N]}, "script-src: NONCE is for pages with a nonce only."),
]
"""Mistakes in a table only."""

GOOD_WORDS = [
    "*",
    "https:",
    "data:",
    "*.example.com",
    "https://*",
    "https://*.example.com:*",
    "wss://a-b.example:8443/c/d?e",
    "localhost:5000",
    "http://127.0.0.1:8000",
    "https://metadata.example:8080/data:/blob:",
    "my_host",
    "xn--bcher-kva.example",
    "chrome-extension://abcdef",
    "HTTPS://CDN.EXAMPLE",
    "'SELF'",
]
"""Sources that browsers understand."""


@pytest.mark.parametrize(("directives", "hint"), BAD_WORDS + BAD_LISTS)
def test_directives_that_browsers_would_ignore_are_refused(
    directives: dict[Any, Any], hint: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        Csp(DIRECTIVES | directives)
    message = str(caught.value)
    assert message.startswith(f"Csp(): header '{CSP}': {directives!r}: ")
    assert hint in message
    assert "\n" not in message


@pytest.mark.parametrize("word", GOOD_WORDS)
def test_a_source_that_browsers_understand_is_accepted(word: str) -> None:
    Csp({"img-src": [word]})
    amend_csp({"img-src": word})


@pytest.mark.parametrize(("amendments", "hint"), BAD_WORDS)
def test_amendments_that_browsers_would_ignore_are_refused(
    amendments: dict[Any, Any], hint: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        amend_csp(amendments)
    message = str(caught.value)
    assert message.startswith(f"amend_csp(): header '{CSP}': {amendments!r}: ")
    assert hint in message


def test_strict_dynamic_may_be_added_to_a_policy_that_has_a_nonce() -> None:
    change = amend_csp({"script-src": DYNAMIC})
    below = Csp({"script-src": [HASH]})
    response = fetch(make_app([(CSP, change(below))]))
    assert response.values(CSP) == [f"script-src {HASH} {DYNAMIC}"]
    with pytest.raises(HeaderError, match="without a nonce or hash"):
        change(Csp({}))


@pytest.mark.parametrize("words", [5, b"data:", {"data:": None}, {"data:"}])
def test_an_amendment_that_is_neither_a_string_nor_a_list_is_refused(
    words: Any,
) -> None:
    with pytest.raises(HeaderError, match="is no source: a source is a string in quot"):
        amend_csp({"img-src": words})


@pytest.mark.parametrize("given", ["img-src 'self'", ["'self'"], None, 5])
@pytest.mark.parametrize("call", [Csp, amend_csp])
def test_what_is_not_a_dict_of_directives_is_refused(call: Any, given: Any) -> None:
    with pytest.raises(TypeError) as caught:
        call(given)
    hint = f'{given!r} is not a dict. Pass a dict such as {{"img-src": '
    assert str(caught.value).startswith(f"{call.__name__}(): {hint}")


def test_a_directive_that_does_not_exist_is_not_removed() -> None:
    with pytest.raises(HeaderError, match="did you mean img-src"):
        amend_csp({"image-src": None})


@pytest.mark.parametrize(
    ("amendments", "directive", "expected"),
    [
        (
            {"img-src": "https://cdn.example"},
            "img-src",
            ["'self'", "https://cdn.example"],
        ),
        ({"img-src": ["data:", "blob:"]}, "img-src", ["'self'", "data:", "blob:"]),
        ({"img-src": "'self'"}, "img-src", ["'self'"]),
        ({"default-src": "'self'"}, "default-src", ["'self'"]),
        ({"font-src": "'self'"}, "font-src", ["'self'"]),
        ({"img-src": None}, "img-src", None),
        ({"font-src": None}, "font-src", None),
    ],
)
def test_a_source_is_added_and_a_directive_removed(
    amendments: Amendments, directive: str, expected: list[str] | None
) -> None:
    amended = amend(DIRECTIVES, amendments)
    assert amended.get(directive) == expected
    assert {k: v for k, v in amended.items() if k != directive} == {
        k: v for k, v in DIRECTIVES.items() if k != directive
    }


DYNAMIC, INLINE, HASHES = "'strict-dynamic'", "'unsafe-inline'", "'unsafe-hashes'"

MENDED: list[tuple[dict[str, Any], Amendments, list[str]]] = [
    # A new directive starts from what browsers use in its place: CSP 3, section 6.8.3.
    ({"style-src": ["'self'"]}, {"style-src-elem": CDN}, ["'self'", CDN]),
    ({"script-src": [N]}, {"script-src-elem": CDN}, [N, CDN]),
    ({"default-src": ["'self'"]}, {"script-src-elem": CDN}, ["'self'", CDN]),
    ({"default-src": ["'self'"]}, {"font-src": CDN}, ["'self'", CDN]),
    ({"default-src": ["'self'", N, INLINE]}, {"img-src": CDN}, ["'self'", CDN]),
    ({"child-src": ["'self'"]}, {"frame-src": CDN}, ["'self'", CDN]),
    ({"default-src": ["'self'"]}, {"frame-src": CDN}, ["'self'", CDN]),
    ({"frame-src": ["'self'"]}, {"fenced-frame-src": CDN}, ["'self'", CDN]),
    (
        {"child-src": ["data:"], "script-src": [CDN]},
        {"worker-src": "blob:"},
        ["data:", "blob:"],
    ),
    ({"script-src": ["'self'", HASH]}, {"worker-src": "blob:"}, ["'self'", "blob:"]),
    ({"script-src": [N, DYNAMIC]}, {"worker-src": "blob:"}, ["'self'", "blob:"]),
    ({"default-src": ["'self'"]}, {"worker-src": "blob:"}, ["'self'", "blob:"]),
    ({"default-src": ["'self'"]}, {"frame-ancestors": CDN}, [CDN]),
    ({"default-src": ["'self'"]}, {"form-action": CDN}, [CDN]),
    ({"script-src": ["'self'"]}, {"img-src": CDN}, [CDN]),
    # What means nothing for attributes is not taken over, and would turn off the rest.
    ({"style-src": ["'self'", N]}, {"style-src-attr": INLINE}, [INLINE]),
    ({"script-src": [N, DYNAMIC]}, {"script-src-attr": INLINE}, [INLINE]),
    ({"script-src": [HASH, DYNAMIC]}, {"script-src-attr": INLINE}, [INLINE]),
    (
        {"script-src": [HASH, HASHES]},
        {"script-src-attr": "'sha256-def='"},
        [HASH, HASHES, "'sha256-def='"],
    ),
    # Beside a nonce or a hash, browsers ignore 'unsafe-inline'.
    ({"style-src": ["'self'", N]}, {"style-src": INLINE}, ["'self'", INLINE]),
    ({"style-src": ["'self'", HASH]}, {"style-src": INLINE}, ["'self'", INLINE]),
    ({"style-src": ["'self'", N]}, {"style-src-elem": INLINE}, ["'self'", INLINE]),
    # One word that forbids everything.
    ({"img-src": ["'self'"]}, {"img-src": "'none'"}, ["'none'"]),
    ({"img-src": ["'self'"]}, {"frame-src": ["'none'"]}, ["'none'"]),
    # A policy for old browsers has what new ones ignore: it stays.
    (
        {"script-src": [N, DYNAMIC, INLINE, "https:"]},
        {"script-src": "'unsafe-eval'"},
        [N, DYNAMIC, INLINE, "https:", "'unsafe-eval'"],
    ),
    ({"default-src": [N, DYNAMIC]}, {"default-src": CDN}, [N, DYNAMIC, CDN]),
    ({"script-src": [N]}, {"script-src": DYNAMIC}, [N, DYNAMIC]),
    ({"script-src": [N, DYNAMIC]}, {"script-src": HASH}, [N, DYNAMIC, HASH]),
    # What it starts from may be amended, too, in any order.
    (
        {"style-src": ["'self'"]},
        {"style-src-elem": CDN, "style-src": "data:"},
        ["'self'", "data:", CDN],
    ),
    (
        {"style-src": [CDN], "default-src": ["'self'"]},
        {"style-src-elem": "data:", "style-src": None},
        ["'self'", "data:"],
    ),
]


@pytest.mark.parametrize(("directives", "amendments", "expected"), MENDED)
def test_an_amendment_allows_more_than_there_was(
    directives: dict[str, Any], amendments: Amendments, expected: list[str]
) -> None:
    name = next(iter(amendments))
    assert amend(directives, amendments)[name] == expected


IGNORED: list[tuple[dict[str, Any], Amendments, str]] = [
    *(
        (
            {"script-src": [N, DYNAMIC]},
            {name: word},
            f"browsers ignore {word} beside 'strict-dynamic': write <script nonce=",
        )
        for name in ("script-src", "script-src-elem")
        for word in ("'self'", CDN, "cdn.example", "https:", "data:", "*")
    ),
    (
        {"script-src": ["'self'", N]},
        {"script-src": DYNAMIC},
        "browsers ignore 'self' beside 'strict-dynamic'",
    ),
    *(
        (
            {name: words},
            {name: INLINE},
            "beside a nonce or hash: write <script nonce=",
        )
        for name in ("script-src", "script-src-elem", "default-src")
        for words in ([N], [HASH], [N, DYNAMIC])
    ),
    *(
        ({name: [INLINE]}, {name: word}, "it would turn 'unsafe-inline' off")
        for name in ("script-src", "style-src", "style-src-elem")
        for word in (HASH, "'nonce-abc'")
    ),
    ({}, {"style-src": [INLINE, HASH]}, "beside a nonce or hash"),
    ({"script-src": [N]}, {"script-src": HASHES}, "without a hash: add that of the"),
    ({}, {"style-src-attr": HASH}, "without 'unsafe-hashes': add that, too"),
    ({}, {"style-src-attr": CDN}, f"{CDN} means nothing there: remove it"),
    ({}, {"script-src-attr": N}, "means nothing there"),
    ({}, {"img-src": INLINE}, "'unsafe-inline' means nothing there"),
    ({}, {"img-src": N}, "means nothing there"),
    ({}, {"frame-ancestors": INLINE}, "means nothing there"),
    ({}, {"style-src": "'unsafe-eval'"}, "'unsafe-eval' means nothing there"),
    ({}, {"worker-src": DYNAMIC}, "'strict-dynamic' means nothing there"),
    (
        {"style-src-elem": ["'self'"]},
        {"style-src": CDN},
        f"browsers use style-src-elem in its place: add {CDN} to that",
    ),
]


@pytest.mark.parametrize(("directives", "amendments", "hint"), IGNORED)
def test_an_amendment_that_does_nothing_or_harm_is_refused(
    directives: dict[str, Any], amendments: Amendments, hint: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        amend(directives, amendments)
    name = next(iter(amendments))
    assert str(caught.value).startswith(f"amend_csp(): header '{CSP}': ")
    assert f": directive {name}: " in str(caught.value)
    assert hint in str(caught.value)


def amending_app(route: Any, blueprint: Any = None) -> Flask:
    """Make an app whose only page aborts, with overrides of its route and blueprint."""
    app = bare_app()
    bp = Blueprint("pages", __name__)
    bp.add_url_rule("/page", "page", override_headers({CSP: route})(lambda: abort(404)))
    if blueprint:
        override_blueprint_headers(bp, {CSP: blueprint})
    app.register_blueprint(bp)
    set_policy(app, [(CSP, Csp(DIRECTIVES))])
    return app


def test_a_route_and_its_blueprint_both_amend_the_policy() -> None:
    route = amend_csp({"img-src": "https://route.example", "sandbox": None})
    blueprint = amend_csp({"img-src": "https://blueprint.example"})
    app = amending_app(route, blueprint)
    assert fetch(app, "/page").values(CSP) == [
        "default-src 'none'; img-src 'self' https://blueprint.example https://route.example"
    ]
    assert fetch(app, "/missing").values(CSP) == [
        "default-src 'none'; img-src 'self'; sandbox"
    ]


def test_a_directive_without_sources_survives_an_amendment() -> None:
    app = amending_app(amend_csp({"img-src": "data:"}))
    assert fetch(app, "/page", environ_overrides=HTTPS).values(CSP) == [
        "default-src 'none'; img-src 'self' data:; sandbox; upgrade-insecure-requests"
    ]


def test_an_amendment_may_remove_upgrade_insecure_requests() -> None:
    app = amending_app(amend_csp({"upgrade-insecure-requests": None}))
    for path, upgrades in {"/page": False, "/missing": True}.items():
        (text,) = fetch(app, path, environ_overrides=HTTPS).values(CSP)
        assert ("upgrade-insecure-requests" in text) is upgrades


def test_a_policy_may_not_upgrade_insecure_requests() -> None:
    app = make_app([(CSP, Csp(DIRECTIVES, upgrade=False))])
    (text,) = fetch(app, environ_overrides=HTTPS).values(CSP)
    assert text == "default-src 'none'; img-src 'self'; sandbox"


@pytest.mark.parametrize("rows", [[], [(CSP, "default-src 'self'")]])
def test_an_amendment_without_a_csp_to_amend_is_refused(rows: list[Any]) -> None:
    app = amending_app(amend_csp({"img-src": "*"}))
    with pytest.raises(HeaderError, match="it changes a Csp or PageCsp") as caught:
        set_policy(app, rows)
    assert str(caught.value).startswith("route override of 'pages.page': amend_csp(): ")


def test_a_policy_without_directives_is_not_sent() -> None:
    app = make_app([(CSP, Csp({}))])
    for environ in ({}, HTTPS):
        assert fetch(app, environ_overrides=environ).values(CSP) == []


def test_report_to_is_sent_over_https_only() -> None:
    reports = {"report-uri": ["/reports"], "report-to": ["csp"]}
    app = make_app([(CSP, Csp(reports, upgrade=False))])
    assert fetch(app).values(CSP) == ["report-uri /reports"]
    over_https = fetch(app, environ_overrides=HTTPS)
    assert over_https.values(CSP) == ["report-uri /reports; report-to csp"]


def test_the_directives_of_a_policy_are_copied() -> None:
    directives: dict[str, list[str]] = {"img-src": ["'self'"]}
    policy = Csp(directives)
    directives["img-src"].append("*")
    assert fetch(make_app([(CSP, policy)])).values(CSP) == ["img-src 'self'"]
    assert fetch(make_app([(CSP, policy.amended({"img-src": "*"}))])).values(CSP) == [
        "img-src 'self' *"
    ]


@pytest.mark.parametrize(
    ("script_name", "root"),
    [
        ("", ""),
        ("/mounted", "/mounted"),
        ("/mounted/", "/mounted"),
        ("//evil.example", "/evil.example"),
        ("///evil.example//", "/evil.example"),
        ("/a b;c", "/a%20b%3Bc"),
        ("/%0d%0aX: y", "/%250d%250aX%3A%20y"),
    ],
)
def test_reports_are_sent_below_the_script_root(script_name: str, root: str) -> None:
    app = make_app([(CSP, Csp({"report-uri": ["/reports"]}))])
    response = fetch(app, environ_overrides={"SCRIPT_NAME": script_name})
    assert response.values(CSP) == [f"report-uri {root}/reports"]


def test_each_path_of_report_uri_is_below_the_script_root() -> None:
    uris = ["/a", "https://reports.example/b", "/c"]
    app = make_app([(CSP, Csp({"report-uri": uris, "sandbox": []}))])
    response = fetch(app, environ_overrides={"SCRIPT_NAME": "/mounted"})
    assert response.values(CSP) == [
        "report-uri /mounted/a https://reports.example/b /mounted/c; sandbox"
    ]
