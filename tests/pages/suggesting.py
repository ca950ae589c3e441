"""What ``flask headers suggest`` prints, as someone would paste it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import run_python

if TYPE_CHECKING:
    from .browsing import Lines


def suggest(project: Path, log: Path, applied: Path) -> str:
    """What the command prints for the log of an app with some overrides."""
    done = run_python(
        *("-m", "flask", "headers", "suggest", log),
        cwd=project,
        check=False,
        FLASK_APP="pages.app:app",
        PAGES_LINES=str(applied),
        PYTHONPATH=f"{project / 'src'}:{Path(__file__).parent.parent}",
    )
    if done.returncode not in {0, 2}:
        raise AssertionError(f"suggest exited with {done.returncode}\n{done.stderr}")
    return done.stdout


def lines_of(printed: str, *, commented: bool) -> Lines:
    """The overrides of each endpoint, with or without those that are commented out."""
    found: Lines = {}
    for section in printed.split("\n\n"):
        heading, *rest = section.strip().splitlines() or [""]
        endpoint = re.match(r"# ([\w.-]+): \d", heading)
        code = [line for line in rest if line.strip()[:1] not in {"", "#"}]
        if commented:
            code = [_uncommented(line) for line in rest]
        tree = ast.parse("\n".join([*code, "def view(): ..."]))
        if endpoint and (overrides := _overrides(tree)):
            found[endpoint[1]] = overrides
    return found


def _uncommented(line: str) -> str:
    """A line of code that was commented out; advice and headings stay comments."""
    is_code = re.match(r"\s*# (?=[\s@\"}\]]*(\"|@?override_headers|[}\]]))(?!- )", line)
    return line.replace("# ", "", 1) if is_code else line


def _overrides(tree: ast.AST) -> dict[str, Any]:
    """The argument of ``override_headers``; that of ``amend_csp`` is a table in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "override_headers":
            (table,) = node.args
            assert isinstance(table, ast.Dict)
            pairs = zip(table.keys, table.values, strict=True)
            return {ast.literal_eval(k): _value(v) for k, v in pairs if k}
    return {}


def _value(node: ast.expr) -> Any:
    return ast.literal_eval(node.args[0] if isinstance(node, ast.Call) else node)


def merged(lines: Lines, more: Lines) -> Lines:
    """Overrides with more of them, source by source."""
    result = {endpoint: dict(overrides) for endpoint, overrides in lines.items()}
    for endpoint, overrides in more.items():
        known = result.setdefault(endpoint, {})
        for header, value in overrides.items():
            if isinstance(value, dict):
                known[header] = _amended(known.get(header, {}), value)
            else:
                known[header] = value
    return result


def _amended(directives: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    amended = dict(directives)
    for name, words in more.items():
        if words is None:
            amended[name] = None
        else:
            kept = amended.get(name) or []
            amended[name] = [
                *kept,
                *(word for word in _list(words) if word not in kept),
            ]
    return amended


def _list(words: str | list[str]) -> list[str]:
    return [words] if isinstance(words, str) else words
