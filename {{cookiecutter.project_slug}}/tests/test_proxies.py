"""Whom the app believes that it is asked over HTTPS, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import request

from {{ cookiecutter.package_name }} import create_app

from .wire import ask

if TYPE_CHECKING:
    from flask import Flask


def scheme(app: Flask, **request_headers: str) -> bytes:
    """The scheme by which an app takes itself to be asked."""
    app.add_url_rule("/scheme", "scheme", lambda: request.scheme)
    return ask(app, "/scheme", headers=request_headers).body


FORWARDED = [
    # hops, the X-Forwarded-Proto that arrives, whether the app takes it for HTTPS
    (None, "https", False),
    (0, "https", False),
    (1, "https", True),
    (1, "http", False),
    (1, "https, http", False),  # the stranger's comes first, the proxy's last
    (1, "http, https", True),
    (2, "https, http", True),
    (2, "https", False),  # one proxy is missing: nothing is believed
]


@pytest.mark.parametrize(("hops", "forwarded", "secure"), FORWARDED)
def test_only_the_proxies_counted_are_believed(
    *, hops: int | None, forwarded: str, secure: bool
) -> None:
    app = create_app({} if hops is None else {"PROXY_HOPS": hops})
    expected = b"https" if secure else b"http"
    assert scheme(app, **{"X-Forwarded-Proto": forwarded}) == expected


def test_hops_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_PROXY_HOPS", "1")
    assert scheme(create_app(), **{"X-Forwarded-Proto": "https"}) == b"https"


def test_the_address_of_the_client_comes_from_the_proxies_counted() -> None:
    app = create_app({"PROXY_HOPS": 1})
    app.add_url_rule("/address", "address", lambda: str(request.remote_addr))
    wire = ask(app, "/address", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    assert wire.body == b"203.0.113.9"


@pytest.mark.parametrize("hops", [-1, "one", 1.5, True])
def test_hops_that_are_no_number_stop_the_app(hops: Any) -> None:
    with pytest.raises(ValueError, match="FLASK_PROXY_HOPS is"):
        create_app({"PROXY_HOPS": hops})
