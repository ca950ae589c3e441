"""Each license: its text, the author's name and the year, what the built wheel says."""

from __future__ import annotations

import itertools
import json
import re
import zipfile
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from packaging.licenses import canonicalize_license_expression
from packaging.metadata import Metadata

from .conftest import QUESTIONS, TEMPLATE, Bake, need, need_package, run_python
from .test_projects import ODD_TEXTS

pytestmark = pytest.mark.slow

CHOICES: list[str] = QUESTIONS["license"]
NAMED_IN_LICENSE = ["MIT", "BSD-3-Clause", "proprietary"]
"""Whose text has a place for year and author. The README of each names them, too."""

SPDX = TEMPLATE / "build" / "scanners" / "node_modules" / "spdx-license-list"
"""The texts as SPDX has them: of another source than the template's."""

AUTHOR = "J. {{ Doe }} {% raw %} & \"Sons\", 'Inc.' {# x #}"

SHORT = (text for kind, text in ODD_TEXTS.items() if kind != "long")
JOINED = " ".join([ODD_TEXTS["list"], *SHORT])
"""All that fit into one name. It looks like a list, which only its first characters can."""


def words(text: str) -> str:
    """A text, without what SPDX has no eyes for when it compares."""
    for mark, plain in {
        "©": "(C)",
        "\u201c": '"',
        "\u201d": '"',
        "http://": "https://",
        "/philosophy/why-not-lgpl": "/licenses/why-not-lgpl",  # that page has moved
    }.items():
        text = text.replace(mark, plain)
    return " ".join(text.split())


def text_of(chosen: str, holder: str) -> str:
    """The words of a license as SPDX has them, with its holder put in its place."""
    need("spdx-license-list", found=SPDX.is_dir())
    known = json.loads((SPDX / "licenses" / f"{chosen}.json").read_text("utf-8"))
    places = r"^(Copyright \(c\)) <year> <(?:copyright holders|owner)>[. ]*$"
    named = re.sub(
        places,
        lambda match: f"{match[1]} {holder}",
        known["licenseText"],
        flags=re.MULTILINE,
    )
    assert (named != known["licenseText"]) == (chosen in NAMED_IN_LICENSE)
    return words(named)


def this_year() -> str:
    """The year in which this test generates."""
    return str(datetime.now(tz=UTC).year)


@pytest.mark.parametrize("chosen", [each for each in CHOICES if each != "proprietary"])
def test_the_text_is_that_of_spdx(bake: Bake, chosen: str) -> None:
    project = bake(license=chosen, author_name=AUTHOR)
    text = words((project / "LICENSE").read_text("utf-8"))
    expected = text_of(chosen, f"{this_year()} {AUTHOR}")
    assert text.removeprefix("BSD 3-Clause License ") == expected


@pytest.mark.parametrize("chosen", ["Apache-2.0", "GPL-3.0-or-later"])
def test_a_text_with_no_place_for_a_name_is_copied(bake: Bake, chosen: str) -> None:
    project = bake(license=chosen, author_name=AUTHOR)
    own = TEMPLATE / "{{cookiecutter.project_slug}}" / "variants" / "license" / chosen
    assert (project / "LICENSE").read_bytes() == (own / "LICENSE").read_bytes()


def test_proprietary_grants_nothing(baked: Bake) -> None:
    text = words((baked(license="proprietary") / "LICENSE").read_text("utf-8"))
    assert text.startswith("All rights reserved ")
    assert "Nobody may use, copy, change, publish, distribute or sell" in text
    assert "without the written permission of the copyright holder" in text
    assert not re.search(r"hereby|granted|permitted", text)


@pytest.mark.parametrize(
    ("chosen", "author"),
    [(CHOICES[0], text) for text in ODD_TEXTS.values()]
    + list(itertools.product(CHOICES[1:], [JOINED, ODD_TEXTS["long"]])),
)
def test_year_and_author_are_in_the_readme_s_notice_and_the_license_s(
    bake: Bake, chosen: str, author: str
) -> None:
    project = bake(license=chosen, author_name=author)
    if chosen in NAMED_IN_LICENSE:
        lines = (project / "LICENSE").read_text("utf-8").split("\n")
        assert lines[2] == f"Copyright (c) {this_year()} {author}"
        assert lines[1] == lines[3] == ""
    heading, notice, *rest = last_section((project / "README.md").read_text("utf-8"))
    assert heading == "License"
    assert notice == f"Copyright (c) {this_year()} {author}"
    assert rest
    customary = {
        "MIT": "MIT license",
        "BSD-3-Clause": "BSD 3-Clause license",
        "Apache-2.0": "WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND",
        "GPL-3.0-or-later": "version 3 of the License, or (at your option) any later",
        "proprietary": "All rights reserved",
    }
    found = {name for name, part in customary.items() if part in words(" ".join(rest))}
    assert found == {chosen}
    assert "](LICENSE)" in (project / "README.md").read_text("utf-8")


def last_section(markdown: str) -> list[str]:
    """The texts of a document's last heading and of the paragraphs after it."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    start = max(i for i, token in enumerate(tokens) if token.type == "heading_open")
    return [
        "".join(child.content or "\n" for child in token.children or [])
        for token in tokens[start:]
        if token.type == "inline"
    ]


@pytest.mark.parametrize("chosen", CHOICES)
def test_the_wheel_says_which_license(baked: Bake, tmp_path: Path, chosen: str) -> None:
    need_package("uv")
    project = baked(license=chosen)
    run_python(
        *("-m", "uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path, project),
        cwd=tmp_path,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        (place,) = {
            name.partition("/")[0] for name in wheel.namelist() if ".dist-info/" in name
        }
        packed = wheel.read(f"{place}/licenses/LICENSE")
        metadata = wheel.read(f"{place}/METADATA")
    assert packed == (project / "LICENSE").read_bytes()
    said = Metadata.from_email(metadata, validate=True)
    expected = "LicenseRef-Proprietary" if chosen == "proprietary" else chosen
    assert said.license_expression == expected
    assert said.license_files == ["LICENSE"]
    assert canonicalize_license_expression(expected) == expected
    # What PyPI would show besides: a classifier beside an expression is refused there.
    headers = BytesHeaderParser().parsebytes(metadata)
    assert not [each for each in headers.get_all("Classifier", []) if "License" in each]
