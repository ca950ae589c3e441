"""Which other sites' pages may read the app's answers: CORS, by flask-cors.

https://flask-cors.readthedocs.io and https://fetch.spec.whatwg.org/#http-cors-protocol

``Vary: Origin`` is a row of ``policy.py``: it goes out with every response, so that no
cache answers one site with what another one was answered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import request
from flask_cors import CORS

if TYPE_CHECKING:
    from flask import Flask

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
"""What pages of other sites may ask, unless ``CORS_METHODS`` says otherwise."""

REQUEST_HEADERS = ["Authorization", "Content-Type"]
"""What they may send, beside what they always may; ``CORS_ALLOW_HEADERS``."""

MAX_AGE = 600
"""Seconds for which a browser keeps the answer to a preflight; ``CORS_MAX_AGE``."""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A method or the name of a header: RFC 9110, section 5.6.2."""

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]+)?"
)


def init_app(app: Flask) -> None:
    """Let the sites of ``CORS_ORIGINS`` read what the app answers; none if there is none.

    Raises:
        ValueError: something in the configuration cannot be used.
    """
    origins = _texts(app, "CORS_ORIGINS", [])
    credentials = _bool(app, "CORS_SUPPORTS_CREDENTIALS")
    for origin in origins:
        if mend := _mend(origin, origins, credentials=credentials):
            msg = f"FLASK_CORS_ORIGINS: {origin!r}: {mend}"
            raise ValueError(msg)

    app.before_request(_answer_preflight)
    CORS(
        app,
        # As patterns: of a text with brackets flask-cors would make a pattern of its own.
        origins="*"
        if "*" in origins
        else [re.compile(re.escape(origin) + r"\Z") for origin in origins],
        methods=_tokens(app, "CORS_METHODS", METHODS),
        allow_headers=_tokens(app, "CORS_ALLOW_HEADERS", REQUEST_HEADERS),
        expose_headers=_tokens(app, "CORS_EXPOSE_HEADERS", []),
        max_age=_seconds(app, "CORS_MAX_AGE", MAX_AGE),
        supports_credentials=credentials,
        send_wildcard=True,
        vary_header=False,  # policy.py
        always_send=False,
        resources=r"/*",
    )


def _answer_preflight() -> tuple[str, int] | None:
    """Answer what a browser asks before it sends a request, before any other function.

    It comes without cookies, so a function that wants a login would refuse it:
    https://fetch.spec.whatwg.org/#cors-preflight-fetch. It allows nothing by itself.
    """
    sent = request.headers
    asks = "Origin" in sent and "Access-Control-Request-Method" in sent
    return ("", 204) if request.method == "OPTIONS" and asks else None


def _mend(origin: str, origins: list[str], *, credentials: bool) -> str | None:
    """What to do about an origin that browsers would never send, or None."""
    if origin == "*":
        if credentials:
            return "credentials are not for any site (*): name each site."
        return "any site (*) stands alone." if len(origins) > 1 else None
    found = _ORIGIN.fullmatch(origin)
    if not found:
        return 'write scheme://host or scheme://host:port, in lower case, without a path, like "https://app.example". Patterns are not taken.'
    if found["port"] and _DEFAULT_PORTS.get(found["scheme"]) == found["port"]:
        return f"leave out {found['port']}: browsers do."
    return None


def _texts(app: Flask, name: str, default: list[str]) -> list[str]:
    """A list of texts from the configuration."""
    given: Any = app.config.get(name, default)
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return given
    msg = f"""FLASK_{name} is {given!r}: write a list, like '["one", "two"]'."""
    raise ValueError(msg)


def _tokens(app: Flask, name: str, default: list[str]) -> list[str]:
    """A list of methods or of names of headers from the configuration."""
    given = _texts(app, name, default)
    for each in given:
        if not TOKEN.fullmatch(each) or "*" in each:
            msg = f"FLASK_{name}: {each!r}: write letters, digits and -. Patterns are not taken."
            raise ValueError(msg)
    return given


def _bool(app: Flask, name: str) -> bool:
    given: Any = app.config.get(name, False)
    if isinstance(given, bool):
        return given
    msg = f"FLASK_{name} is {given!r}: write true or false."
    raise ValueError(msg)


def _seconds(app: Flask, name: str, default: int) -> int:
    given: Any = app.config.get(name, default)
    if type(given) is int and given >= 0:
        return given
    msg = f"FLASK_{name} is {given!r}: write a number of seconds, 0 or more."
    raise ValueError(msg)
