"""Look inside WSGI middlewares, for the applications that they call."""

from __future__ import annotations

import inspect
import re
import weakref
from contextlib import suppress
from functools import partial
from pathlib import Path
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

    def path_of(self, app: Flask) -> str:
        """Return the path that an app is mounted at."""
        return next((path for path, each in self.apps if each is app), "")

    def _visit(self, wsgi: Any, path: str, *, mounted: bool = False) -> bool:
        """Look inside a callable, and return whether it leads to a Flask app."""
        if id(wsgi) in self._seen:
            return self._seen[id(wsgi)][0]
        self._seen[id(wsgi)] = True, wsgi  # as long as it is looked into
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
        if isinstance(value, str):
            self.paths += [path + each for each in _paths_in([value])]
        if isinstance(value, dict):
            value = list(value.items())
        if not isinstance(value, list | tuple):
            return _is_callable(value) and self._visit(value, path)
        pairs = [each if isinstance(each, tuple) else (each, each) for each in value]
        pairs = [each for each in pairs if len(each) == 2]
        names = [name for name, each in pairs if not _is_callable(each)]
        self.paths += [path + each for each in _paths_in(names)[:1]]
        leads = False
        for name, each in pairs:
            if _is_callable(each):
                prefix = "".join(_paths_in([name])).rstrip("/")
                found = self._visit(each, path + prefix, mounted=prefix != "")
                leads = leads or found
        return leads


def name_of(wsgi: Any) -> str:
    """Return what to call a WSGI application."""
    if isinstance(wsgi, Flask):
        return repr(wsgi)
    named = wsgi if hasattr(wsgi, "__qualname__") else type(wsgi)
    return f"{named.__module__}.{named.__qualname__}"


def _contents(wsgi: Any) -> Iterator[Any]:
    """Yield what a callable holds: attributes, arguments, the variables of a closure."""
    if isinstance(wsgi, weakref.ref):
        yield wsgi()
    elif isinstance(wsgi, MethodType):
        yield from (wsgi.__self__, wsgi.__func__)
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


def _is_callable(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


def _is_wsgi(value: Any) -> bool:
    """Whether it takes what a server passes to an application, by its parameters."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # it is not written in Python
        return False
    required = [each.name for each in parameters if each.default is each.empty]
    return len(required) == 2 and "start" in required[1]


def _paths_in(values: list[Any]) -> list[str]:
    return [
        value
        for value in values
        if isinstance(value, str)
        and _PATH.fullmatch(value)
        and not Path(value).exists()
    ]
