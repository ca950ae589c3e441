"""What goes out over HTTPS only. Behind a proxy, ``proxies.py`` knows what that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .validation import check_header
from .values import Decided

if TYPE_CHECKING:
    from flask import Request, Response


def over_https(_response: Response, request: Request) -> bool:
    """Whether the request came over HTTPS; this decides values."""
    return request.is_secure


class HttpsOnly(Decided):
    """A header that is sent over HTTPS only: over HTTP browsers must ignore it.

    For Strict-Transport-Security: RFC 6797, section 7.2.

    Raises:
        HeaderError: the value cannot be sent.
    """

    facts = (over_https,)

    def __init__(self, name: str, value: str) -> None:
        check_header("policy.py", name, value)
        self._value = value

    def value_of(self, https: bool) -> str | None:  # noqa: FBT001 - a fact
        """Return the value where the request came over HTTPS."""
        return self._value if https else None
