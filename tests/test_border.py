"""The border between the owner's files and the engine, ``response_headers``."""

from __future__ import annotations

import ast
import filecmp
from pathlib import Path

import pytest

from .conftest import POLICIES, STRATEGIES, Bake

PACKAGE = Path("src", "my_flask_app")
ENGINE = PACKAGE / "response_headers"


def modules(folder: Path) -> list[Path]:
    """Every Python file below a folder."""
    return sorted(folder.rglob("*.py"))


def imports(path: Path) -> list[tuple[int, str, list[str]]]:
    """Return the level, the module and the names of each import."""
    found: list[tuple[int, str, list[str]]] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            found.append((node.level, node.module or "", names))
        elif isinstance(node, ast.Import):
            found += [(0, alias.name, []) for alias in node.names]
    return found


def public_names(engine: Path) -> set[str]:
    """What the engine offers."""
    tree = ast.parse((engine / "__init__.py").read_text("utf-8"))
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AugAssign):
            target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
            if ast.unparse(target) == "__all__":
                names.update(ast.literal_eval(node.value))
    assert names, "the engine has no __all__"
    return names


@pytest.mark.parametrize("policy", POLICIES)
def test_the_engine_imports_nothing_of_the_app(baked: Bake, policy: str) -> None:
    engine = baked(header_policy=policy) / ENGINE
    assert len(modules(engine)) > 15
    for path in modules(engine):
        depth = len(path.relative_to(engine).parts)
        for level, module, _ in imports(path):
            assert level <= depth, f"{path.name} imports from outside the engine"
            assert not module.startswith("my_flask_app"), path.name


def test_the_engine_names_no_file_of_the_app(baked: Bake) -> None:
    for policy in POLICIES:
        project = baked(header_policy=policy, use_cors="yes")
        own = {path.name for path in (project / PACKAGE).glob("*.py")}
        own = (own - {"__init__.py"}) | {"my_flask_app", "create_app", "My Flask App"}
        assert {"policy.py", "views.py", "logs.py", "proxies.py", "cors.py"} <= own
        for path in (project / ENGINE).rglob("*.*"):
            if path.suffix in {".py", ".html"}:
                text = path.read_text("utf-8")
                words = {word.strip("`\"'.,:;()[]") for word in text.split()}
                named = own & words
                assert not named, f"{path.name} names {named}"


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_app_imports_public_names_only(
    baked: Bake, strategy: str, policy: str
) -> None:
    project = baked(header_strategy=strategy, header_policy=policy, use_cors="yes")
    public = public_names(project / ENGINE)
    used: set[str] = set()
    own = [*(project / PACKAGE).glob("*.py"), *modules(project / "tests")]
    for path in own:
        for _, module, names in imports(path):
            start, found, submodule = module.partition("response_headers")
            if found and start in {"", "my_flask_app."}:
                assert not submodule, f"{path.name} imports {module}"
                assert set(names) <= public, f"{path.name} imports {names}"
                used |= set(names)
    assert "ResponseHeaders" in used


def test_the_engine_is_the_same_with_every_answer_but_its_strategy(
    baked: Bake,
) -> None:
    first = baked(header_strategy="after_request", header_policy="web") / ENGINE
    for strategy in STRATEGIES:
        for policy in POLICIES:
            other = baked(header_strategy=strategy, header_policy=policy) / ENGINE
            names = [str(path.relative_to(first)) for path in modules(first)]
            assert names == [str(path.relative_to(other)) for path in modules(other)]
            _, differing, failed = filecmp.cmpfiles(first, other, names, shallow=False)
            assert not failed
            assert set(differing) <= {"strategy.py"}


def test_strategies_are_short(baked: Bake) -> None:
    for strategy in STRATEGIES:
        path = baked(header_strategy=strategy) / ENGINE / "strategy.py"
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
                continue
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        assert len(ast.unparse(tree).splitlines()) <= 35, strategy
