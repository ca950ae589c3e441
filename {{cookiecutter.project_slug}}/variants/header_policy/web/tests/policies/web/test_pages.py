"""The policy of a page: with its nonce where it asked for one, and what caches may do."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from flask import (
    Flask,
    Response,
    abort,
    after_this_request,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    stream_template,
)
from jinja2 import FileSystemLoader

from {{ cookiecutter.package_name }} import headers, precedence
from {{ cookiecutter.package_name }}.csp import amend_csp
from {{ cookiecutter.package_name }}.nonce import (
    NONCE,
    PageCaching,
    PageCsp,
    csp_nonce,
    init_app,
    to_try_out,
)
from {{ cookiecutter.package_name }}.overrides import override_headers
from {{ cookiecutter.package_name }}.reports import ReportingEndpoints
from {{ cookiecutter.package_name }}.validation import HeaderError

from tests.response_kinds import HERE, KINDS, STATIC, Kind, fail
from tests.wire import Wire, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from {{ cookiecutter.package_name }}.csp import Directives
    from {{ cookiecutter.package_name }}.values import Value

CSP = "Content-Security-Policy"
SECURE = {"wsgi.url_scheme": "https"}


PAGES: Directives = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "require-trusted-types-for": ["'script'"],
    "report-uri": ["/csp-reports"],
}
WITH_NONCE: Directives = {
    "script-src": [NONCE, "'strict-dynamic'"],
    "style-src": ["'self'", NONCE],
}
OTHERS: Directives = {"default-src": ["'none'"], "form-action": ["'none'"]}

POLICY: list[tuple[str, Value]] = [
    (CSP, PageCsp(PAGES, WITH_NONCE, OTHERS)),
    ("X-Content-Type-Options", "nosniff"),
    ("Reporting-Endpoints", ReportingEndpoints("/csp-reports")),
    ("Cache-Control", PageCaching()),
]


@pytest.fixture
def app() -> Flask:
    """Make an app that has a policy and templates that these tests know."""
    app = headers.new_app(headers.__package__ or "")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    folders = [HERE / "templates", Path(__file__).parent / "templates"]
    app.jinja_loader = FileSystemLoader(folders)
    init_app(app)
    precedence.init_app(app, POLICY)
    return app


def directives(wire: Wire) -> dict[str, list[str]]:
    """The directives of the one policy that a response has."""
    (text,) = wire.values(CSP)
    parts = [part.split() for part in text.split("; ")]
    return {name: words for name, *words in parts}


def nonces(wire: Wire) -> set[str]:
    """Every nonce in a policy."""
    return set(re.findall(r"'nonce-([\w-]+)'", "".join(wire.values(CSP))))


def with_nonce() -> str:
    return render_template("nonce.html")


def another_with_nonce() -> str:
    return with_nonce()


def one_more_with_nonce() -> str:
    return with_nonce()


def streamed_with_nonce() -> ResponseReturnValue:
    return stream_template("nonce.html")


def conditional(page: Response) -> Response:
    page.set_etag("1")
    page.make_conditional(request)
    return page


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_response_of_this_kind_has_the_policy_that_fits(
    app: Flask, kind: Kind, *, secure: bool
) -> None:
    kind.prepare(app)
    wire = ask(app, **kind.request, environ_overrides=SECURE if secure else {})
    is_page = wire.values("Content-Type")[:1] == ["text/html; charset=utf-8"]
    if wire.code == 304 and kind.name != "a static file not modified":
        assert wire.values(CSP) == []
        return
    expected = PAGES if is_page else OTHERS
    if nonces(wire):
        assert is_page
        assert kind.name in WITHOUT_LENGTH, "it asked for no nonce"
        expected = {**PAGES, **WITH_NONCE}
    text = wire.values(CSP)[0].removesuffix("; upgrade-insecure-requests")
    assert text == as_text(expected, nonces(wire))


WITHOUT_LENGTH = {"a generator", "stream_template()"}
"""Pages whose template runs after the headers are sent."""


def as_text(table: Directives, found: set[str]) -> str:
    """The text of a table of directives, with the nonce that was found."""
    nonce = min(found, default="")
    parts = [" ".join([name, *words]) for name, words in table.items()]
    return "; ".join(parts).replace("{nonce}", nonce)


@pytest.mark.parametrize("view", [with_nonce, streamed_with_nonce])
def test_a_page_has_its_nonce_in_the_policy(
    app: Flask, view: Callable[[], ResponseReturnValue]
) -> None:
    app.add_url_rule("/page", "page", view)
    wire = ask(app, "/page")
    (nonce,) = nonces(wire)
    assert re.findall(r'nonce="([^"]+)"', wire.body.decode()) == [nonce, nonce]
    found = directives(wire)
    assert found["script-src"] == [f"'nonce-{nonce}'", "'strict-dynamic'"]
    assert found["style-src"] == ["'self'", f"'nonce-{nonce}'"]
    assert wire.values("Cache-Control") == ["no-store"]


def test_a_page_that_asks_for_no_nonce_allows_no_script(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: render_template("kind.html"))
    wire = ask(app, "/page")
    assert directives(wire)["script-src"] == ["'none'"]
    assert wire.values("Cache-Control") == ["no-cache"]


def test_a_nonce_is_fresh_and_long_enough(app: Flask) -> None:
    app.add_url_rule("/page", "page", with_nonce)
    seen = set()
    for _ in range(100):
        seen |= nonces(ask(app, "/page"))
    assert len(seen) == 100
    # 128 bits are 22 characters of 6 bits.
    assert {len(nonce) for nonce in seen} == {32}


def test_threads_do_not_share_a_nonce(app: Flask) -> None:
    barrier = threading.Barrier(8)

    def view() -> str:
        first = csp_nonce()
        barrier.wait(10)
        assert csp_nonce() == first
        return render_template("nonce.html")

    app.add_url_rule("/page", "page", view)
    wires: list[Wire] = []
    threads = [
        threading.Thread(target=lambda: wires.append(ask(app, "/page")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for wire in wires:
        (nonce,) = nonces(wire)
        assert f'nonce="{nonce}"' in wire.body.decode()
    assert len({nonce for wire in wires for nonce in nonces(wire)}) == 8


def asked_in_vain() -> str:
    """Ask for a nonce before the response turns out to be no page."""
    return csp_nonce()


def json_after_asking() -> Response:
    asked_in_vain()
    return jsonify(key="value")


def file_after_asking() -> Response:
    asked_in_vain()
    return send_file(HERE / "templates" / "kind.html")


def not_modified_after_asking() -> Response:
    return conditional(make_response(with_nonce()))


def not_modified_without_asking() -> ResponseReturnValue:
    return "", 304


def not_modified_without_a_type() -> NoReturn:
    abort(Response(status=304, headers={"Content-Type": ""}))


@pytest.mark.parametrize("view", [json_after_asking, file_after_asking])
def test_what_is_no_page_of_the_app_has_no_nonce(
    app: Flask, view: Callable[[], ResponseReturnValue]
) -> None:
    app.add_url_rule("/page", "page", view)
    wire = ask(app, "/page")
    assert nonces(wire) == set()
    assert len(wire.values(CSP)) == 1


@pytest.mark.parametrize(
    "view",
    [
        not_modified_after_asking,
        not_modified_without_asking,
        not_modified_without_a_type,
    ],
)
def test_a_page_that_has_not_changed_keeps_the_policy_it_came_with(
    app: Flask, view: Callable[[], ResponseReturnValue]
) -> None:
    app.add_url_rule("/page", "page", view)
    wire = ask(app, "/page", headers={"If-None-Match": '"1"'})
    assert wire.code == 304
    assert wire.values(CSP) == []
    assert wire.values("X-Content-Type-Options") == ["nosniff"]


def test_a_static_file_that_has_not_changed_has_the_policy_of_files(app: Flask) -> None:
    etag = ask(app, STATIC).values("ETag")[0]
    wire = ask(app, STATIC, headers={"If-None-Match": etag})
    assert wire.code == 304
    assert directives(wire) == OTHERS


def test_an_error_page_has_its_own_nonce(app: Flask) -> None:
    app.register_error_handler(404, lambda _: (with_nonce(), 404))
    app.register_error_handler(500, lambda _: (with_nonce(), 500))
    app.add_url_rule("/page", "page", fail)
    for path, status in (("/missing", 404), ("/page", 500)):
        wire = ask(app, path)
        assert wire.code == status
        (nonce,) = nonces(wire)
        assert f'nonce="{nonce}"' in wire.body.decode()


def test_an_error_page_after_a_page_that_failed_shares_its_nonce(app: Flask) -> None:
    def view() -> NoReturn:
        asked_in_vain()
        abort(404)

    app.register_error_handler(404, lambda _: (with_nonce(), 404))
    app.add_url_rule("/page", "page", view)
    wire = ask(app, "/page")
    (nonce,) = nonces(wire)
    assert f'nonce="{nonce}"' in wire.body.decode()


def test_a_view_decides_about_caches_itself(app: Flask) -> None:
    def view() -> Response:
        page = make_response(with_nonce())
        page.cache_control.max_age = 60
        return page

    app.add_url_rule("/page", "page", view)
    assert ask(app, "/page").values("Cache-Control") == ["max-age=60"]


def test_what_is_no_page_has_flask_s_own_cache_control_or_none(app: Flask) -> None:
    app.add_url_rule("/json", "json", lambda: {"key": "value"})
    assert ask(app, STATIC).values("Cache-Control") == ["no-cache"]
    assert ask(app, "/json").values("Cache-Control") == []


def test_xhtml_is_a_page_too(app: Flask) -> None:
    xhtml = {"Content-Type": "application/xhtml+xml"}
    app.add_url_rule("/page", "page", lambda: (with_nonce(), xhtml))
    assert nonces(ask(app, "/page"))


def test_a_redirect_is_a_page(app: Flask) -> None:
    app.add_url_rule("/old", "old", lambda: redirect("/"))
    wire = ask(app, "/old")
    assert directives(wire)["script-src"] == ["'none'"]
    assert wire.values("Cache-Control") == ["no-cache"]


def test_a_header_put_on_by_a_function_after_the_view_wins(app: Flask) -> None:
    def view() -> str:
        @after_this_request
        def own(response: Response) -> Response:
            response.headers[CSP] = "default-src 'self'"
            return response

        return with_nonce()

    app.add_url_rule("/page", "page", view)
    assert ask(app, "/page").values(CSP) == ["default-src 'self'"]


def test_amendments_reach_a_page_with_a_nonce_and_one_without(app: Flask) -> None:
    change = amend_csp(
        {"script-src": "https://cdn.example", "require-trusted-types-for": None}
    )
    decorate = override_headers({CSP: change})
    app.add_url_rule("/plain", "plain", decorate(lambda: render_template("kind.html")))
    app.add_url_rule("/nonce", "nonce", decorate(another_with_nonce))
    plain, nonce = ask(app, "/plain"), ask(app, "/nonce")
    assert directives(plain)["script-src"] == ["https://cdn.example"]
    assert directives(nonce)["script-src"][1:] == [
        "'strict-dynamic'",
        "https://cdn.example",
    ]
    assert nonces(nonce)
    for wire in (plain, nonce):
        assert "require-trusted-types-for" not in directives(wire)


def test_a_nonce_stays_with_a_directive_added_to(app: Flask) -> None:
    removed = override_headers({CSP: amend_csp({"style-src": None})})
    app.add_url_rule("/page", "page", removed(one_more_with_nonce))
    found = directives(ask(app, "/page"))
    assert "style-src" not in found
    assert found["script-src"][1] == "'strict-dynamic'"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_policy_to_try_out_goes_beside_the_one_in_force(
    app: Flask, scheme: str
) -> None:
    name = f"{CSP}-Report-Only"
    reports = {"report-uri": ["/csp-reports"]}
    to_try = {"img-src": ["'none'"]}
    environ = {"wsgi.url_scheme": scheme}
    precedence.init_app(app, [*POLICY, *to_try_out(to_try, reports)])
    wire = ask(app, "/missing", environ_overrides=environ)
    assert wire.values(name) == ["img-src 'none'; report-uri /csp-reports"]
    assert directives(wire)["img-src"] == ["'self'"]
    precedence.init_app(app, [*POLICY, *to_try_out({}, reports)])
    assert ask(app, "/missing", environ_overrides=environ).values(name) == []


def test_a_policy_to_try_out_may_rely_on_the_nonce(app: Flask) -> None:
    name = f"{CSP}-Report-Only"
    to_try = to_try_out({"script-src": [NONCE, "'strict-dynamic'"]}, {})
    precedence.init_app(app, [*POLICY, *to_try])
    app.add_url_rule("/page", "page", with_nonce)
    wire = ask(app, "/page")
    (nonce,) = nonces(wire)
    assert wire.values(name) == [f"script-src 'nonce-{nonce}' 'strict-dynamic'"]
    assert ask(app, "/missing").values(name) == ["script-src 'none'"]
    assert ask(app, STATIC).values(name) == []


@pytest.mark.parametrize("place", [0, 2])
def test_the_nonce_stands_where_there_is_one(place: int) -> None:
    tables: list[Directives] = [{}, {}, {}]
    tables[place] = {"script-src": [NONCE]}
    with pytest.raises(HeaderError, match="NONCE stands in WITH_NONCE only"):
        PageCsp(*tables)


def test_a_page_may_load_parts_over_http(app: Flask) -> None:
    change = amend_csp({"upgrade-insecure-requests": None})
    decorated = override_headers({CSP: change})(lambda: "text")
    app.add_url_rule("/page", "page", decorated)
    assert "upgrade-insecure-requests" not in directives(
        ask(app, "/page", environ_overrides=SECURE)
    )


def test_strict_dynamic_needs_the_nonce() -> None:
    with pytest.raises(HeaderError, match="lets nothing run without a nonce"):
        PageCsp({"script-src": ["'strict-dynamic'"]}, {}, {})


def test_reports_go_below_the_path_where_the_app_is_mounted(app: Flask) -> None:
    wire = ask(app, base_url="http://localhost/mounted")
    assert directives(wire)["report-uri"] == ["/mounted/csp-reports"]
    assert wire.values("Reporting-Endpoints") == ['csp="/mounted/csp-reports"']
