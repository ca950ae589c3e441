"""The table of the Content-Security-Policy, how it is checked and how it is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, abort

from {{ cookiecutter.package_name }} import headers, precedence
from {{ cookiecutter.package_name }}.csp import Csp, amend, amend_csp
from {{ cookiecutter.package_name }}.overrides import (
    override_blueprint_headers,
    override_headers,
)
from {{ cookiecutter.package_name }}.validation import HeaderError

from tests.wire import ask

if TYPE_CHECKING:
    from flask import Flask

    from {{ cookiecutter.package_name }}.csp import Amendments

CSP = "Content-Security-Policy"

TABLE = {"default-src": ["'none'"], "img-src": ["'self'"], "sandbox": []}

BAD_DIRECTIVES: list[tuple[dict[str, Any], str]] = [
    ({"img-source": ["'self'"]}, "no directive img-source, did you mean img-src?"),
    ({"img-src": ["self"]}, "img-src: self counts only in single quotes: write 'self'"),
    (
        {"img-src": ["'slef'"]},
        "img-src: there is no keyword 'slef', did you mean self?",
    ),
    ({"img-src": ["https://a https://b"]}, "img-src: 'https://a https://b' is not one"),
    ({"img-src": ["https://a; script-src *"]}, "is not one source"),
    ({"img-src": [""]}, "img-src: '' is not one source"),
    ({"img-src": ["https://bücher.example"]}, "is not one source"),
    ({"img-src": "'self'"}, "img-src: write a list of sources"),
    ({"img-src": ["'none'", "'self'"]}, "img-src: 'none' stands alone"),
    ({"script-src": ["'strict-dynamic'"]}, "without a nonce or hash"),
    ({"script-src": ["nonce-abc"]}, "write 'nonce-abc'"),
    ({"script-src": ["sha256-abc="]}, "write 'sha256-abc='"),
    ({"require-trusted-types-for": ["script"]}, "write 'script'"),
]


@pytest.mark.parametrize(("directives", "mend"), BAD_DIRECTIVES)
def test_a_table_that_browsers_would_not_understand_is_refused(
    directives: dict[str, Any], mend: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        Csp(TABLE | directives)
    assert str(caught.value).startswith(f"policy.py: header '{CSP}': ")
    assert mend in str(caught.value)


@pytest.mark.parametrize(
    ("amendments", "mend"), BAD_DIRECTIVES[:6] + BAD_DIRECTIVES[10:]
)
def test_amendments_are_checked_where_they_are_written(
    amendments: dict[str, Any], mend: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        amend_csp(amendments)
    assert str(caught.value).startswith("amend_csp(): header ")
    assert mend in str(caught.value)


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
    amended = amend(TABLE, amendments)
    assert amended.get(directive) == expected
    assert {k: v for k, v in amended.items() if k != directive} == {
        k: v for k, v in TABLE.items() if k != directive
    }


@pytest.fixture
def app() -> Flask:
    """Make an app that has nothing of its own."""
    return headers.new_app(__name__)


def add_view(app: Flask, path: str, change: Any, blueprint_change: Any = None) -> None:
    """Add a view that aborts, with changes to the policy of its route and blueprint."""
    precedence.init_app(app, [(CSP, Csp(TABLE))])
    bp = Blueprint("pages", __name__)
    bp.add_url_rule(path, "page", override_headers({CSP: change})(lambda: abort(404)))
    if blueprint_change:
        override_blueprint_headers(bp, {CSP: blueprint_change})
    app.register_blueprint(bp)


def test_a_route_and_its_blueprint_amend_the_policy_together(app: Flask) -> None:
    route = amend_csp({"img-src": "https://route.example", "sandbox": None})
    blueprint = amend_csp({"img-src": "https://blueprint.example"})
    add_view(app, "/page", route, blueprint)
    assert ask(app, "/page").values(CSP) == [
        "default-src 'none'; img-src 'self' https://blueprint.example https://route.example"
    ]
    assert ask(app, "/missing").values(CSP) == [
        "default-src 'none'; img-src 'self'; sandbox"
    ]


def test_a_directive_without_a_value_survives_an_amendment(app: Flask) -> None:
    add_view(app, "/page", amend_csp({"img-src": "data:"}))
    secure = {"wsgi.url_scheme": "https"}
    assert ask(app, "/page", environ_overrides=secure).values(CSP) == [
        "default-src 'none'; img-src 'self' data:; sandbox; upgrade-insecure-requests"
    ]


def test_a_page_may_load_parts_over_http(app: Flask) -> None:
    add_view(app, "/page", amend_csp({"upgrade-insecure-requests": None}))
    secure = {"wsgi.url_scheme": "https"}
    assert "upgrade" not in ask(app, "/page", environ_overrides=secure).values(CSP)[0]


def test_there_must_be_a_policy_to_amend(app: Flask) -> None:
    add_view(app, "/page", amend_csp({"img-src": "*"}))
    with pytest.raises(HeaderError, match="needs a Csp of") as caught:
        precedence.init_app(app, [])
    assert caught.value.__notes__ == [
        f"This is the override of {CSP} for 'pages.page'."
    ]


def test_a_policy_without_directives_is_not_sent(app: Flask) -> None:
    precedence.init_app(app, [(CSP, Csp({}))])
    for scheme in ("http", "https"):
        wire = ask(app, environ_overrides={"wsgi.url_scheme": scheme})
        assert wire.values(CSP) == []
