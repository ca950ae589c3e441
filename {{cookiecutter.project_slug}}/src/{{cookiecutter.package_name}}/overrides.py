"""What one route or one blueprint sends instead of the policy.

For a route, a decorator, above or below ``@bp.get``::

    @bp.get("/widget")
    @override_headers({"X-Frame-Options": None, "Cache-Control": "max-age=60"})
    def widget() -> str: ...

For a blueprint, one call::

    override_blueprint_headers(bp, {"Referrer-Policy": "origin"})

A text is sent in place of the policy's value, ``None`` removes the header, and a
function is called, once, with the value that stands there to make the new one. All hold
for all that the route or blueprint answers: its errors, ``abort()``, its redirects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .validation import check_overrides

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Blueprint

    from .values import Override

View = TypeVar("View", bound="Callable[..., Any]")

_ATTRIBUTE = "header_overrides"


def override_headers(overrides: Mapping[str, Override]) -> Callable[[View], View]:
    """Make a decorator: the view's responses carry ``overrides`` over the policy.

    It marks the function, so it holds for every route of this function. Decorators
    between the two must keep the function's attributes, as :func:`functools.wraps` does.
    A class-based view has it in its ``decorators``.

    Raises:
        HeaderError: a header cannot be sent.
        TypeError: it decorates a class, or stands there without its dict.
    """
    check_overrides("@override_headers", overrides)

    def decorate(view: View) -> View:
        if isinstance(view, type):
            msg = f"{view.__name__} is a class: write decorators = [override_headers(...)] in it."
            raise TypeError(msg)
        _add(view, overrides)
        return view

    return decorate


def override_blueprint_headers(
    blueprint: Blueprint, overrides: Mapping[str, Override]
) -> None:
    """Let all that ``blueprint`` answers carry ``overrides`` over the policy.

    A nested blueprint's own overrides win over those of the one around it.

    Raises:
        HeaderError: a header cannot be sent.
    """
    check_overrides(f"override_blueprint_headers({blueprint.name!r})", overrides)
    _add(blueprint, overrides)


def overrides_of(place: object) -> dict[str, Override]:
    """The overrides of a view function or a blueprint; empty where it has none."""
    found: dict[str, Override] = getattr(place, _ATTRIBUTE, {})
    return found


def _add(place: object, overrides: Mapping[str, Override]) -> None:
    setattr(place, _ATTRIBUTE, overrides_of(place) | dict(overrides))
