"""The strategy changes the code, never the wire: compared byte for byte."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from .conftest import POLICIES, QUESTIONS, STRATEGIES, Bake, run_python

HERE = Path(__file__).parent

Wires = dict[str, tuple[str, list[tuple[str, str]], str]]


def wires_of(project: Path, place: Path) -> Wires:
    """What a project's app sends, run in the same place as every other project.

    Flask makes an ETag from a file's path, size and time of change.
    """
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(project, place)
    for path in place.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    # Werkzeug lists the methods of ``Allow`` in the order of a set.
    command = (HERE / "wires.py", "my_flask_app")
    done = run_python(*command, cwd=place, PYTHONHASHSEED="0")
    wires: Wires = {
        name: (status, [(key, value) for key, value in headers], body)
        for name, (status, headers, body) in json.loads(done.stdout).items()
    }
    return wires


def differences(one: Wires, other: Wires) -> dict[str, str]:
    """The responses in which two apps differ, by their names."""
    return {
        name: f"{one.get(name)}\n  is not {other.get(name)}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    }


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(
            (policy, cors),
            marks=[pytest.mark.slow] * ((policy, cors) != ("web", "no")),
        )
        for policy in POLICIES
        for cors in QUESTIONS["use_cors"]
    ],
    ids=lambda param: f"{param[0]}+cors={param[1]}",
)
def wires(
    request: pytest.FixtureRequest,
    baked: Bake,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Wires]:
    """What the app of each strategy sends, with each policy in turn, and with CORS."""
    place = tmp_path_factory.mktemp("wires") / "my-flask-app"
    policy, cors = request.param
    answers = {"header_policy": policy, "use_cors": cors}
    return {
        name: wires_of(baked(header_strategy=name, **answers), place)
        for name in STRATEGIES
    }


def test_the_apps_send_the_same_bytes(
    request: pytest.FixtureRequest, wires: dict[str, Wires]
) -> None:
    first, *others = wires.values()
    # With the policy custom, others are compared in its place, too.
    assert len(first) > (1400 if "custom" in request.node.name else 450)
    for other in others:
        found = differences(first, other)
        assert not found, "\n".join(found.values())


def test_the_bytes_compared_are_those_of_real_responses(
    request: pytest.FixtureRequest, wires: dict[str, Wires]
) -> None:
    named = ("Access-Control-Allow-Origin", "https://shop.example")
    for sent in wires.values():
        for name in ("GET /", "an unknown URL", "after_request raises"):
            allowed = named in sent[name][1]
            assert allowed is ("cors=yes" in request.node.name)
        status, headers, body = sent["GET /"]
        assert status == "200 OK"
        assert ("Custom-Header", "Some value") in headers
        assert "Hello World" in body
        assert sent["an unknown URL"][0] == "404 NOT FOUND"
        assert sent["after_request raises"][0] == "500 INTERNAL SERVER ERROR"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_first_page_names_its_strategy_once(baked: Bake, strategy: str) -> None:
    project = baked(header_strategy=strategy, header_policy="web")
    code = "from my_flask_app import create_app; from werkzeug.test import Client;"
    code += "print(Client(create_app()).get('/').text)"
    page = run_python("-c", code, cwd=project / "src").stdout
    assert page.count(f"<dd>{strategy}</dd>") == 1
    others = [each for each in STRATEGIES if each != strategy]
    assert not [each for each in others if f"<dd>{each}</dd>" in page]
