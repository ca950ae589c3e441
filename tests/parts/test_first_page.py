"""The first page of the policy "web" shows what is sent with it."""

from __future__ import annotations

import logging
from functools import partial
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from my_flask_app import create_app, first_page, policy
from my_flask_app.response_headers import STRATEGY, amend_csp, override_headers

from tests.engine.wire import HTTPS, RawResponse, fetch

if TYPE_CHECKING:
    from flask import Flask


class Terms(HTMLParser):
    """The terms of a page, with what it says of them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._tag = self._term = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, _: Any) -> None:
        """Remember where a text is."""
        self._tag = tag

    def handle_endtag(self, _: str) -> None:
        """Forget it."""
        self._tag = ""

    def handle_data(self, data: str) -> None:
        """Keep a text. Lines are as good as spaces."""
        if self._tag == "dt":
            self._term = data
        elif self._tag == "dd":
            self.found[self._term] = " ".join(data.split())


FACTS = {"Strategy", "Policy", "This response", "In the policy, but not sent here"}


def shown_in(response: RawResponse) -> dict[str, str]:
    """Return the headers that the page shows."""
    assert response.code == 200
    terms = Terms(response.body).found
    return {name: value for name, value in terms.items() if name not in FACTS}


def assert_shows_what_is_sent(response: RawResponse) -> None:
    """Check that the page shows the policy's headers, each as it is sent."""
    names = {name for name, _ in policy.HEADERS}
    sent = {name: value for name, value in response.headers if name in names}
    shown = shown_in(response)
    assert shown == sent
    assert len(shown) >= 12
    facts = Terms(response.body).found
    not_sent = ", ".join(name for name, _ in policy.HEADERS if name not in sent)
    assert facts.get("In the policy, but not sent here", "") == not_sent
    assert facts["This response"].startswith(f"{len(sent)} headers over ")


@pytest.mark.parametrize(
    "environ",
    [{}, HTTPS, {"SCRIPT_NAME": "/shop"}, HTTPS | {"SCRIPT_NAME": "/shop"}],
    ids=["HTTP", "HTTPS", "mounted", "mounted, HTTPS"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_values_are_those_that_are_sent(
    app: Flask, environ: dict[str, str], method: str
) -> None:
    response = fetch(app, "/", method, environ_overrides=environ)
    if method == "GET":
        assert_shows_what_is_sent(response)
        assert response.values("Content-Length") == [str(len(response.body))]
    else:
        assert response.body == b""


def test_the_values_are_those_of_an_override(app: Flask) -> None:
    override = override_headers(
        {
            "X-Frame-Options": None,
            "Content-Security-Policy": amend_csp({"img-src": "https://cdn.example"}),
            "Referrer-Policy": "origin",
        }
    )
    view = app.view_functions["views.hello"]
    app.view_functions["views.hello"] = override(partial(view))
    response = fetch(app)
    assert_shows_what_is_sent(response)
    shown = shown_in(response)
    assert "X-Frame-Options" not in shown
    assert shown["Referrer-Policy"] == "origin"
    assert "https://cdn.example" in shown["Content-Security-Policy"]


def test_the_nonce_is_shown_and_is_new_each_time(app: Flask) -> None:
    first, second = fetch(app), fetch(app)
    assert_shows_what_is_sent(first)
    assert_shows_what_is_sent(second)
    name = "Content-Security-Policy"
    assert shown_in(first)[name] != shown_in(second)[name]
    assert "'nonce-" in shown_in(first)[name]


def test_a_directive_has_a_line(app: Flask) -> None:
    page = fetch(app).body.decode()
    assert "\nobject-src &#39;none&#39;;\nbase-uri &#39;none&#39;;\n" in page
    assert "\nmagnetometer=(),\nmicrophone=(),\n" in page


def test_each_header_of_the_policy_has_a_group(app: Flask) -> None:
    page = fetch(app, environ_overrides=HTTPS).body.decode()
    own = page.partition("<h2>Your own</h2>")[2].partition("</section>")[0]
    assert list(Terms(own.encode()).found) == ["Custom-Header"]
    names = [name for _, _, names in first_page.GROUPS for name in names]
    assert len(set(names)) == len(names)
    assert page.count("<h2>") == len(first_page.GROUPS) + 2
    assert fetch(app).body.decode().count("<h2>") == len(first_page.GROUPS) + 1


def test_it_names_strategy_and_policy(app: Flask) -> None:
    facts = Terms(fetch(app).body).found
    assert facts["Strategy"] == STRATEGY
    assert facts["Policy"] == "web"


def test_the_command_has_the_address_of_the_page(app: Flask) -> None:
    request = {"environ_overrides": {"SCRIPT_NAME": "/shop"}}
    page = fetch(app, "/", **request).body.decode()
    assert '<pre id="command">curl -I http://localhost/shop/</pre>' in page


def test_in_debug_mode_it_links_to_the_headers_page_and_names_the_file() -> None:
    app = create_app({"DEBUG": True})
    page = fetch(app, environ_overrides={"SCRIPT_NAME": "/shop"}).body.decode()
    assert '<a href="/shop/_headers">' in page
    assert f"<code>{policy.__file__}</code>" in page
    assert "--debug" not in page


def test_otherwise_it_names_no_path_and_links_to_nothing(app: Flask) -> None:
    page = fetch(app).body.decode()
    assert "<a " not in page
    assert "<code>policy.py</code>.</li>" in page
    assert policy.__file__ not in page
    assert "<code>flask run --debug</code>" in page


def test_there_is_no_link_without_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app({"DEBUG": True})
    monkeypatch.delitem(app.view_functions, "headers_page.show")
    page = fetch(app).body.decode()
    assert "_headers" not in page
    assert "--debug" not in page


def test_nothing_is_logged(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fetch(app)
    assert caplog.messages == []
