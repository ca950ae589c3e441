"""Search long hostile texts with each regular expression of a package.

Run it where the package can be imported: ``python ask_regular_expressions.py <package>``. It
prints how many it found and exits with 1 if one takes far longer than its text is long:
a step for each character is milliseconds, one for each pair of them is seconds.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import pkgutil
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

LENGTH = 40_000
LIMIT = 0.5  # seconds of processor time

UNITS = [*"aA0é.-_=;,:@'/*<>{}([%#?&!~| ", '"', "\\", "\t", "\n", "nonce-", "'nonce-a"]
UNITS += ["www", "a ", " a", "a/", "//", "a.", ".a", "a-", "-a", "a=", "0.", "*.", "; "]
UNITS += ["://", "a://", "<a", "<a ", ' nonce="', "{a", "{{", "\"a'", ", ", ": "]
ENDS = ["", "!", "\n", "\0", '"', "a", ">"]

Search = Callable[[re.Pattern[str], str], Any]

SEARCHES: dict[str, Search] = {
    "findall": re.Pattern.findall,
    "finditer": re.Pattern.findall,
    "fullmatch": re.Pattern.fullmatch,
    "match": re.Pattern.match,
    "search": re.Pattern.findall,  # what is found ends a search
    "split": re.Pattern.split,
    "sub": lambda pattern, text: pattern.sub("", text),
}


def modules(package: str) -> Iterator[tuple[ModuleType, str]]:
    """Yield each module of a package, and its source."""
    root = importlib.import_module(package)
    found = pkgutil.walk_packages(root.__path__, f"{package}.")
    for name in [package, *(each.name for each in found)]:
        module = importlib.import_module(name)
        yield module, Path(str(module.__file__)).read_text("utf-8")


def expressions(package: str) -> Iterator[tuple[str, re.Pattern[str], set[str]]]:
    """Yield where each regular expression stands, and the methods that use it."""
    sources = list(modules(package))
    every = "\n".join(source for _, source in sources)
    for module, source in sources:
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(ast.Attribute(ast.Name("re"), used), [text, *_]):
                    where = f"{module.__name__}, line {node.lineno}"
                    try:
                        pattern = re.compile(value_of(text, module))
                    except NameError:  # a text that is escaped, or a converter's
                        continue
                    line = source.splitlines()[node.lineno - 1]
                    name = line.partition(" = ")[0].strip()
                    uses = re.findall(rf"\b{re.escape(name)}\.(\w+)\(", every)
                    yield where, pattern, set(SEARCHES) & {used, *uses} or {"fullmatch"}


def value_of(node: ast.expr, module: ModuleType) -> Any:
    """The value of an expression in a module."""
    return eval(compile(ast.Expression(node), "<expression>", "eval"), vars(module))  # noqa: S307


def is_slow(pattern: re.Pattern[str], method: str, text: str) -> bool:
    """Whether a search takes far longer than its text is long."""
    start = time.process_time()
    SEARCHES[method](pattern, text)
    return time.process_time() - start > LIMIT


def main(package: str) -> None:
    """Search with each expression."""
    texts = [
        unit * (LENGTH // len(unit)) + end
        for unit, end in itertools.product(UNITS, ENDS)
    ]
    found = list(expressions(package))
    slow = {
        f"{where}: {pattern.pattern!r}, {method}(): {text[:8]!r} again and again"
        for where, pattern, methods in found
        for method in methods
        for text in [next((t for t in texts if is_slow(pattern, method, t)), None)]
        if text is not None
    }
    print("\n".join([*sorted(slow), f"{len(found)} expressions"]))
    sys.exit(bool(slow))


if __name__ == "__main__":
    main(sys.argv[1])
