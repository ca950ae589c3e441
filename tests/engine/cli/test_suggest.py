"""``flask headers suggest``: from what browsers reported to the lines that allow it."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.views import MethodView
from my_flask_app.response_headers import (
    NONCE,
    REPORT_GROUP,
    Csp,
    PageCsp,
    ReportingEndpoints,
    ResponseHeaders,
    Value,
    amend_csp,
    override_headers,
)
from my_flask_app.response_headers.cli import blocked
from my_flask_app.response_headers.cli.blocked import shown
from my_flask_app.response_headers.cli.sources import (
    allows,
    parse_policy,
    parse_url,
    source_for,
)

from tests.engine.wire import fetch

CSP, COEP = "Content-Security-Policy", "Cross-Origin-Embedder-Policy"
PAGES = {
    "default-src": ["'none'"],
    "script-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "require-trusted-types-for": ["'script'"],
    "report-uri": ["/csp-reports"],
    "report-to": [REPORT_GROUP],
}
WITH_NONCE = {
    "script-src": [NONCE, "'strict-dynamic'"],
    "style-src": ["'self'", NONCE],
}
POLICY: list[tuple[str, Value]] = [
    (CSP, PageCsp(PAGES, WITH_NONCE, {"default-src": ["'none'"]})),
    (COEP, "require-corp"),
    ("Reporting-Endpoints", ReportingEndpoints("/csp-reports")),
]

HOST = "https://app.example"
CART, MAP_JS = f"{HOST}/cart", f"{HOST}/static/map.js"

Report = dict[str, Any]
Suggest = Callable[..., str]


def report(directive: str, blocked: str, **more: Any) -> Report:
    """Make a report as the report route logs it."""
    common = {"type": "csp-violation", "page": CART, "disposition": "enforce"}
    return {**common, "directive": directive, "blocked": blocked, **more}


def by(file: str) -> Report:
    """Say which file did it."""
    return {"source": file, "line": 7}


def log_of(reports: Iterable[Report]) -> str:
    """Write reports as the text format of the log does."""
    return "".join(f"12:00 WARNING - csp-report {json.dumps(r)}\n" for r in reports)


@pytest.fixture
def app() -> Flask:
    """Make an app with a few routes and a policy of two kinds of pages."""
    return make_app(POLICY)


def make_app(policy: list[tuple[str, Value]], **config: Any) -> Flask:
    """Make an app with a few routes."""
    app = Flask(__name__, static_folder="../static")
    app.config.from_mapping(config)
    bp = Blueprint("views", __name__)
    bp.add_url_rule("/cart", "cart", lambda: "")
    bp.add_url_rule("/cart/<int:number>", "item", lambda number: f"{number}")
    bp.add_url_rule("/search", "search", lambda: "", methods=["POST"])
    app.register_blueprint(bp)
    ResponseHeaders(policy, where="policy").init_app(app)
    return app


@pytest.fixture
def suggest(app: Flask) -> Suggest:
    """Return a function that runs the command on reports."""

    def run(*reports: Report, options: Iterable[str] = (), status: int = 0) -> str:
        return run_on(app, log_of(reports), *options, status=status)

    return run


def run_on(app: Flask, log: str, *options: str, status: int = 0) -> str:
    """Run the command on a log, and return what it prints."""
    command = ["headers", "suggest", *options]
    done = app.test_cli_runner().invoke(args=command, input=log)
    assert done.exit_code == status, done.output
    return done.output


def code_of(printed: str) -> list[str]:
    """Return the lines that are not comments, without their own comments."""
    lines = [line.partition("  #")[0] for line in printed.split("\n")]
    return [line.strip() for line in lines if line.strip() and line.strip()[0] != "#"]


def advice_of(printed: str) -> str:
    """Return the comments as one text."""
    comments = re.findall(r"^# +(?:- )?(.*)", printed, re.MULTILINE)
    return " ".join(comments)


def pasted(app: Flask, printed: str, endpoint: str) -> dict[str, Any]:
    """Do what is printed for one endpoint, and return what is overridden."""
    (code,) = re.findall(rf"# {re.escape(endpoint)}: .*\n((?:.+\n)*)", printed)
    first = printed.partition("\n")[0]
    assert first.startswith("from my_flask_app.response_headers import ")
    names: dict[str, Any] = {"app": app}
    view = "" if "app.view_functions" in code else "\ndef view(): ..."
    exec(f"{first}\n{code}{view}", names)  # noqa: S102
    target: Any = names["view"] if view else app.view_functions[endpoint]
    overrides: dict[str, Any] = target.header_overrides
    return overrides


# One report, one line


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (("img-src", "https://t.example/a/1.png"), '"img-src": "https://t.example"'),
        (("img-src", "http://T.example:8080"), '"img-src": "http://t.example:8080"'),
        (("img-src", "https://t.example:443/"), '"img-src": "https://t.example"'),
        (("img-src", "data"), '"img-src": "data:"'),
        (("font-src", "data"), '"font-src": "data:"'),
        (("media-src", "blob"), '"media-src": "blob:"'),
        (("media-src", f"{HOST}/film.mp4"), '"media-src": "\'self\'"'),
        (("font-src", "https://f.example/f.woff2"), '"font-src": "https://f.example"'),
        (("style-src-elem", "https://c.example/a.css"), '"style-src": "https://c.example"'),
        (("style-src", "https://c.example/a.css"), '"style-src": "https://c.example"'),
        (("worker-src", f"{HOST}/static/sw.js"), '"worker-src": "\'self\'"'),
        (("worker-src", "blob"), '"worker-src": "blob:"'),
        (("frame-src", f"{HOST}/file.pdf"), '"frame-src": "\'self\'"'),
        (("script-src", "wasm-eval"), '"script-src": "\'wasm-unsafe-eval\'"'),
    ],
)  # fmt: skip
def test_what_is_blocked_becomes_a_line(
    app: Flask, suggest: Suggest, sent: tuple[str, str], line: str
) -> None:
    printed = suggest(report(*sent))
    assert f"{line}," in code_of(printed)
    csp = pasted(app, printed, "views.cart")[CSP](dict(POLICY)[CSP])
    assert isinstance(csp, PageCsp)


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (("style-src-attr", "inline"), '"style-src-attr": "\'unsafe-inline\'"'),
        (("style-src-elem", "inline"), '"style-src-elem": "\'unsafe-inline\'"'),
        (
            ("require-trusted-types-for", "trusted-types-sink"),
            '"require-trusted-types-for": None',
        ),
    ],
)
@pytest.mark.parametrize("file", [MAP_JS, "https://cdn.example/lib.js"])
def test_what_a_library_s_file_does_becomes_a_line(
    suggest: Suggest, sent: tuple[str, str], line: str, file: str
) -> None:
    assert f"{line}," in code_of(suggest(report(*sent, **by(file))))


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (("script-src-elem", "inline"), "an inline <script> is blocked: give it the no"),
        (("script-src", "inline"), "an inline <script> is blocked: give it the nonce"),
        (("script-src-attr", "inline"), "use addEventListener()"),
        (("style-src-elem", "inline"), 'nonce: <style nonce="{{ csp_nonce() }}">'),
        (("style-src", "inline"), "an inline <style> is blocked: give it the nonce"),
        (("style-src-attr", "inline"), "style= is blocked: use a class"),
        (
            ("require-trusted-types-for", "trusted-types-sink"),
            "the page's own script writes HTML",
        ),
        (("base-uri", "https://evil.example/"), "<base> is blocked: remove it"),
        (("frame-ancestors", "https://p.example/"), "another site shows this page"),
        (
            ("script-src-elem", "https://c.example/a.js"),
            '<script src="https://c.example/a.js" nonce="{{ csp_nonce() }}">',
        ),
        (("script-src-elem", f"{HOST}/static/a.js"), "give it the nonce: <script src="),
        (("script-src-elem", "data"), "give it the nonce: <script src="),
        (("form-action", f"{HOST}/go"), "a redirect leads elsewhere"),
        (("default-src", "https://t.example/"), "there is no line for that"),
        (("img-src", "filesystem"), "there is no line for that"),
        (("img-src", "inline"), "there is no line for that"),
        (("connect-src", "eval"), "there is no line for that"),
        (("img-src", "https://[::1]:8000/a.png"), "there is no line for that"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", ["", CART])
def test_what_the_page_itself_must_change_is_advice_and_no_line(
    suggest: Suggest, sent: tuple[str, str], words: str, file: str
) -> None:
    printed = suggest(report(*sent, **by(file)))
    assert code_of(printed) == []
    assert words in advice_of(printed)


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (("script-src", "eval"), '"script-src": "\'unsafe-eval\'"'),
        (("form-action", "https://p.example/pay"), '"form-action": "https://p.example"'),
        (("connect-src", "https://a.example/v1"), '"connect-src": "https://a.example"'),
        (("connect-src", "wss://a.example/ws"), '"connect-src": "wss://a.example"'),
        (("frame-src", "https://m.example/"), '"frame-src": "https://m.example"'),
        (("worker-src", "https://m.example/"), '"worker-src": "https://m.example"'),
        (("object-src", "https://m.example/"), '"object-src": "https://m.example"'),
        (("object-src", "data"), '"object-src": "data:"'),
    ],
)  # fmt: skip
def test_what_may_send_data_elsewhere_is_commented_out(
    suggest: Suggest, sent: tuple[str, str], line: str
) -> None:
    alone = suggest(report(*sent))
    assert code_of(alone) == ([] if "my_flask_app" not in alone else code_of(alone)[:1])
    assert f"#         {line},  # only if it is yours: 1 time" in alone
    beside = suggest(report(*sent), report("img-src", "data"))
    assert f"        # {line},  # only if it is yours: 1 time" in beside
    assert f"{line}," not in code_of(beside)


def test_a_script_of_another_site_is_commented_out_where_hosts_count() -> None:
    rows: list[tuple[str, Value]] = [(CSP, Csp({"script-src": ["'self'"]}))]
    app = make_app(rows)
    sent = [report("script-src-elem", "https://c.example/a.js")]
    assert '#         "script-src": "https://c.example",' in run_on(app, log_of(sent))
    inline = [report("script-src-elem", "inline")]
    assert "move it to a file" in advice_of(run_on(app, log_of(inline)))


# What is printed for an endpoint


def test_the_decorator_has_all_lines_and_says_where_they_come_from(
    app: Flask, suggest: Suggest
) -> None:
    tiles = [report("img-src", "https://t.example/1.png", **by(MAP_JS))] * 9
    tiles += [
        report("img-src", "https://t.example/2.png", page=f"{CART}/{n}", **by(MAP_JS))
        for n in (1, 2)
    ]
    other = report("img-src", "data", source="https://cdn.example/a.js?secret=1")
    printed = suggest(*tiles, other, report("style-src-attr", "inline", **by(CART)))
    assert printed.split("\n# Left out")[0].split("\n\n# No browser")[0] == (
        """\
