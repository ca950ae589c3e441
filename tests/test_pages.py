"""Pages of front-end libraries: the table of ``docs/front-ends.md`` is what they need."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from .conftest import Bake, need, need_package
from .pages.listing import Page, all_pages
from .pages.suggesting import lines_of
from .pages.table import DOCUMENT, counts, outcomes

RECIPES = [
    "alpine-cdn",
    "alpine-csp",
    "bootstrap-cdn",
    "bootstrap-own",
    "chartjs",
    "datatables",
    "google-fonts",
    "htmx",
    "leaflet",
    "quill",
    "stripe",
    "swagger-ui",
    "tag-manager",
    "turbo",
    "vue-cdn",
    "vue-vite",
    "websocket",
    "youtube",
]
"""The pages that are opened here; ``python -m tests.pages`` opens all."""

PRINTED = """
from my_flask_app.response_headers import amend_csp, override_headers

# views.shop: 3 reports, on 1 page: example.com/shop
@override_headers({
    "Content-Security-Policy": amend_csp({
        "img-src": "https://cdn.example",  # 2 times, on 1 page
        # "connect-src": "https://api.example",  # only if it is yours: 1 time, on 1 page
    }),
    # "Cross-Origin-Embedder-Policy": None,  # with frame-src
})
# - style= is blocked: use a class "of" a stylesheet
#   with the nonce
"""


def test_the_table_has_every_page() -> None:
    assert set(outcomes()) == {page.name for page in all_pages()}
    assert len(all_pages()) >= 60
    assert {name: n for name, n in counts().items() if n} == Counter(
        outcomes().values()
    )


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
def test_every_page_says_how_to_see_it_work(page: Page) -> None:
    keys = {key for key, _ in page.fields}
    assert page.get("name")
    assert keys & {"works", "frame", "at", "download"}


def test_printed_lines_are_read_as_someone_would_paste_them() -> None:
    active = {"img-src": "https://cdn.example"}
    lines = lines_of(PRINTED, commented=False)
    assert lines == {"views.shop": {"Content-Security-Policy": active}}
    lines = lines_of(PRINTED, commented=True)
    assert lines["views.shop"] == {
        "Content-Security-Policy": active | {"connect-src": "https://api.example"},
        "Cross-Origin-Embedder-Policy": None,
    }


def test_the_recipes_are_those_of_the_document() -> None:
    _, _, text = DOCUMENT.read_text("utf-8").partition("## Recipes")
    recipes = re.findall(r"/templates/([\w-]+)\.html", text.partition("\n## ")[0])
    assert sorted(recipes) == RECIPES


@pytest.mark.slow
@pytest.mark.usefixtures("steady_network")
def test_the_recipes_need_what_the_table_says(bake: Bake, tmp_path: Path) -> None:
    need("node", found=shutil.which("node"))
    need_package("playwright")
    from .pages.browsing import Visitor, build, link_libraries  # noqa: PLC0415
    from .pages.measuring import measure  # noqa: PLC0415

    pages = [Page(name) for name in RECIPES]
    project = bake(header_strategy="Response", header_policy="web")
    build(pages)
    link_libraries(project)
    measured = measure(Visitor(project, tmp_path), pages)
    said = outcomes()
    wrong = {
        name: s
        for name, s in measured.seen.items()
        if measured.outcomes[name] != said[name]
    }
    assert measured.outcomes == {name: said[name] for name in RECIPES}, wrong
