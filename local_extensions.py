"""Give ``answers.py`` to cookiecutter, which loads this for every environment it makes."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2.ext import Extension

if TYPE_CHECKING:
    from jinja2 import Environment


class AnswersExtension(Extension):
    """Its filters and its way with templates are those that ``answers.py`` has now.

    ``cruft update`` generates from two versions of the template in one process, checked
    out in one place one after the other. This module is loaded once, so it reads the
    other file each time.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        rules = runpy.run_path(str(Path(__file__).with_name("answers.py")))
        self._answers = rules["Answers"]()
        environment.filters.update(self._answers.filters)

    def preprocess(
        self, source: str, name: str | None, filename: str | None = None
    ) -> str:
        """Return the template that is compiled in the place of ``source``."""
        template: str = self._answers.preprocess(source, name or filename)
        return template
