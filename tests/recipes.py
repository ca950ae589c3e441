"""The recipes of ``docs/recipes.md``, put into an app as they are written there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, render_template
from jinja2 import ChoiceLoader, DictLoader

if TYPE_CHECKING:
    from flask import Flask


PAGE = Path(__file__).parent.parent / "docs" / "recipes.md"


def blocks(policy: str, language: str) -> list[str]:
    """Every block of a language in the recipes for a policy; first the imports for all."""
    imports, *sections = PAGE.read_text("utf-8").split("\n## ")
    (section,) = (each for each in sections if f"`{policy}`" in each.partition("\n")[0])
    return re.findall(
        rf"^```{language}\n(.*?)^```$", imports + section, re.MULTILINE | re.DOTALL
    )


def install(app: Flask, package: str, policy: str) -> int:
    """Run every recipe in the place of ``views.py``, and return how many there are."""
    bp = Blueprint("recipes", package)
    names: dict[str, Any] = {
        "__name__": f"{package}.views",
        "__package__": package,
        "Blueprint": Blueprint,
        "Response": Response,
        "bp": bp,
        "render_template": render_template,
    }
    recipes = blocks(policy, "python")
    for recipe in recipes:
        exec(recipe, names)  # noqa: S102
    for blueprint in {each for each in names.values() if isinstance(each, Blueprint)}:
        app.register_blueprint(blueprint)
    pages = DictLoader({"docs.html": "".join(blocks(policy, "html")) or "docs"})
    app.jinja_loader = ChoiceLoader(
        [pages, app.jinja_loader] if app.jinja_loader else [pages]
    )
    return len(recipes) - 1  # the first one imports