from my_flask_app.response_headers import amend_csp, override_headers

# views.cart: 11 reports, on 1 page: app.example/cart
@override_headers({
    "Content-Security-Policy": amend_csp({
        "img-src": [
            "https://t.example",  # 9 times, on 1 page, from /static/map.js
            "data:",  # 1 time, on 1 page, from https://cdn.example/a.js?secret=1
        ],
    }),
    "Cross-Origin-Embedder-Policy": "credentialless",  # for sites that send no Cross-Origin-Resource-Policy
})
# - style= is blocked: use a class of a stylesheet, or of a style with the nonce:
#   <style nonce="{{ csp_nonce() }}"> (1 time, on 1 page, from line 7 of the page)

# views.item: 2 reports, on 2 pages: app.example/cart/1, app.example/cart/2
@override_headers({
    "Content-Security-Policy": amend_csp({
        "img-src": "https://t.example",  # 2 times, on 2 pages, from /static/map.js
    }),
    "Cross-Origin-Embedder-Policy": "credentialless",  # for sites that send no Cross-Origin-Resource-Policy
})"""
    )
    assert pasted(app, printed, "views.item")[COEP] == "credentialless"


def test_all_output_is_python(suggest: Suggest) -> None:
    printed = suggest(
        report("img-src", "data"),
        report("connect-src", "https://a.example/"),
        report("connect-src", "https://b.example/"),
        report("script-src-elem", "inline"),
        report("img-src", "https://t.example", page=f"{CART}/1", disposition="report"),
    )
    code = re.sub(r"^(}\))$", r"\1\ndef view(): ...", printed, flags=re.MULTILINE)
    compile(code, "printed", "exec")
    assert "# Left out:\n# - 1 report of a policy that only reports\n" in printed


def test_a_frame_of_another_site_needs_no_coep(suggest: Suggest) -> None:
    printed = suggest(report("frame-src", "https://m.example/"))
    assert f'#     "{COEP}": None,  # with frame-src, for a site that' in printed
    assert "credentialless" not in printed


def test_files_of_other_sites_need_credentialless_only_where_corp_is_required() -> None:
    for value, there in [("require-corp", True), ("credentialless", False)]:
        rows: list[tuple[str, Value]] = [(CSP, Csp({"img-src": ["'self'"]}))]
        app = make_app([*rows, (COEP, value)])
        printed = run_on(app, log_of([report("img-src", "https://t.example/")]))
        assert ('"credentialless",  # for sites' in printed) is there


def test_at_most_ten_sources_of_a_directive_are_printed(suggest: Suggest) -> None:
    sent = [report("img-src", f"https://h{n}.example/") for n in range(25)]
    printed = suggest(*sent, sent[24])
    hosts = re.findall(r'"https://(h\d+)\.example"', printed)
    assert len(hosts) == 10
    assert hosts[0] == "h24"  # the most frequent
    assert "15 more: img-src" in advice_of(printed)


def test_at_most_ten_pieces_of_advice_are_printed(suggest: Suggest) -> None:
    sent = [report("script-src-elem", f"https://h{n}.example/") for n in range(25)]
    advice = advice_of(suggest(*sent))
    assert advice.count("a script is blocked") == 10
    assert "15 more: advice" in advice


def test_lines_work_together(app: Flask, suggest: Suggest) -> None:
    printed = suggest(
        report("style-src-elem", "https://c.example/a.css"),
        report("style-src-elem", "inline", **by(MAP_JS)),
        report("style-src-attr", "inline", **by(MAP_JS)),
    )
    paste = override_headers(pasted(app, printed, "views.cart"))
    app.add_url_rule("/new", "new", paste(lambda: ""))
    (csp,) = fetch(app, "/new").values(CSP)
    elements = parse_policy(csp)["style-src-elem"]
    assert {"https://c.example", "'unsafe-inline'"} <= {*elements}
    assert parse_policy(csp)["style-src-attr"] == ["'unsafe-inline'"]


@pytest.mark.parametrize("csp", ["default-src 'none'; img-src 'self'", None])
def test_a_policy_that_amend_csp_cannot_change_is_said(csp: str | None) -> None:
    rows: list[tuple[str, Value]] = [(CSP, csp)] if csp else []
    app = make_app([*rows, ("X-Frame-Options", "DENY")])
    printed = run_on(app, log_of([report("img-src", "https://t.example/")]))
    assert code_of(printed) == []
    if csp:
        assert "it changes a Csp or PageCsp" in advice_of(printed)
        assert "header 'Content-Security-Policy'" in advice_of(printed)
    else:
        assert "1 report of what the policy allows by now" in advice_of(printed)


def test_an_override_of_the_route_is_respected(app: Flask) -> None:
    view = override_headers({CSP: amend_csp({"img-src": "https://t.example"})})
    app.add_url_rule("/wide", "wide", view(lambda: ""))
    page = {"page": f"{HOST}/wide"}
    allowed = report("img-src", "https://t.example/a", **page)
    printed = run_on(app, log_of([allowed, report("img-src", "data", **page)]))
    assert "# It has an override of Content-Security-Policy already: add" in printed
    assert "t.example" not in printed
    assert '"img-src": "data:",' in code_of(printed)


def test_a_class_based_view_has_decorators(app: Flask) -> None:
    class View(MethodView):
        def get(self) -> str:
            return ""

    app.add_url_rule("/class", view_func=View.as_view("view"))
    printed = run_on(app, log_of([report("img-src", "data", page=f"{HOST}/class")]))
    assert code_of(printed)[1::4] == ["decorators = [override_headers({", "})]"]


def test_a_page_of_the_static_folder_gets_a_call(app: Flask, suggest: Suggest) -> None:
    printed = suggest(report("img-src", "data", page=f"{HOST}/static/README.txt"))
    assert "override_headers({" in code_of(printed)
    assert CSP in pasted(app, printed, "static")
    again = suggest(report("img-src", "data", page=f"{HOST}/static/README.txt"))
    assert "of what the policy allows by now" in again


# Which reports count


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"disposition": "report"}, "of a policy that only reports"),
        ({"disposition": 7}, "of a policy that only reports"),
        ({"page": "https://staging.example/cart"}, "--page-host staging.example"),
        ({"page": f"{HOST}/nowhere"}, f"has no route: {HOST}/nowhere"),
        ({"page": f"{CART}/"}, f"has no route: {HOST}/cart/"),
        ({"page": "about"}, "that cannot be read"),
        ({"page": "data:text/html,x"}, "that cannot be read"),
        ({"page": 7}, "that cannot be read"),
        ({"directive": ""}, "that cannot be read"),
        ({"directive": None}, "that cannot be read"),
        ({"source": "chrome-extension://abc/a.js"}, "about extensions of browsers"),
        ({"source": "moz-extension"}, "about extensions of browsers"),
        ({"source": "webkit-masked-url://hidden/"}, "about extensions of browsers"),
        ({"blocked": "safari-web-extension://a"}, "about extensions of browsers"),
        ({"type": "coep"}, "of another kind: coep"),
        ({"blocked": f"{HOST}/a.png"}, "of what the policy allows by now"),
        ({"directive": "sandbox"}, "of what the policy allows by now"),
        ({"directive": "trusted-types"}, "of what the policy allows by now"),
    ],
)
def test_what_does_not_count_is_left_out_and_said(
    suggest: Suggest, more: Report, why: str
) -> None:
    sent = report("img-src", "https://t.example/a.png")
    printed = suggest(sent | more, *[report("font-src", "data")] * 3)
    assert "t.example" not in printed
    assert re.search(rf"# - 1 report .*{re.escape(why)}\n", printed)


def test_what_the_policy_allows_by_now_has_no_line(suggest: Suggest) -> None:
    printed = suggest(report("img-src", f"{HOST}/a.png"))
    assert "# There is nothing to suggest." in printed
    assert code_of(printed) == []


def test_reasons_are_limited(suggest: Suggest) -> None:
    printed = suggest(
        *[report("img-src", "data", page=f"{HOST}/{n}") for n in range(50)]
    )
    assert printed.count("has no route") == 10
    assert "40 reports for other reasons of these kinds" in printed


def test_a_page_that_answers_post_only_has_its_endpoint(suggest: Suggest) -> None:
    printed = suggest(report("img-src", "data", page=f"{HOST}/search"))
    assert "# views.search: 1 report" in printed


@pytest.mark.parametrize(
    ("config", "options", "counted"),
    [
        ({}, [], {"app", "localhost"}),  # the most frequent
        ({"SERVER_NAME": "b.example"}, [], {"b", "localhost"}),
        ({"TRUSTED_HOSTS": ["b.example", ".c.example"]}, [], {"b", "c", "localhost"}),
        ({}, ["--page-host", "b.example"], {"b"}),
        ({}, ["--page-host", "https://B.example:443/"], {"b"}),
        ({}, ["--page-host=b.example", "--page-host=app.example"], {"app", "b"}),
        ({"SERVER_NAME": "b.example"}, ["--page-host", "app.example"], {"app"}),
    ],
)
def test_pages_of_the_app_s_own_hosts_count(
    config: dict[str, Any], options: list[str], counted: set[str]
) -> None:
    app = make_app(POLICY, **config)
    pages = {
        "app": CART,
        "b": "https://b.example/cart",
        "c": "https://www.c.example:8443/cart",
        "localhost": "http://localhost:5000/cart",
    }
    sent = [
        report("img-src", f"https://{name}.test/", page=page)
        for name, page in pages.items()
        for _ in range(2 if name == "app" else 1)
    ]
    printed = run_on(app, log_of(sent), *options)
    assert {*re.findall(r'"https://(\w+)\.test"', printed)} == counted


@pytest.mark.parametrize(
    ("config", "options"),
    [
        ({"APPLICATION_ROOT": "/shop"}, []),
        ({}, ["--page-host", "app.example/shop"]),
        ({}, ["--page-host", "https://app.example/shop/"]),
    ],
)
def test_the_app_may_be_mounted_under_a_path(
    config: dict[str, str], options: list[str]
) -> None:
    app = make_app(POLICY, **config)
    sent = [
        report("img-src", "data", page=f"{HOST}/shop{path}") for path in ("/cart", "/x")
    ]
    sent += [report("img-src", "data", page=f"{HOST}/shopping/cart")]
    printed = run_on(app, log_of(sent), *options)
    assert "# views.cart: 1 report, on 1 page: app.example/shop/cart" in printed
    assert "no route: https://app.example/shop/x" in printed
    assert "no route: https://app.example/shopping/cart" in printed


def test_a_route_of_another_host_is_found() -> None:
    app = Flask(__name__, host_matching=True, static_host="app.example")
    app.add_url_rule("/cart", "one", lambda: "", host="app.example")
    app.add_url_rule("/cart", "two", lambda: "", host="b.example")
    ResponseHeaders(POLICY).init_app(app)
    sent = [report("img-src", "data", page="https://b.example/cart")]
    assert "# two: 1 report" in run_on(app, log_of(sent))


@pytest.mark.parametrize("route", ["views.item", "/cart/<int:number>"])
def test_it_can_be_narrowed_to_a_route(suggest: Suggest, route: str) -> None:
    sent = report("img-src", "data", page=f"{CART}/1"), report("img-src", "data")
    printed = suggest(*sent, options=["--route", route])
    assert "# views.item: 1 report" in printed
    assert "# views.cart" not in printed
    assert "1 report on a page of another route" in printed


@pytest.mark.parametrize(
    "host", ["a b", "", "https://", "[x]", "h:0", "h:99999", "\u00e9"]
)
def test_what_is_not_a_host_is_refused(suggest: Suggest, host: str) -> None:
    options = ["--page-host", host]
    printed = suggest(report("img-src", "data"), options=options, status=2)
    assert "is not a host: write example.com or example.com/path" in printed


def test_an_unknown_route_is_refused(suggest: Suggest) -> None:
    printed = suggest(report("img-src", "data"), options=["--route", "no"], status=2)
    assert "'no' is neither an endpoint nor a URL rule" in printed
    assert "views.item" in printed


# The log


def json_line(message: str) -> str:
    return json.dumps({"time": "t", "message": message, "request_id": "1", "line": 2})


PREFIXES: list[Callable[[str], str]] = [
    lambda message: f"12:00:01 WARNING 0a1b {message}",
    lambda message: f"[2026-01-01 12:00:00,1] WARNING in reports: {message}",
    lambda message: f"web-1  | 12:00:01 WARNING 0a1b {message}",
    json_line,
    lambda message: f"Nov 26 04:30:01 host gunicorn[7]: {json_line(message)}",
    lambda message: f"2026-01-01T00:00:00Z stderr F {json_line(message)}",
    lambda message: json.dumps({"log": json_line(message) + "\n", "stream": "stderr"}),
    lambda message: json.dumps({"MESSAGE": message, "_PID": "7"}),
    lambda message: json.dumps({"a": json.dumps({"log": json_line(message)})}),
    lambda message: f"{message} and more",
]
"""A line of text, of JSON, and either as systemd, Docker and Kubernetes keep it."""


@pytest.mark.parametrize("wrap", PREFIXES)
def test_reports_are_found_in_every_kind_of_log(
    app: Flask, wrap: Callable[[str], str]
) -> None:
    sent = report("img-src", "https://t.example/a", source=f'{HOST}/"\\é\u2028.js')
    line = wrap(f"csp-report {json.dumps(sent)}")
    printed = run_on(app, f'noise "csp-report"\n{line}\r\n{{"message": "other"}}\n')
    assert '"img-src": "https://t.example",' in code_of(printed)
    assert "from https://app.example/%22%5C%C3%A9%E2%80%A8.js" in printed


@pytest.mark.parametrize("wrap", PREFIXES[:4])
def test_the_app_s_own_lines_are_read(
    app: Flask, caplog: pytest.LogCaptureFixture, wrap: Callable[[str], str]
) -> None:
    caplog.set_level(logging.WARNING)
    body = {"document-uri": CART, "effective-directive": "img-src"}
    body |= {"blocked-uri": "https://t.example/a", "disposition": "enforce"}
    fetch(
        app,
        "/csp-reports",
        "POST",
        data=json.dumps({"csp-report": body}),
        content_type="application/csp-report",
    )
    (message,) = [r.getMessage() for r in caplog.records]
    assert '"img-src": "https://t.example",' in code_of(run_on(app, wrap(message)))


def test_the_log_may_be_a_file(app: Flask, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\xff\x00\n" + log_of([report("img-src", "data")]).encode())
    assert '"img-src": "data:",' in code_of(run_on(app, "", str(log)))
    assert '"img-src": "data:",' in code_of(run_on(app, log.read_text("latin-1"), "-"))
    assert [*tmp_path.iterdir()] == [log]


def test_a_large_log_is_read_in_bounded_memory(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocked, "MAX_DIFFERENT", 50)
    sent = [report("img-src", f"https://h{n}.example/") for n in range(1000)]
    log = "x" * 3_000_000 + "\n" + "noise\n" * 100_000 + log_of([*sent, *sent[:5] * 10])
    printed = run_on(app, log)
    assert '"https://h0.example",  # 11 times' in printed
    assert "950 reports after" in printed


@pytest.mark.parametrize(
    "log", ["", "\n", "noise\n", 'csp-report {"page"\n', "csp-report 7"]
)
def test_without_a_report_it_says_why_there_may_be_none(app: Flask, log: str) -> None:
    printed = run_on(app, log, status=2)
    assert "There is no report in the log. Why there may be none:" in printed
    for reason in ("no page was loaded", "HTTPS", "CSRF", "log level", "extension"):
        assert reason in printed
    assert "has no" not in printed


def test_reasons_that_are_certain_come_first() -> None:
    bare = run_on(make_app([("X-Frame-Options", "DENY")]), "", status=2)
    assert "\n- The policy has no Content-Security-Policy.\n" in bare
    silent = run_on(make_app([(CSP, Csp({"img-src": []}))]), "", status=2)
    assert "The Content-Security-Policy has no report-uri.\n" in silent
    assert "The policy has no report route" in silent
    app = make_app(POLICY)
    app.logger.setLevel(logging.ERROR)
    assert "\n- The app's logger drops warnings.\n" in run_on(app, "", status=2)
    app.logger.setLevel(logging.NOTSET)


def test_it_says_what_no_browser_reports(suggest: Suggest) -> None:
    advice = advice_of(suggest(report("img-src", "data")))
    for what in (
        "pop-up",
        "Referer",
        "worker fetches",
        "Resource-Policy",
        "page again",
    ):
        assert what in advice


# Reports of anyone

HOSTILE_HOSTS = [
    "https://*.example/",
    "https://*/",
    "*",
    "https:",
    "'unsafe-inline'",
    "'self'",
    "'none'",
    "https://evil.example;script-src *",
    "https://evil.example 'unsafe-eval'",
    "https://evil.example,https://more.example",
    "https://user@evil.example/",
    "https://user:pass@evil.example/",
    "https://evil.example\\@app.example/",
    "https://evil.example:0/",
    "https://evil.example:99999/",
    "https://evil.example:8080:80/",
    "https://evil.example:/",
    "https://evil_host.example/",
    "https://-evil.example/",
    "https://evil..example/",
    "https://evil.example./",
    "https://.example/",
    "https://ev\u0456l.example/",
    "https://\u212aelvin.example/",
    "https://evil.example\n/",
    "https://evil.exa\nmple/",
    "\thttps://evil.example/",
    "https://evil.example\r\nimport os/",
    "https://evil.example\x1b[2J/",
    "https://evil.example\u202e/",
    'https://evil.example/"\n})\nimport os\n#',
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://[::1]/",
    "https://[evil]/",
    "https:///evil.example/",
    "//evil.example/",
    "javascript:alert(1)",
    "ftp://evil.example/",
    "data:text/html,<script>",
    "{{ config }}",
    "\ud800",
    "",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTILE_HOSTS)
@pytest.mark.parametrize("directive", ["img-src", "style-src-elem", "connect-src"])
def test_a_host_that_is_not_one_never_becomes_code(
    suggest: Suggest, directive: str, host: str
) -> None:
    printed = suggest(report(directive, host))
    assert code_of(printed) == []
    assert "amend_csp" not in printed
    assert printed.isascii()
    assert printed.replace("\n", "").isprintable()
    assert "there is no line for that" in advice_of(printed)


HOSTILE_TEXTS = [
    "\n})\nimport os; os.system('x')\n",
    "\r\n@override_headers({})",
    "\x1b[31m\x1b]0;title\x07",
    "\u202e\u2028\x85\x00",
    "  # noqa",
    '"""',
    "{{ config }}{% raw %}",
    "<script>alert(1)</script>",
    "\ud800",
    "https://app.example/\n})\n",
    "https://app.example/#\x1b[2J",
    "y" * 5000,
]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize(
    "key", ["source", "page", "directive", "blocked", "type", "sample"]
)
def test_no_text_of_a_report_forges_a_line(
    suggest: Suggest, key: str, text: str
) -> None:
    good = report("img-src", "https://t.example/")
    forged = [good | {key: value} for value in (text, f"{good.get(key, '')}{text}")]
    printed = suggest(*forged, *[good] * 3)
    assert printed.isascii()
    assert printed.replace("\n", "").isprintable()
    code = code_of(printed)
    assert code[0].startswith("from my_flask_app.response_headers import")
    assert code[1:] == [
        "@override_headers({",
        f'"{CSP}": amend_csp({{',
        '"img-src": "https://t.example",',
        "}),",
        f'"{COEP}": "credentialless",',
        "})",
    ]
    assert not re.search(r"#\s*noqa|{{ config|<script>alert|\"\"\"", printed)
    assert max(map(len, printed.split("\n"))) < 300


