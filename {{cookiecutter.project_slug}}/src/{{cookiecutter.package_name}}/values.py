"""What may stand in a policy as a header's value: a text, or one made when it is sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Request, Response


class Computed(ABC):
    """A value that depends on the response, or on the request it answers.

    What it returns is not checked again, so it must be made of checked parts.
    """

    @abstractmethod
    def value_for(self, response: Response, request: Request) -> str | None:
        """Return the value for a response; ``None`` where it does not go out.

        ``request`` is the object that ``flask.request`` stands for; it is asked for every
        response, and an object is quicker to ask.
        """


Value = str | Computed

Change = Callable[[Value | None], Value]
"""Makes a value of the one that an override stands over, ``None`` where there is none."""

Override = Value | Change | None
"""What one place sends instead: a value, a change to it, or ``None`` to remove it."""
