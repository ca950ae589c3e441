"""The deliberate faults of ``faults.py`` fit the code, and the runner tells which it misses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import Bake
from .faults import FAULTS, PROJECTS, Faults, main, put_into


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
    files = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.*")
        if path.suffix in {".py", ".html"}
    }
    assert files <= {group.file for group in FAULTS}


def test_a_fault_that_no_test_finds_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = [
        ("removed", '    ("X-Content-Type-Options", "nosniff"),\n', ""),
        ("comment", "HEADERS: ", "# nothing changes\nHEADERS: "),
        ("stale", "a text that is not there", ""),
    ]
    tests = "tests/parts/test_policy_api.py"
    group = Faults("policy.py", "api+cors", tests, faults)
    monkeypatch.setattr("tests.faults.FAULTS", [group])
    monkeypatch.setattr("sys.argv", ["faults", "--jobs", "1"])
    assert main() == 1
    found, missed, stale, *summary = capsys.readouterr().out.splitlines()
    assert found.startswith("found     api+cors: policy.py: removed: tests/parts/")
    assert missed == "NOT FOUND api+cors: policy.py: comment"
    assert stale.startswith(
        "ERROR     api+cors: policy.py: stale: its text is there 0 "
    )
    assert summary[0].startswith("3 faults, 2 not found, in ")
    assert summary[1:] == [
        "  api+cors: policy.py: comment",
        "  api+cors: policy.py: stale",
    ]
