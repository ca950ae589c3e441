"""What may stand in a policy as a header's value: a text, or one made when it is sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Response


class Computed(ABC):
    """A value that depends on the response, or on the request it answers.

    It is asked while the request is at hand (``flask.request``). What it returns is not
    checked again, so it must be made of checked parts.
    """

    @abstractmethod
    def value_for(self, response: Response) -> str | None:
        """Return the value for a response; ``None`` where it does not go out."""


Value = str | Computed

Change = Callable[[Value | None], Value]
"""Makes a value of the one that an override stands over, ``None`` where there is none."""

Override = Value | Change | None
"""What one place sends instead: a value, a change to it, or ``None`` to remove it."""
