"""Header values: a string, or an object that builds one for a response."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from .validation import check_name, check_value

if TYPE_CHECKING:
    from flask import Request, Response

Row = tuple[str, str]
"""A header as it is sent: its name and its value."""


class DynamicValue(ABC):
    """A value that depends on the response, or on its request.

    Only line breaks are checked in what it returns, so build it from validated parts.
    """

    per_request: ClassVar[bool] = False
    """Whether the value is unique to a request, so that no proxy can send it."""

    @abstractmethod
    def get_value(self, response: Response, request: Request) -> str | None:
        """Return the value for a response, or ``None`` to send no such header.

        Use the status and the headers of ``response`` only: the safety net knows no
        more of a response that Flask did not finish.
        """


CacheKey = Callable[["Response", "Request"], Hashable]
"""Returns one fact about a response and its request that a value depends on."""


class CachedValue(DynamicValue):
    """A value that is built once for all responses with the same cache key.

    >>> class HttpsOnly(CachedValue):
    ...     vary_on = (is_secure,)
    """

    vary_on: ClassVar[tuple[CacheKey, ...]]
    """What the value depends on. Values that share a function share one call of it."""

    @abstractmethod
    def build(self, *key: Any) -> str | DynamicValue | None:
        """Return the value for a cache key, ``None`` to send no such header.

        A ``DynamicValue`` is called again for every response.
        """

    def get_value(self, response: Response, request: Request) -> str | None:
        """Return the value for a response."""
        value = self.build(*(key(response, request) for key in self.vary_on))
        if isinstance(value, DynamicValue):
            return value.get_value(response, request)
        return value


Value = str | DynamicValue

Change = Callable[[Value | None], Value]
"""Builds a value from the one it overrides, which is ``None`` if there is none."""

Override = Value | Change | None
"""What one route or blueprint sends instead: a value, a change, ``None`` for nothing."""


def is_secure(_response: Response, request: Request) -> bool:
    """Whether the request came over HTTPS: a cache key."""
    return request.is_secure


def script_root(_response: Response, request: Request) -> str:
    """The path that the app is mounted under, usually ``""``: a cache key.

    It has one leading slash: browsers read ``//host`` as another site.
    """
    root = request.root_path.strip("/")
    return f"/{quote(root)}" if root else ""


class HttpsOnly(CachedValue):
    """A header that is sent over HTTPS only.

    Browsers must ignore ``Strict-Transport-Security`` over HTTP (RFC 6797, section 8.1).
    """

    vary_on = (is_secure,)

    def __init__(self, value: str) -> None:
        self.value = value

    def build(self, https: bool) -> str | None:  # noqa: FBT001 - a cache key
        """Return the value for HTTPS."""
        return self.value if https else None


def check_header(where: str, name: object, value: object) -> None:
    """Check a name and a value. A dynamic value is checked when it is built."""
    check_name(where, name, value)
    if isinstance(value, HttpsOnly):
        value = value.value
    if not isinstance(value, DynamicValue):
        check_value(where, str(name), value)
