"""What the tools that build and install a project make of its ``pyproject.toml``."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from flask_headers_extension.rules import check_email

from .conftest import Bake, new_environment, run

ADDRESSES = [
    "you@example.com",
    "o'brien+flask@mail.example.com",
    "me@exämple.de",
    '"a b"@example.com',
    "me@[127.0.0.1]",
    "me",
    "me@",
    "@example.com",
    "me@localhost",
    "me@example.",
    "me@example..com",
    "a..b@example.com",
    "a.@example.com",
    "jané@example.com",
    "a b@example.com",
    "a@b@example.com",
    "a,b@example.com",
    "<me@example.com>",
    "Jane <jane@example.com>",
]

ASK_BUILDERS = """
import json, sys, tempfile
from pathlib import Path

from flit_core.config import read_flit_config
from poetry.core.factory import Factory
from poetry.core.pyproject.toml import PyProjectTOML

TEXT = '''
[build-system]
requires = ["flit_core"]
build-backend = "flit_core.buildapi"

[project]
name = "app"
version = "1"
description = "An app."
authors = [{{ name = "Me", email = {} }}]
'''

def flit_accepts(path):
    try:
        read_flit_config(path)
    except Exception:
        return False
    return True

file = Path(tempfile.mkdtemp(), "pyproject.toml")
accepted = {}
for address in json.loads(sys.argv[1]):
    file.write_text(TEXT.format(json.dumps(address, ensure_ascii=False)), "utf-8")
    errors = Factory.validate(PyProjectTOML(file).data)["errors"]
    accepted[address] = flit_accepts(file) and not errors
print(json.dumps(accepted))
"""


def project_table(project: Path) -> dict[str, Any]:
    """Return all that ``pyproject.toml`` says."""
    return tomllib.loads((project / "pyproject.toml").read_text("utf-8"))


@pytest.mark.parametrize("cors", ["no", "yes"])
def test_the_project_does_not_depend_on_itself(bake: Bake, cors: str) -> None:
    # Poetry cannot install "app[dev]" for "app".
    said = project_table(bake(use_cors=cors, project_slug="The.App"))
    groups = said["dependency-groups"]
    extras = said["project"]["optional-dependencies"]
    assert groups["dev"] == extras["dev"]
    tables = [said["project"]["dependencies"], *extras.values()]
    required = itertools.chain(*tables)
    names = {
        re.sub(r"[-_.]+", "-", Requirement(each).name).lower() for each in required
    }
    assert {"flask", "pytest", "gunicorn"} < names
    assert "the-app" not in names


@pytest.mark.parametrize("cors", ["no", "yes"])
def test_every_dependency_installs_on_every_python_allowed(
    bake: Bake, cors: str
) -> None:
    # Otherwise Poetry does not install any: flask-cors is for Python below 4.
    said = project_table(bake(use_cors=cors))["project"]
    allowed = SpecifierSet(said["requires-python"])
    versions = [version for version in ("3.11", "3.15", "4.0") if version in allowed]
    for required in said["dependencies"]:
        name = Requirement(required).name
        works = SpecifierSet(distribution(name).metadata["Requires-Python"])
        assert all(version in works for version in versions), name


@pytest.mark.slow
def test_an_address_is_accepted_if_flit_and_poetry_accept_it(tmp_path: Path) -> None:
    packages = ("flit_core>=3.11,<4", "poetry-core>=2")
    python = new_environment(tmp_path / "venv", *packages)
    asked = run(python, "-c", ASK_BUILDERS, json.dumps(ADDRESSES), cwd=tmp_path)
    accepted = json.loads(asked.stdout)
    assert {each: check_email(each) is None for each in ADDRESSES} == accepted
