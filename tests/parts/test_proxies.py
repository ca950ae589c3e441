"""Which ``X-Forwarded-*`` headers the app trusts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import request
from my_flask_app import create_app
from my_flask_app.response_headers import request_id

from tests.engine.wire import fetch

if TYPE_CHECKING:
    from flask import Flask


def scheme(app: Flask, **request_headers: str) -> bytes:
    """Return the scheme that the app sees."""
    app.add_url_rule("/scheme", "scheme", lambda: request.scheme)
    return fetch(app, "/scheme", headers=request_headers).body


FORWARDED = [
    # hops, the X-Forwarded-Proto that arrives, whether the request counts as HTTPS
    (None, "https", False),
    (0, "https", False),
    (1, "https", True),
    (1, "http", False),
    (1, "https, http", False),  # the client's is first, the proxy's last
    (1, "http, https", True),
    (2, "https, http", True),
    (2, "https", False),  # a proxy is missing: nothing is trusted
]


@pytest.mark.parametrize(("hops", "forwarded", "secure"), FORWARDED)
def test_only_the_configured_number_of_proxies_is_trusted(
    *, hops: int | None, forwarded: str, secure: bool
) -> None:
    app = create_app({} if hops is None else {"PROXY_HOPS": hops})
    expected = b"https" if secure else b"http"
    assert scheme(app, **{"X-Forwarded-Proto": forwarded}) == expected


def test_the_number_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_PROXY_HOPS", "1")
    assert scheme(create_app(), **{"X-Forwarded-Proto": "https"}) == b"https"


def test_the_client_s_address_comes_from_the_trusted_proxy() -> None:
    app = create_app({"PROXY_HOPS": 1})
    app.add_url_rule("/address", "address", lambda: str(request.remote_addr))
    headers = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    response = fetch(app, "/address", headers=headers)
    assert response.body == b"203.0.113.9"


@pytest.mark.parametrize("hops", [0, 1, 2])
def test_no_proxy_chooses_the_host_or_the_path_of_a_url(hops: int) -> None:
    app = create_app({"PROXY_HOPS": hops})
    app.add_url_rule("/url", "url", lambda: request.url)
    forged = {"X-Forwarded-Host": "forged.example", "X-Forwarded-Prefix": "/forged"}
    headers = forged | {"Forwarded": "host=forged.example", "X-Forwarded-Port": "99"}
    assert fetch(app, "/url", headers=headers).body == b"http://localhost/url"


@pytest.mark.parametrize("hops", [-1, "one", 1.5, True])
def test_an_invalid_number_is_refused(hops: Any) -> None:
    with pytest.raises(ValueError, match="FLASK_PROXY_HOPS is"):
        create_app({"PROXY_HOPS": hops})


@pytest.mark.parametrize(("hops", "is_trusted"), [(0, False), (1, True)])
def test_a_request_id_comes_from_a_trusted_proxy(
    *, hops: int, is_trusted: bool
) -> None:
    app = create_app({"PROXY_HOPS": hops})
    app.add_url_rule("/id", "id", lambda: request_id(request.environ))
    response = fetch(app, "/id", headers={"X-Request-ID": "of-the-proxy"})
    assert (response.body == b"of-the-proxy") is is_trusted
