"""The policy of a page, its nonce, and what caches may do with it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

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
    request_finished,
    send_file,
    stream_template,
)
from flask.typing import ResponseReturnValue
from my_flask_app.response_headers import (
    NONCE,
    Directives,
    HeaderError,
    PageCaching,
    PageCsp,
    ReportingEndpoints,
    Value,
    amend_csp,
    csp_nonce,
    override_headers,
    report_only,
)

from .apps import bare_app, make_app, set_policy
from .cli.conftest import change_headers, without
from .response_kinds import HERE, KINDS, STATIC, Kind, fail
from .wire import HTTPS, RawResponse, fetch

CSP = "Content-Security-Policy"

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

PAGES_WITHOUT_LENGTH = {"a generator", "stream_template()"}
"""Their template runs after the headers are sent, so they may have a nonce."""


@pytest.fixture
def app() -> Flask:
    """Make an app that has a policy for pages, and no pages."""
    return make_app(POLICY)


def directives(response: RawResponse) -> dict[str, list[str]]:
    """Return the directives of the one policy of a response."""
    (text,) = response.values(CSP)
    parts = [part.split() for part in text.split("; ")]
    return {name: words for name, *words in parts}


def as_text(table: Directives, found: set[str]) -> str:
    """Return a policy as it is sent."""
    nonce = min(found, default="")
    parts = [" ".join([name, *words]) for name, words in table.items()]
    return "; ".join(parts).replace("{nonce}", nonce)


def nonces(response: RawResponse) -> set[str]:
    """Return the nonces in the policy of a response."""
    return set(re.findall(r"'nonce-([^']+)'", "".join(response.values(CSP))))


def with_nonce() -> str:
    return render_template("nonce.html")


def streamed_with_nonce() -> ResponseReturnValue:
    return stream_template("nonce.html")


def without_nonce() -> str:
    return render_template("kind.html")


@pytest.mark.parametrize("environ", [{}, HTTPS], ids=["http", "https"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_response_of_this_kind_has_the_policy_for_its_content(
    app: Flask, kind: Kind, environ: dict[str, str]
) -> None:
    kind.prepare(app)
    response = fetch(app, **kind.request, environ_overrides=environ)
    if response.code == 304:
        assert response.values(CSP) == []
        return
    is_page = response.values("Content-Type") == ["text/html; charset=utf-8"]
    expected = PAGES if is_page else OTHERS
    if kind.name in PAGES_WITHOUT_LENGTH:
        assert len(nonces(response)) == 1
        expected = {**PAGES, **WITH_NONCE}
    else:
        assert nonces(response) == set()
    if environ:
        expected = {**expected, "upgrade-insecure-requests": []}
    assert response.values(CSP) == [as_text(expected, nonces(response))]


@pytest.mark.parametrize("view", [with_nonce, streamed_with_nonce])
def test_a_page_has_its_nonce_in_the_policy(
    app: Flask, view: Callable[[], ResponseReturnValue]
) -> None:
    app.add_url_rule("/page", "page", view)
    response = fetch(app, "/page")
    (nonce,) = nonces(response)
    assert re.findall(r'nonce="([^"]+)"', response.body.decode()) == [nonce, nonce]
    found = directives(response)
    assert found["script-src"] == [f"'nonce-{nonce}'", "'strict-dynamic'"]
    assert found["style-src"] == ["'self'", f"'nonce-{nonce}'"]
    assert response.values("Cache-Control") == ["no-store"]


def test_a_page_without_a_nonce_allows_no_scripts(app: Flask) -> None:
    app.add_url_rule("/page", "page", without_nonce)
    response = fetch(app, "/page")
    assert directives(response)["script-src"] == ["'none'"]
    assert response.values("Cache-Control") == ["no-cache"]


def test_a_nonce_is_fresh_and_long_enough(app: Flask) -> None:
    app.add_url_rule("/page", "page", with_nonce)
    seen = set()
    for _ in range(100):
        seen |= nonces(fetch(app, "/page"))
    assert len(seen) == 100
    assert {len(nonce) for nonce in seen} == {32}  # 128 bits in hexadecimal


def test_threads_do_not_share_a_nonce(app: Flask) -> None:
    barrier = threading.Barrier(8)

    def view() -> str:
        first = csp_nonce()
        barrier.wait(60)
        assert csp_nonce() == first
        return render_template("nonce.html")

    app.add_url_rule("/page", "page", view)
    responses: list[RawResponse] = []
    threads = [
        threading.Thread(target=lambda: responses.append(fetch(app, "/page")))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for response in responses:
        (nonce,) = nonces(response)
        assert f'nonce="{nonce}"' in response.body.decode()
    assert len({nonce for each in responses for nonce in nonces(each)}) == 8


def json_with_unused_nonce() -> Response:
    csp_nonce()
    return jsonify(key="value")


def file_with_unused_nonce() -> Response:
    csp_nonce()
    return send_file(HERE / "templates" / "kind.html")


@pytest.mark.parametrize("view", [json_with_unused_nonce, file_with_unused_nonce])
def test_json_and_files_have_no_nonce(
    app: Flask, view: Callable[[], ResponseReturnValue]
) -> None:
    app.add_url_rule("/page", "page", view)
    response = fetch(app, "/page")
    assert nonces(response) == set()
    assert len(response.values(CSP)) == 1


def not_modified_with_nonce() -> Response:
    page = make_response(with_nonce())
    page.set_etag("1")
    page.make_conditional(request)
    return page


def not_modified_without_nonce() -> ResponseReturnValue:
    return "", 304


def not_modified_without_a_type() -> NoReturn:
    abort(Response(status=304, headers={"Content-Type": ""}))


@pytest.mark.parametrize(
    "view",
    [not_modified_with_nonce, not_modified_without_nonce, not_modified_without_a_type],
)
def test_a_page_that_has_not_changed_keeps_the_policy_that_the_browser_has(
    app: Flask, view: Callable[[], ResponseReturnValue]
) -> None:
    app.add_url_rule("/page", "page", view)
    response = fetch(app, "/page", headers={"If-None-Match": '"1"'})
    assert response.code == 304
    assert response.values(CSP) == []
    assert response.values("X-Content-Type-Options") == ["nosniff"]


def test_a_static_file_that_has_not_changed_has_no_policy_either(app: Flask) -> None:
    etag = fetch(app, STATIC).values("ETag")[0]
    response = fetch(app, STATIC, headers={"If-None-Match": etag})
    assert response.code == 304
    assert response.values(CSP) == []


def test_a_304_that_a_middleware_edits_is_still_that_of_a_page() -> None:
    app = bare_app()
    app.add_url_rule("/page", "page", not_modified_without_nonce)
    change_headers(app, without("Cache-Control"))
    set_policy(app, POLICY)
    response = fetch(app, "/page")
    assert response.code == 304
    assert response.values("Cache-Control") == ["no-cache"]


def test_a_response_that_becomes_a_304_at_the_end_has_no_policy(app: Flask) -> None:
    app.add_url_rule("/page", "page", with_nonce)

    def not_modified(_app: Flask, response: Response, **_: object) -> None:
        response.status_code = 304

    with request_finished.connected_to(not_modified, app):
        response = fetch(app, "/page")
    assert response.code == 304
    assert response.values(CSP) == []
    assert fetch(app, "/page").values(CSP) != []


@pytest.mark.parametrize("header", ["Content-Type", "content-type"])
@pytest.mark.parametrize(
    ("path", "content_type", "expected"),
    [("/page", "application/json", OTHERS), ("/json", "text/html", PAGES)],
)
def test_a_content_type_that_changes_at_the_end_changes_the_policy(
    app: Flask, path: str, content_type: str, expected: Directives, header: str
) -> None:
    app.add_url_rule("/page", "page", with_nonce)
    app.add_url_rule("/json", "json", lambda: {"key": "value"})

    def change(_app: Flask, response: Response, **_: object) -> None:
        response.headers[header] = content_type

    with request_finished.connected_to(change, app):
        response = fetch(app, path)
    assert response.values("Content-Type") == [content_type]
    assert directives(response) == expected


def test_an_error_page_has_its_own_nonce(app: Flask) -> None:
    app.register_error_handler(404, lambda _: (with_nonce(), 404))
    app.register_error_handler(500, lambda _: (with_nonce(), 500))
    app.add_url_rule("/page", "page", fail)
    for path, status in (("/missing", 404), ("/page", 500)):
        response = fetch(app, path)
        assert response.code == status
        (nonce,) = nonces(response)
        assert f'nonce="{nonce}"' in response.body.decode()


def test_an_error_page_has_the_nonce_of_the_page_that_failed(app: Flask) -> None:
    seen = []

    def view() -> NoReturn:
        seen.append(csp_nonce())
        abort(404)

    app.register_error_handler(404, lambda _: (with_nonce(), 404))
    app.add_url_rule("/page", "page", view)
    response = fetch(app, "/page")
    assert nonces(response) == {*seen}
    assert f'nonce="{seen[0]}"' in response.body.decode()


def test_a_page_with_a_nonce_may_have_its_own_cache_control(app: Flask) -> None:
    def view() -> Response:
        page = make_response(with_nonce())
        page.cache_control.max_age = 60
        return page

    app.add_url_rule("/page", "page", view)
    assert fetch(app, "/page").values("Cache-Control") == ["max-age=60"]


def test_responses_that_are_not_pages_get_no_cache_control(app: Flask) -> None:
    app.add_url_rule("/json", "json", lambda: {"key": "value"})
    assert fetch(app, STATIC).values("Cache-Control") == ["no-cache"]  # Flask's own
    assert fetch(app, "/json").values("Cache-Control") == []


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "TEXT/HTML",
        "Text/Html ; charset=UTF-8",
        "text/html;charset=utf-8",
        "application/xhtml+xml",
        "application/XHTML+xml; charset=utf-8",
    ],
)
def test_a_page_with_a_nonce_is_not_stored_however_its_type_is_written(
    app: Flask, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    app.add_url_rule("/page", "page", lambda: (with_nonce(), headers))
    response = fetch(app, "/page")
    assert len(nonces(response)) == 1
    assert response.values("Cache-Control") == ["no-store"]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/javascript",
        "text/javascript; charset=utf-8",
        "application/javascript",
        "Application/X-JavaScript ;charset=utf-8",
    ],
)
def test_a_script_may_load_what_a_worker_needs(app: Flask, content_type: str) -> None:
    scripts = {"script-src": ["'self'"], "connect-src": ["'self'"]}
    set_policy(app, [(CSP, PageCsp(PAGES, WITH_NONCE, OTHERS, scripts))])
    headers = {"Content-Type": content_type}
    amend = override_headers({CSP: amend_csp({"connect-src": "https://cdn.example"})})
    app.add_url_rule("/sw.js", "worker", lambda: ("", headers))
    app.add_url_rule("/cdn.js", "cdn", amend(lambda: ("", headers)))
    assert directives(fetch(app, "/sw.js")) == {**OTHERS, **scripts}
    amended = {**scripts, "connect-src": ["'self'", "https://cdn.example"]}
    assert directives(fetch(app, "/cdn.js")) == {**OTHERS, **amended}
    assert directives(fetch(app, STATIC)) == OTHERS


@pytest.mark.parametrize("suffix", [".js", ".mjs"])
def test_a_script_of_the_app_is_known_by_its_content_type(
    app: Flask, tmp_path: Path, suffix: str
) -> None:
    set_policy(app, [(CSP, PageCsp({}, {}, {}, {"script-src": ["'self'"]}))])
    (tmp_path / f"worker{suffix}").write_text("")
    app.static_folder = str(tmp_path)
    response = fetch(app, f"/static/worker{suffix}")
    assert directives(response) == {"script-src": ["'self'"]}


@pytest.mark.parametrize("content_type", ["text/plain", "text/htmlx", "text", ""])
def test_another_content_type_is_not_a_page(app: Flask, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    app.add_url_rule("/page", "page", lambda: (with_nonce(), headers))
    response = fetch(app, "/page")
    assert directives(response) == OTHERS
    assert response.values("Cache-Control") == []


def test_a_redirect_is_a_page(app: Flask) -> None:
    app.add_url_rule("/old", "old", lambda: redirect("/"))
    response = fetch(app, "/old")
    assert directives(response)["script-src"] == ["'none'"]
    assert response.values("Cache-Control") == ["no-cache"]


def test_a_policy_that_is_set_after_the_view_wins(app: Flask) -> None:
    def view() -> str:
        @after_this_request
        def own(response: Response) -> Response:
            response.headers[CSP] = "default-src 'self'"
            return response

        return with_nonce()

    app.add_url_rule("/page", "page", view)
    assert fetch(app, "/page").values(CSP) == ["default-src 'self'"]


# A directive that is not there starts from the one that browsers use in its place.
@pytest.mark.parametrize("name", ["style-src", "style-src-elem"])
def test_an_amendment_applies_to_pages_with_and_without_a_nonce(
    app: Flask, name: str
) -> None:
    amend = amend_csp({name: "https://cdn.example", "require-trusted-types-for": None})
    decorate = override_headers({CSP: amend})
    app.add_url_rule("/plain", "plain", decorate(lambda: render_template("kind.html")))
    app.add_url_rule("/nonce", "nonce", decorate(lambda: render_template("nonce.html")))
    plain, nonce = fetch(app, "/plain"), fetch(app, "/nonce")
    assert directives(plain)[name] == ["'self'", "https://cdn.example"]
    (value,) = nonces(nonce)
    expected = ["'self'", f"'nonce-{value}'", "https://cdn.example"]
    assert directives(nonce)[name] == expected
    for response in (plain, nonce):
        assert "require-trusted-types-for" not in directives(response)


def test_an_amendment_that_a_page_with_a_nonce_would_ignore_is_refused(
    app: Flask,
) -> None:
    amend = amend_csp({"script-src": "https://cdn.example"})
    app.add_url_rule("/page", "page", override_headers({CSP: amend})(lambda: "text"))
    with pytest.raises(HeaderError, match="beside 'strict-dynamic': write <script"):
        set_policy(app, POLICY)


def test_an_amendment_of_one_directive_leaves_the_nonce_of_another(app: Flask) -> None:
    removed = override_headers({CSP: amend_csp({"style-src": None})})
    app.add_url_rule("/page", "page", removed(lambda: render_template("nonce.html")))
    found = directives(fetch(app, "/page"))
    assert "style-src" not in found
    assert found["script-src"][1] == "'strict-dynamic'"


def test_an_amendment_applies_to_what_is_not_a_page(app: Flask) -> None:
    amend = override_headers({CSP: amend_csp({"form-action": "https://cdn.example"})})
    app.add_url_rule("/data", "data", amend(lambda: {"key": "value"}))
    assert directives(fetch(app, "/data"))["form-action"] == ["https://cdn.example"]


def test_an_amendment_may_remove_upgrade_insecure_requests(app: Flask) -> None:
    amend = amend_csp({"upgrade-insecure-requests": None})
    app.add_url_rule("/page", "page", override_headers({CSP: amend})(lambda: "text"))
    for path, upgrades in {"/page": False, "/missing": True}.items():
        found = directives(fetch(app, path, environ_overrides=HTTPS))
        assert ("upgrade-insecure-requests" in found) is upgrades


@pytest.mark.parametrize("environ", [{}, HTTPS], ids=["http", "https"])
def test_a_report_only_policy_is_sent_with_the_enforced_one(
    app: Flask, environ: dict[str, str]
) -> None:
    name = f"{CSP}-Report-Only"
    reports = {"report-uri": ["/csp-reports"]}
    set_policy(app, [*POLICY, *report_only({"img-src": ["'none'"]}, reports)])
    response = fetch(app, "/missing", environ_overrides=environ)
    assert response.values(name) == ["img-src 'none'; report-uri /csp-reports"]
    assert directives(response)["img-src"] == ["'self'"]
    set_policy(app, [*POLICY, *report_only({}, reports)])
    assert fetch(app, "/missing", environ_overrides=environ).values(name) == []


def test_a_report_only_policy_may_have_the_nonce(app: Flask) -> None:
    name = f"{CSP}-Report-Only"
    tried = report_only({"script-src": [NONCE, "'strict-dynamic'"]}, {})
    set_policy(app, [*POLICY, *tried])
    app.add_url_rule("/page", "page", with_nonce)
    response = fetch(app, "/page")
    (nonce,) = nonces(response)
    assert response.values(name) == [f"script-src 'nonce-{nonce}' 'strict-dynamic'"]
    assert fetch(app, "/missing").values(name) == ["script-src 'none'"]
    assert fetch(app, STATIC).values(name) == []


@pytest.mark.parametrize("table", ["pages", "others", "scripts"])
def test_a_nonce_in_a_policy_for_responses_without_one_is_refused(table: str) -> None:
    tables: dict[str, Directives] = {"pages": {}, "with_nonce": {}, "others": {}}
    tables[table] = {"script-src": [NONCE]}
    with pytest.raises(HeaderError, match="NONCE is for pages with a nonce") as caught:
        PageCsp(**tables)  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"PageCsp({table}): header '{CSP}': ")


@pytest.mark.parametrize("table", ["pages", "with_nonce", "others", "scripts"])
def test_the_table_with_a_mistake_is_named(table: str) -> None:
    tables: dict[str, Any] = {"pages": {}, "with_nonce": {}, "others": {}}
    tables[table] = {"img-src": ["self"]}
    with pytest.raises(HeaderError, match="write 'self'") as caught:
        PageCsp(**tables)
    assert str(caught.value).startswith(f"PageCsp({table}): header '{CSP}': ")
    tables[table] = "img-src 'self'"
    with pytest.raises(TypeError, match="is not a dict") as wrong_type:
        PageCsp(**tables)
    assert str(wrong_type.value).startswith(f"PageCsp({table}): ")


def test_a_mistake_in_a_report_only_policy_is_named() -> None:
    with pytest.raises(HeaderError, match=r"^report_only\(\): .* write 'self'\.$"):
        report_only({"img-src": ["self"]}, {})
    with pytest.raises(TypeError, match=r"^report_only\(\): .* is not a dict\."):
        report_only("img-src 'self'", {})  # type: ignore[arg-type]


def test_the_tables_of_a_policy_are_copied(app: Flask) -> None:
    table: dict[str, list[str]] = {"img-src": ["'self'"]}
    policy = PageCsp(table, {}, table)
    table["img-src"].append("*")
    set_policy(app, [(CSP, policy)])
    assert fetch(app, "/missing").values(CSP) == ["img-src 'self'"]


def test_strict_dynamic_needs_a_nonce() -> None:
    with pytest.raises(HeaderError, match="without a nonce or hash"):
        PageCsp({"script-src": ["'strict-dynamic'"]}, {}, {})


@pytest.mark.parametrize(
    ("script_name", "root"),
    [("", ""), ("/mounted", "/mounted"), ("//evil.example", "/evil.example")],
)
def test_reports_are_sent_below_the_script_root(
    app: Flask, script_name: str, root: str
) -> None:
    response = fetch(app, environ_overrides={"SCRIPT_NAME": script_name})
    assert directives(response)["report-uri"] == [f"{root}/csp-reports"]
    assert response.values("Reporting-Endpoints") == [f'csp="{root}/csp-reports"']