@pytest.mark.parametrize(
    "directive",
    [
        "connect-src",
        "form-action",
        "frame-src",
        "child-src",
        "fenced-frame-src",
        "object-src",
        "worker-src",
        "script-src",
        "script-src-elem",
        "script-src-attr",
        "default-src",
        "base-uri",
        "frame-ancestors",
        "navigate-to",
        "report-uri",
        "report-to",
        "sandbox",
        "trusted-types",
        "upgrade-insecure-requests",
        "x-unknown",
        "Content-Security-Policy",
    ],
)
@pytest.mark.parametrize("csp", ["pages", "one"])
def test_a_forged_report_never_becomes_a_line_that_sends_data_elsewhere(
    directive: str, csp: str
) -> None:
    one: list[tuple[str, Value]] = [(CSP, Csp({"default-src": ["'self'"]}))]
    rows = POLICY if csp == "pages" else one
    app = make_app(rows)
    sent = report(directive, "https://evil.example/", **by(MAP_JS))
    printed = run_on(app, log_of([sent, report("img-src", "data")]))
    assert "evil.example" not in "\n".join(code_of(printed))
    assert '"img-src": ' in "\n".join(code_of(printed))


@pytest.mark.parametrize(
    "keyword", ["inline", "eval", "wasm-eval", "data", "blob", "self"]
)
@pytest.mark.parametrize("directive", ["script-src", "script-src-elem", "default-src"])
def test_a_forged_report_never_lets_scripts_in(
    suggest: Suggest, directive: str, keyword: str
) -> None:
    printed = suggest(report(directive, keyword, **by(MAP_JS)))
    code = "\n".join(code_of(printed))
    assert not re.search("unsafe-inline|'unsafe-eval|data:|blob:", code)


