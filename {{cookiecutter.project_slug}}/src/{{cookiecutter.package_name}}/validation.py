"""Checks of header names and values, made when the app starts.

Werkzeug refuses a line break in a value only when the response is made, and does not
look at names at all: there, a line break is sent as a header of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .known_headers import mend_known
from .values import Computed

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A header's name: RFC 9110, section 5.6.2."""

PRINTABLE_LATIN_1 = re.compile(r"[ -~\xa0-\xff]*")
"""A header's value: RFC 9110, section 5.5, in the character set of WSGI (PEP 3333)."""

OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "date",
        "keep-alive",
        "proxy-connection",
        "server",
        "status",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""The server writes these."""

OF_ONE_RESPONSE = frozenset(
    {
        "accept-ranges",
        "age",
        "allow",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-md5",
        "content-range",
        "content-type",
        "etag",
        "expires",
        "last-modified",
        "location",
        "set-cookie",
        "www-authenticate",
    }
)
"""Flask or a view writes these: they describe one response, not all of them."""


TWICE = "the name stands there twice (upper and lower case are the same): keep one."


class HeaderError(ValueError):
    """A header that cannot be sent, and what to do about it.

    ``where`` is the file or the call that has the header.
    """

    def __init__(self, where: str, name: object, value: object, mend: str) -> None:
        super().__init__(f"{where}: header {name!r}: {mend} Given: {value!r}")


def check_name(where: str, name: object, value: object) -> None:
    """Check the name of a header; ``value`` is only for the error to show.

    Raises:
        HeaderError: the name cannot be sent.
    """
    if mend := _mend_name(name):
        raise HeaderError(where, name, value, mend)


def check_header(where: str, name: object, value: object) -> None:
    """Check one header. ``where`` is the place that an error names.

    A value that is computed has checked itself when it was made.

    Raises:
        HeaderError: the name or the value cannot be sent.
    """
    check_name(where, name, value)
    if isinstance(value, Computed):
        return
    if mend := _mend_value(value) or mend_known(str(name), str(value)):
        raise HeaderError(where, name, value, mend)


def check_computed(where: str, name: str, text: str) -> None:
    """Check a value that was computed for a response: it must not begin another line.

    The rest is left to what computes it. This is quick, and made for each response.

    Raises:
        HeaderError: there is a line break in it.
    """
    if "\n" in text or "\r" in text:
        mend = "what computes this value must write one line."
        raise HeaderError(where, name, text, mend)


def check_policy(where: str, rows: Iterable[object]) -> None:
    """Check every row of a policy, and that no name stands there twice.

    Raises:
        HeaderError: a row cannot be sent.
        TypeError: a row is no pair.
    """
    seen: dict[str, object] = {}
    for row in rows:
        if not isinstance(row, tuple) or len(row) != 2:
            mend = 'write a row as ("Name", "value"), with a comma after it.'
            msg = f"{where}: row {row!r}: {mend}"
            raise TypeError(msg)
        name, value = row
        check_header(where, name, value)
        if name.lower() in seen:
            raise HeaderError(where, name, value, TWICE)
        seen[name.lower()] = value
    credentials = seen.get("access-control-allow-credentials")
    if credentials == "true" and seen.get("access-control-allow-origin") == "*":
        mend = "browsers refuse credentials for any origin (*): name one origin."
        raise HeaderError(where, "Access-Control-Allow-Credentials", "true", mend)


def check_overrides(where: str, overrides: object) -> None:
    """Check what a route or a blueprint sends instead of the policy.

    Raises:
        HeaderError: a header cannot be sent.
        TypeError: ``overrides`` is no mapping.
    """
    if not isinstance(overrides, Mapping):
        mend = 'give it a dict such as {"Name": "value", "Other-Name": None}.'
        msg = f"{where}: {overrides!r}: {mend}"
        raise TypeError(msg)
    names = [str(name).lower() for name in overrides]
    for name, value in overrides.items():
        if names.count(str(name).lower()) > 1:
            raise HeaderError(where, name, value, TWICE)
        if value is None or callable(value):  # removed, or made of the value below
            check_name(where, name, value)
        else:
            check_header(where, name, value)


def _mend_name(name: object) -> str | None:
    if not isinstance(name, str):
        return "write the name as a text in quotes."
    if not TOKEN.fullmatch(name):
        return "a name is made of letters, digits and -, without blanks or a colon."
    if name.lower() in OF_THE_CONNECTION:
        return "leave it out: the server writes this header by itself."
    if name.lower() in OF_ONE_RESPONSE:
        return "leave it to the view: it describes one response."
    return None


def _mend_value(value: object) -> str | None:
    if not isinstance(value, str):
        return "write the value as a text in quotes."
    if not PRINTABLE_LATIN_1.fullmatch(value):
        return "use printable Latin-1 characters only, in one line."
    if value != value.strip():
        return "remove the blanks around the value: they would be lost on the way."
    return None
