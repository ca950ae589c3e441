"""Let pages of other sites read the app's responses: CORS, with flask-cors.

https://flask-cors.readthedocs.io and https://fetch.spec.whatwg.org/#http-cors-protocol

``Vary: Origin`` is a row of ``policy.py``. Every response has it, so that no cache sends one
site the response for another.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flask import request
from flask_cors import CORS

if TYPE_CHECKING:
    from flask import Flask

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
"""The methods that they may use, unless ``CORS_METHODS`` is set."""

REQUEST_HEADERS = ["Authorization", "Content-Type"]
"""The headers that they may send, unless ``CORS_ALLOW_HEADERS`` is set."""

MAX_AGE = 600
"""Seconds that browsers cache a preflight, unless ``CORS_MAX_AGE`` is set."""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A method or the name of a header: RFC 9110, section 5.6.2."""

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:[0-9]+)?"
)


def init_app(app: Flask) -> None:
    """Let the sites of ``CORS_ORIGINS`` read the app's responses. The default is none.

    Raises:
        ValueError: the configuration has a value that cannot be used.
    """
    origins = _texts(app, "CORS_ORIGINS", [])
    credentials = _bool(app, "CORS_SUPPORTS_CREDENTIALS")
    for origin in origins:
        if hint := _hint(origin, origins, credentials=credentials):
            msg = f"FLASK_CORS_ORIGINS: {origin!r}: {hint}"
            raise ValueError(msg)

    app.before_request(_answer_preflight)
    CORS(
        app,
        # As patterns: flask-cors takes a string with brackets for a pattern, too.
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
    """Answer a preflight before any other function does.

    It has no cookies, so a function that requires a login would refuse it:
    https://fetch.spec.whatwg.org/#cors-preflight-fetch. This allows nothing by itself.
    A view with ``@cross_origin`` answers by itself.
    """
    if not getattr(request.url_rule, "provide_automatic_options", True):
        return None
    sent = request.headers
    is_cors = "Origin" in sent and "Access-Control-Request-Method" in sent
    return ("", 204) if request.method == "OPTIONS" and is_cors else None


def _hint(origin: str, origins: list[str], *, credentials: bool) -> str | None:
    """Return how to fix an origin that browsers would never send."""
    if origin == "*":
        if credentials:
            return "browsers refuse credentials for any site (*): name each site."
        return (
            "any site (*) cannot be combined with others." if len(origins) > 1 else None
        )
    found = _ORIGIN.fullmatch(origin)
    if not found:
        return 'write scheme://host or scheme://host:port, in lower case, without a path, such as "https://app.example". Patterns are not allowed.'
    if found["port"] and _DEFAULT_PORTS.get(found["scheme"]) == found["port"]:
        return f"remove {found['port']}: browsers do not send it."
    return None


def _texts(app: Flask, name: str, default: list[str]) -> list[str]:
    """Return a list of strings from the configuration."""
    given: Any = app.config.get(name, default)
    if isinstance(given, list) and all(isinstance(each, str) for each in given):
        return given
    msg = f"""FLASK_{name} is {given!r}: write a list, like '["one", "two"]'."""
    raise ValueError(msg)


def _tokens(app: Flask, name: str, default: list[str]) -> list[str]:
    """Return a list of methods or header names from the configuration."""
    given = _texts(app, name, default)
    for each in given:
        if not TOKEN.fullmatch(each) or "*" in each:
            msg = f"FLASK_{name}: {each!r}: use letters, digits and -. Patterns are not allowed."
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
