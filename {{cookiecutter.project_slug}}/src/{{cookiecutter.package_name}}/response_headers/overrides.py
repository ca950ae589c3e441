"""What one route or blueprint sends instead of the policy.

For a route, a decorator, above or below ``@bp.get``::

    @bp.get("/news")
    @override_headers({"Referrer-Policy": None, "Cache-Control": "max-age=60"})
    def news() -> str: ...

For a blueprint, one call::

    override_blueprint_headers(bp, {"Referrer-Policy": "origin"})

A string replaces the policy's value, ``None`` removes the header, and a function is
called once, with the value that it overrides, to build the new one. An override applies
to every response of its route or blueprint: errors, ``abort()`` and redirects, too.
"""

from __future__ import annotations

from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Blueprint

from .validation import DUPLICATE, HeaderError, check_dict, check_name
from .values import check_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .values import Override

View = TypeVar("View", bound="Callable[..., Any]")

_ATTRIBUTE = "header_overrides"
count = 0
"""How many overrides there are: a new one makes what was resolved before stale."""


def override_headers(overrides: Mapping[str, Override]) -> Callable[[View], View]:
    """Make a decorator that sends ``overrides`` instead of the policy.

    It marks the function, so it applies to every route of that function. Decorators
    between this one and the function must keep its attributes, as
    :func:`functools.wraps` does. In a class-based view, list it in ``decorators``.

    Raises:
        HeaderError: a header cannot be sent.
        TypeError: it decorates a class, or got no dict.
    """
    where = "@override_headers"
    _check(where, overrides)

    def decorate(view: View) -> View:
        if isinstance(view, type):
            msg = f"{where}: {view.__name__} is a class. Write decorators = [override_headers(...)] in it."
            raise TypeError(msg)
        marked: Any = view
        if not hasattr(view, "__dict__") or hasattr(view, "__self__"):
            # A bound method has no attributes of its own. Flask awaits a partial of a
            # coroutine function, and would not await a function around it.
            marked = update_wrapper(partial(view), view)
        _add(marked, overrides)
        return marked  # type: ignore[no-any-return]

    return decorate


def override_blueprint_headers(
    blueprint: Blueprint, overrides: Mapping[str, Override]
) -> None:
    """Send ``overrides`` instead of the policy with every response of a blueprint.

    A nested blueprint's own overrides win over those of its parent.

    Raises:
        HeaderError: a header cannot be sent.
        TypeError: it got no blueprint, or no dict.
    """
    where = "override_blueprint_headers"
    if not isinstance(blueprint, Blueprint):
        msg = f"{where}: {blueprint!r} is not a blueprint. Write {where}(bp, {{...}})."
        raise TypeError(msg)
    _check(f"{where}({blueprint.name!r})", overrides)
    _add(blueprint, overrides)


def overrides_of(target: object) -> dict[str, Override]:
    """Return the overrides of a view function or a blueprint."""
    found: dict[str, Override] = getattr(target, _ATTRIBUTE, {})
    return found


def _check(where: str, overrides: Mapping[str, Override]) -> None:
    check_dict(where, overrides, '{"Name": "value", "Other-Name": None}')
    seen: set[str] = set()
    for name, value in overrides.items():
        if value is None or callable(value):
            check_name(where, name, value)
        else:
            check_header(where, name, value)
        if name.lower() in seen:
            raise HeaderError(where, name, value, DUPLICATE)
        seen.add(name.lower())


def _add(target: object, overrides: Mapping[str, Override]) -> None:
    global count  # noqa: PLW0603
    setattr(target, _ATTRIBUTE, overrides_of(target) | dict(overrides))
    count += 1