# Sources

PAGE = parse_url(CART)
assert PAGE


@pytest.mark.parametrize(
    ("sources", "blocked", "allowed"),
    [
        ("'none'", "https://a.example/", False),
        ("*", "https://a.example/", True),
        ("*", "data", False),
        ("https:", "https://a.example/", True),
        ("http:", "https://a.example/", True),
        ("https:", "http://a.example/", False),
        ("data:", "data", True),
        ("blob:", "data", False),
        ("'self'", f"{HOST}/a", True),
        ("'self'", "wss://app.example/", True),
        ("'self'", "http://app.example/a", False),
        ("'self'", "https://app.example:8443/a", False),
        ("'self'", "https://sub.app.example/a", False),
        ("https://a.example", "https://a.example/any", True),
        ("https://a.example", "http://a.example/any", False),
        ("http://a.example", "https://a.example/any", True),
        ("a.example", "https://a.example/any", True),
        ("A.Example", "https://a.example/any", True),
        ("a.example", "http://a.example/any", False),
        ("a.example", "https://b.a.example/any", False),
        ("*.a.example", "https://b.a.example/any", True),
        ("*.a.example", "https://c.b.a.example/any", True),
        ("*.a.example", "https://a.example/any", False),
        ("*.a.example", "https://nota.example/any", False),
        ("https://*.a.example:*", "https://b.a.example:8/", True),
        ("https://a.example:8443", "https://a.example:8443/", True),
        ("https://a.example:8443", "https://a.example/", False),
        ("https://a.example", "https://a.example:8443/", False),
        ("https://a.example:*", "https://a.example:8443/", True),
        ("https://a.example/js/", "https://a.example/js/a.js", True),
        ("https://a.example/js/", "https://a.example/css/a.css", False),
        ("https://a.example/a.js", "https://a.example/a.js", True),
        ("https://a.example/a.js", "https://a.example/a.jsx", False),
        ("https://a.example/", "https://a.example", True),
        ("wss://a.example", "wss://a.example/ws", True),
        ("https://a.example", "wss://a.example/ws", False),
        ("https: 'strict-dynamic' 'nonce-x'", "https://a.example/", False),
        ("'unsafe-inline'", "inline", True),
        ("'unsafe-inline' 'nonce-x'", "inline", False),
        ("'unsafe-inline' 'sha256-x'", "inline", False),
        ("'self'", "inline", False),
        ("'unsafe-eval'", "eval", True),
        ("'unsafe-eval'", "wasm-eval", True),
        ("'wasm-unsafe-eval'", "eval", False),
        ("'self'", "trusted-types-sink", False),
    ],
)
def test_sources_match_as_in_browsers(
    sources: str, blocked: str, *, allowed: bool
) -> None:
    assert PAGE
    assert allows(sources.split(), blocked, PAGE) is allowed


