"""The pictures in ``docs/screenshots/`` show what there is, and a script draws them."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pytest

from .conftest import TEMPLATE, Bake, need, need_package, run_python
from .test_browser import CHROMIUM

SCRIPT = TEMPLATE / "docs" / "capture_screenshots.py"
RENEW = "renew docs/screenshots/: .venv/bin/python docs/capture_screenshots.py"

script = runpy.run_path(str(SCRIPT))
PICTURES: Path = script["PICTURES"]
NAMES: list[str] = script["names"]()


def test_the_screenshots_show_the_pages_as_they_are(baked: Bake) -> None:
    recorded = json.loads((PICTURES / script["SOURCES"]).read_text("utf-8"))
    now = script["sources"](baked(**script["ANSWERS"]))
    changed = sorted({name for name, _ in recorded.items() ^ now.items()})
    assert not changed, f"{', '.join(changed)} changed; {RENEW}"


def test_every_screenshot_is_there_and_small() -> None:
    files = {path.name: path.stat().st_size for path in PICTURES.glob("*.webp")}
    assert sorted(files) == sorted(NAMES), RENEW
    assert sum(files.values()) < 650_000


def test_the_docs_show_screenshots_that_exist() -> None:
    pages = [TEMPLATE / "README.md", *(TEMPLATE / "docs").glob("*.md")]
    text = "".join(page.read_text("utf-8") for page in pages)
    shown = set(re.findall(r'"(?:docs/)?screenshots/([^"]+)"', text))
    assert {name for name in NAMES if name.startswith("headers")} <= shown
    assert shown <= set(NAMES)


@pytest.mark.slow
@pytest.mark.usefixtures("steady_network")
def test_one_command_draws_the_screenshots(tmp_path: Path, baked: Bake) -> None:
    need("Chromium", found=CHROMIUM)
    need_package("playwright")
    run_python(SCRIPT, tmp_path / "pictures", cwd=tmp_path)
    for name in NAMES:
        drawn = (tmp_path / "pictures" / name).read_bytes()
        assert drawn.startswith(b"RIFF")
        assert len(drawn) > 10_000
    recorded = (tmp_path / "pictures" / script["SOURCES"]).read_text("utf-8")
    assert json.loads(recorded) == script["sources"](baked(**script["ANSWERS"]))
