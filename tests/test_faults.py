"""The deliberate faults of ``faults.py`` fit the code: their texts are there, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import Bake
from .faults import FAULTS, PROJECTS, Bench, Fault, Faults, put_into


@pytest.mark.parametrize("name", PROJECTS)
def test_each_fault_can_be_put_into_a_project(
    baked: Bake, tmp_path: Path, name: str
) -> None:
    project = baked(**PROJECTS[name])
    stale = []
    for group in FAULTS:
        if group.projects.split()[0] != name:
            continue
        copied = Path("src/my_flask_app", group.file)
        for fault in group:
            (tmp_path / copied).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(project / copied, tmp_path / copied)
            try:
                put_into(tmp_path, group.file, fault)
            except ValueError as error:
                stale.append(f"{group.file}: {fault.breaks}: {error}")
    assert not stale, "\n".join(["In tests/faults.py, see its first lines:", *stale])


def test_each_fault_has_a_name_of_its_own() -> None:
    names = [
        (group.projects, group.file, fault.breaks)
        for group in FAULTS
        for fault in group
    ]
    assert len(names) == len(set(names)) > 110


@pytest.mark.parametrize("name", ["web+cors", "api+cors"])
def test_each_file_has_faults(baked: Bake, name: str) -> None:
    package = baked(**PROJECTS[name]) / "src/my_flask_app"
    paths = [*package.rglob("*.py"), *package.rglob("*.html")]
    files = {path.relative_to(package).as_posix() for path in paths}
    assert files <= {group.file for group in FAULTS}


@pytest.mark.slow  # it runs pytest four times
def test_a_fault_that_no_test_finds_is_told_apart(tmp_path: Path) -> None:
    text = '("PROXY_HOPS", 0)'
    group = Faults("proxies.py", "custom+cors", "tests/parts/test_proxies.py", [])
    bench = Bench(tmp_path, {"custom+cors"})
    assert bench.find(group, Fault("nothing", text, text)) is None
    found = bench.find(group, Fault("default", text, '("PROXY_HOPS", 1)'))
    assert found
    assert found.startswith("tests/parts/test_proxies.py::")