def test_on_a_page_over_http_self_allows_https() -> None:
    page = parse_url("http://app.example/")
    assert page
    assert allows(["'self'"], f"{HOST}/a", page)
    assert source_for("ws://app.example/", page) == "'self'"


def test_a_text_is_shown_without_what_means_something() -> None:
    assert (
        shown("/a b\n\x1b\"'{{<é#`\\") == "/a%20b%0A%1B%22%27%7B%7B%3C%C3%A9%23%60%5C"
    )
    assert len(shown("é" * 500)) == 80


# The page in debug mode


@pytest.fixture
def debugged(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Make the app as ``flask run --debug`` does."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    return make_app(POLICY)


def post(app: Flask, *bodies: Report) -> None:
    """Send reports as a browser does."""
    data = json.dumps([{"type": "csp-violation", "body": body} for body in bodies])
    kind = "application/reports+json"
    assert fetch(app, "/csp-reports", "POST", data=data, content_type=kind).code == 204


def body_of(blocked: str) -> Report:
    return {
        "documentURL": CART,
        "effectiveDirective": "img-src",
        "blockedURL": blocked,
        "disposition": "enforce",
    }


def test_the_page_shows_the_lines_for_what_came_in(debugged: Flask) -> None:
    before = fetch(debugged, "/_headers").body.decode()
    assert "Blocked since the start: 0 reports</h2>" in before
    assert "CSRF" in before
    post(debugged, body_of("https://t.example/a"), body_of("https://t.example/b"))
    page = fetch(debugged, "/_headers").body.decode()
    assert "Blocked since the start: 2 reports</h2>" in page
    assert "<h3>views.cart: 2 reports, on 1 page: app.example/cart</h3>" in page
    assert (
        "&#34;img-src&#34;: &#34;https://t.example&#34;,  # 2 times, on 1 page" in page
    )
    assert "import amend_csp, override_headers" in page
    assert "No browser reports a pop-up" in page


def test_the_page_says_what_it_left_out(debugged: Flask) -> None:
    post(debugged, body_of("https://t.example/a") | {"disposition": "report"})
    page = fetch(debugged, "/_headers").body.decode()
    assert ">1 report of a policy that only reports</pre>" in page


def test_the_page_escapes_what_is_reported(debugged: Flask) -> None:
    post(debugged, body_of("<script>alert(1)</script>"))
    page = fetch(debugged, "/_headers").body.decode()
    assert "alert" in page
    assert "<script>alert" not in page


def test_the_page_keeps_the_last_reports_only(debugged: Flask) -> None:
    for number in range(105):
        post(debugged, *[body_of(f"https://h{number}.example/")] * 20)
    page = fetch(debugged, "/_headers").body.decode()
    assert "Blocked since the start: 2000 reports" in page


def test_without_debug_mode_no_report_is_kept(app: Flask) -> None:
    post(app, body_of("https://t.example/a"))
    assert not any(isinstance(each, list | set) for each in app.extensions.values())
    assert "response_headers.recent_reports" not in app.extensions


def test_a_report_of_an_old_browser_has_the_directive_with_its_sources() -> None:
    old = report("img-src 'self'", "https://cdn.example")
    assert blocked.report_of(old).directive == "img-src"


def test_a_line_that_is_nested_too_deeply_is_no_report() -> None:
    line = f"{blocked.MARKER}{'[' * 100_000}"
    assert list(blocked.read([line])) == []


@pytest.mark.skipif(sys.platform == "win32", reason="it has no pseudo-terminals")
def test_a_terminal_is_no_log(app: Flask) -> None:
    keyboard, terminal = os.openpty()
    os.write(keyboard, b"\x04")  # the end of the input
    args = ["headers", "suggest", os.ttyname(terminal)]
    done = app.test_cli_runner().invoke(args=args)
    os.close(keyboard)
    os.close(terminal)
    assert done.exit_code == 2
    assert "name a log, or pipe one: flask headers suggest app.log" in done.output
