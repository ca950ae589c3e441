"""Look inside WSGI middlewares, for the applications that they call."""

from __future__ import annotations

import inspect
import re
from contextlib import suppress
from functools import partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH = re.compile(r"/[\w.~+-]+(/[\w.~+-]*)*")


class Reachable:
    """What a WSGI application leads to.

    ``apps`` has Flask apps and ``opaque`` other applications, each with the path that it
    is mounted at. ``paths`` has those that a middleware may answer by itself.
    """

    def __init__(self, wsgi: Any) -> None:
        self.apps: list[tuple[str, Flask]] = []
        self.opaque: list[tuple[str, Any]] = []
        self.paths: list[str] = []
        self._seen: dict[int, tuple[bool, Any]] = {}
        self._visit(wsgi, "")

    def _visit(self, wsgi: Any, path: str, *, mounted: bool = False) -> bool:
        """Look inside a callable, and return whether it leads to a Flask app."""
        if id(wsgi) in self._seen:
            return self._seen[id(wsgi)][0]
        self._seen[id(wsgi)] = isinstance(wsgi, Flask), wsgi
        if isinstance(wsgi, Flask):
            self.apps.append((path, wsgi))
            self._visit(wsgi.wsgi_app, path)
            return True
        before = len(self.opaque)
        found = [self._look_at(value, path) for value in _contents(wsgi)]
        leads = any(found)
        if not leads and (mounted or _is_wsgi(wsgi)):
            self.opaque[before:] = [(path, wsgi)]
        self._seen[id(wsgi)] = leads, wsgi
        return leads

    def _look_at(self, value: Any, path: str) -> bool:
        """Look at an application, a path, or several of them."""
        if isinstance(value, dict):
            value = list(value.items())
        leads, answered = False, []
        for each in value if isinstance(value, list | tuple) else [value]:
            pair = isinstance(each, tuple) and len(each) == 2
            name, wsgi = each if pair else ("", each)
            if callable(wsgi) and not isinstance(wsgi, type):
                mount = name.rstrip("/") if _is_path(name) else ""
                leads |= self._visit(wsgi, path + mount, mounted=mount != "")
            else:
                answered += [path + text for text in (name, wsgi) if _is_path(text)]
        self.paths += answered[:1]
        return leads


def name_of(wsgi: Any) -> str:
    """Return what to call a WSGI application."""
    if isinstance(wsgi, Flask):
        return repr(wsgi)
    named = wsgi if hasattr(wsgi, "__qualname__") else type(wsgi)
    return f"{named.__module__}.{named.__qualname__}"


def _contents(wsgi: Any) -> Iterator[Any]:
    """Yield what a callable holds: attributes, arguments, the variables of a closure."""
    if isinstance(wsgi, MethodType):
        yield wsgi.__self__
    elif isinstance(wsgi, partial):
        yield from (wsgi.func, wsgi.args, wsgi.keywords)
    elif isinstance(wsgi, FunctionType):
        for cell in wsgi.__closure__ or ():
            with suppress(ValueError):  # it is empty
                yield cell.cell_contents
    yield from getattr(wsgi, "__dict__", {}).values()
    for each in type(wsgi).__mro__:
        slots = vars(each).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            yield getattr(wsgi, name, None)


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and _PATH.fullmatch(value) is not None


def _is_wsgi(value: Any) -> bool:
    """Whether it has the parameters of a WSGI application."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # it is not written in Python
        return False
    required = [each.name for each in parameters if each.default is each.empty]
    return len(required) == 2 and "start" in required[1]
