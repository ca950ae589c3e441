"""Draw docs/prompts.svg: answer the prompts in a real terminal, and keep what it shows.

``.venv/bin/python docs/capture_prompts.py``, when a question or its label has changed.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import pexpect
from rich.console import Console
from rich.text import Text

TEMPLATE = Path(__file__).parent.parent
PICTURE = Path(__file__).with_name("prompts.svg")
WIDTH = 110

TYPED = {"project_name": "Corner Shop", "author_name": "Ada", "use_cors": "2"}
"""The answers that are not the default."""

FRAME = re.sub(
    r"@font-face \{\{.*?\}\}\s*",
    "",
    Console.export_svg.__kwdefaults__["code_format"],
    flags=re.DOTALL,
)
"""Rich's own, without fonts from another site: a monospaced one of the reader's will do."""


def questions() -> list[str]:
    """The names of the questions, in their order."""
    context = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))
    return [name for name in context if not name.startswith("_")]


def capture() -> str:
    """Answer each prompt, and return what the terminal was sent."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PWD": home, "TERM": "xterm-256color"}
        terminal = pexpect.spawn(
            sys.executable,
            ["-m", "cookiecutter", str(TEMPLATE)],
            cwd=home,
            env={"PATH": os.environ["PATH"], **environment},
            encoding="utf-8",
            dimensions=(200, WIDTH),
            timeout=60,
        )
        shown = ""
        for number, question in enumerate(questions(), 1):
            terminal.expect_exact(f"[{number}/")
            shown += terminal.before + terminal.after
            terminal.expect(r"\)(\x1b\[0m)?: ")
            shown += terminal.before + terminal.after
            terminal.sendline(TYPED.get(question, ""))
        terminal.expect(pexpect.EOF)
        return shown + str(terminal.before)


def draw(shown: str) -> str:
    """Make a picture of what a terminal was sent."""
    command = "$ cookiecutter path/to/this/clone\n"
    lines = [line.rstrip() for line in (command + shown).replace("\r", "").split("\n")]
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi("\n".join(lines).rstrip()))
    return console.export_svg(title="cookiecutter", code_format=FRAME)


if __name__ == "__main__":
    PICTURE.write_text(draw(capture()), "utf-8")
