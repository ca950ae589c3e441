"""What may stand in a policy as a header's value: a text, or one made when it is sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from flask import Request, Response


class Computed(ABC):
    """A value that depends on the response, or on the request it answers.

    Of what it returns only line breaks are refused, so it must be made of checked parts.
    """

    of_the_request: ClassVar[bool] = False
    """Whether each request has one of its own, which no proxy can send for the app."""

    @abstractmethod
    def value_for(self, response: Response, request: Request) -> str | None:
        """Return the value for a response; ``None`` where it does not go out.

        ``request`` is the object that ``flask.request`` stands for; it is asked for every
        response, and an object is quicker to ask.
        """


Fact = Callable[["Response", "Request"], Hashable]
"""Tells one thing about a response and the request it answers."""


class Decided(Computed):
    """A value that a few facts decide, such as whether the request came over HTTPS.

    It is made once for all responses of which these facts are the same.
    """

    facts: ClassVar[tuple[Fact, ...]]
    """What decides. A fact that many values share is asked once for all of them."""

    @abstractmethod
    def value_of(self, *facts: Any) -> str | Computed | None:
        """Return the value for these facts, in their order; ``None`` as above.

        A ``Computed`` is asked for every response all the same.
        """

    def value_for(self, response: Response, request: Request) -> str | None:
        """Return the value for a response."""
        value = self.value_of(*(fact(response, request) for fact in self.facts))
        if isinstance(value, Computed):
            return value.value_for(response, request)
        return value


Value = str | Computed

Change = Callable[[Value | None], Value]
"""Makes a value of the one that an override stands over, ``None`` where there is none."""

Override = Value | Change | None
"""What one place sends instead: a value, a change to it, or ``None`` to remove it."""
