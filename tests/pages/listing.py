"""The pages: one template each, which says in its first comment how to see it work."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TEMPLATES = HERE / "templates"

ACTIONS = ("click", "hover", "type", "drag", "upload", "download", "reload")
"""What to do on a page, in the order of its comment, before it is looked at."""

EFFECTS = ("works", "frame", "at")
"""What must then be true: a JavaScript expression, a frame's URL, the page's URL."""

NOTES = ("lines", "why")
"""The overrides that it takes where no line is suggested, and why nothing else helps."""

_COMMENT = re.compile(r"\{#(.*?)#\}", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page, named as its file."""

    name: str

    @cached_property
    def text(self) -> str:
        """The template."""
        return (TEMPLATES / f"{self.name}.html").read_text("utf-8")

    @property
    def needs_others(self) -> bool:
        """Whether it loads anything of another site, or sends it something."""
        html = _COMMENT.sub("", self.text)
        return "https://" in html or "wss://" in html.replace("wss://${", "")

    @cached_property
    def fields(self) -> list[tuple[str, str]]:
        """The lines of the comment: ``key: value``."""
        comment = _COMMENT.match(self.text)
        if not comment:
            raise ValueError(f"{self.name}.html has no comment in its first line")
        lines = [line.partition(":") for line in comment[1].strip().splitlines()]
        fields = [(key.strip(), value.strip()) for key, _, value in lines]
        known = {"name", "built", *ACTIONS, *EFFECTS, *NOTES}
        if unknown := {key for key, _ in fields} - known:
            raise ValueError(f"{self.name}.html: {unknown} is not among {known}")
        return fields

    def get(self, key: str) -> str:
        """The value of a key, or an empty string."""
        return dict(self.fields).get(key, "")

    @property
    def lines(self) -> dict[str, Any]:
        """The overrides for each endpoint that the page needs."""
        lines: dict[str, Any] = json.loads(self.get("lines") or "{}")
        return lines


def all_pages() -> list[Page]:
    """Every page, sorted by its name."""
    return [Page(path.stem) for path in sorted(TEMPLATES.glob("*.html"))]
