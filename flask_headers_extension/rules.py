"""What an answer may be.

``RULES`` has one check for each variable. A check takes an answer and returns a hint: what
is allowed, and what to do. It returns ``None`` if the answer is valid.
"""

from __future__ import annotations

import json
import keyword
import os
import re
import runpy
import shlex
import subprocess
import sys
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upgrade_cookiecutter_to_2_3 import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

MAX_NAME = 50
"""Characters in a slug or in a header name."""

MAX_PACKAGE = 35
"""Characters in a package name. It keeps import lines under 88 characters."""

MAX_TEXT = 2000
"""Characters in any other text."""

DEPENDENCIES = frozenset(
    {
        "asgiref",
        "blinker",
        "click",
        "dotenv",
        "flask",
        "flask_cors",
        "gunicorn",
        "iniconfig",
        "itsdangerous",
        "jinja2",
        "markupsafe",
        "mypy",
        "mypy_extensions",
        "packaging",
        "pathspec",
        "pluggy",
        "pygments",
        "pytest",
        "ruff",
        "typing_extensions",
        "werkzeug",
    }
)
"""Packages that the generated app imports or runs. The app's package would shadow them."""

WINDOWS_DEVICES = frozenset(
    {"aux", "con", "nul", "prn"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
)
"""Names that Windows does not allow for files and folders:
https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""

RESERVED_PACKAGES: Mapping[str, Collection[str]] = {
    "a Python keyword": {*keyword.kwlist, *keyword.softkwlist},
    "a module of the standard library": sys.stdlib_module_names,
    "a package that the app needs": DEPENDENCIES,
    "a folder of the project": {"src", "test", "tests"},
    "a device name on Windows": WINDOWS_DEVICES,
}
"""Names that the app's package cannot have, by what else has the name."""

SET_BY_POLICIES = frozenset(
    """cache-control content-security-policy content-security-policy-report-only
    cross-origin-embedder-policy cross-origin-opener-policy cross-origin-resource-policy
    permissions-policy referrer-policy reporting-endpoints strict-transport-security vary
    x-content-type-options x-frame-options x-permitted-cross-domain-policies
    x-request-id""".split()  # noqa: SIM905 - a line each would be long
)
"""Headers that a policy has rows for, in lower case."""

TEMPLATE = Path(__file__).parent.parent

VALIDATION: Mapping[str, Any] = runpy.run_path(
    str(
        TEMPLATE.joinpath(
            "{{cookiecutter.project_slug}}",
            "src",
            "{{cookiecutter.package_name}}",
            "response_headers",
            "validation.py",
        )
    )
)
"""What the generated app checks when it starts."""

QUESTIONS: Mapping[str, object] = json.loads(
    (TEMPLATE / "cookiecutter.json").read_text("utf-8")
)

CHOICES: Mapping[str, list[str]] = {
    name: choices
    for name, choices in QUESTIONS.items()
    if isinstance(choices, list) and not name.startswith("_")
}

PRIVATE_ANSWERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "__sessions": ("header_policy", ("web", "api")),
    "__container": ("deployment", ("docker", "kubernetes")),
}
"""Answers that follow from another: "yes" with one of these choices, otherwise "no"."""


def check_choice(variable: str, answer: str) -> str | None:
    """Check the answer to a multiple-choice question."""
    choices = CHOICES[variable]
    return None if answer in choices else f"Choose one of {', '.join(choices)}."


def check_text(text: str) -> str | None:
    """Check one line of free text."""
    if len(text) > MAX_TEXT:
        return f"Use at most {MAX_TEXT} characters."
    if bad := [each for each in text if unicodedata.category(each) in {"Cc", "Cs"}]:
        fix = "Use one line of text without control characters."
        return str(VALIDATION["character_hint"](text, bad[0], fix))
    if not text:
        return "Enter a text. It must not be empty."
    if text != text.strip():
        return "Remove the spaces at the beginning and end."
    return None


def check_email(address: str) -> str | None:
    """Check an email address.

    An invalid one would break the build of the project. Flit, the build backend, parses it
    like this, and Poetry requires a dot in the domain.
    """
    if hint := check_text(address):
        return hint
    try:
        parsed = Address(addr_spec=address)
    except (ValueError, IndexError, MessageError):
        parsed = Address()
    valid = parsed.addr_spec == address and "." in parsed.domain
    return None if valid else "Enter an email address, such as you@example.com."


def check_slug(slug: str) -> str | None:
    """Check the name of the project's folder and distribution.

    The allowed form is that of
    https://packaging.python.org/specifications/name-normalization/.
    """
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", slug):
        return (
            "Use letters, digits, '-', '_' and '.' (no path), such as my-flask-app."
            " Start and end with a letter or digit."
        )
    if len(slug) > MAX_NAME:
        return f"Use at most {MAX_NAME} characters."
    if re.sub(r"[-_.]+", "_", slug).lower() in DEPENDENCIES:
        return "It is the name of a package that the app needs. Choose another name."
    if slug.partition(".")[0].lower() in WINDOWS_DEVICES:
        return "It is a device name on Windows. Choose another name."
    return None


def check_package(name: str) -> str | None:
    """Check an import name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return (
            "Use a Python identifier of a-z, 0-9 and '_' (no path),"
            " such as my_flask_app. Start with a letter."
        )
    if len(name) > MAX_PACKAGE:
        return f"Use at most {MAX_PACKAGE} characters."
    for reason, names in RESERVED_PACKAGES.items():
        if name in names:
            return f"It is {reason}. Choose another name."
    return None


def check_header_name(name: str) -> str | None:
    """Check the name of the header that the user adds to every response."""
    if not VALIDATION["TOKEN"].fullmatch(name):
        return (
            "Use letters, digits and '-' (no spaces, no colon, no value), such as"
            " Custom-Header."
        )
    if len(name) > MAX_NAME:
        return f"Use at most {MAX_NAME} characters."
    reserved = VALIDATION["SET_BY_SERVER"] | VALIDATION["SET_BY_VIEW"]
    if name.lower() in reserved:
        return "Flask or the server sets this header. Choose another name."
    if name.lower() in SET_BY_POLICIES:
        return (
            "The policies set this header. Choose another name, and change that one"
            " in policy.py afterwards."
        )
    if meant := VALIDATION["intended_name"](name):
        return f"It looks misspelled: did you mean {meant}?"
    return None


def check_header_value(value: str) -> str | None:
    """Check a header value: RFC 9110, section 5.5."""
    if bad := VALIDATION["PRINTABLE_LATIN_1"].sub("", value):
        fix = "Use one line of printable Latin-1 characters."
        return str(VALIDATION["character_hint"](value, bad[0], fix))
    return check_text(value)


RULES: Mapping[str, Callable[[str], str | None]] = {
    "project_name": check_text,
    "project_slug": check_slug,
    "package_name": check_package,
    "description": check_text,
    "author_name": check_text,
    "author_email": check_email,
    "custom_header_name": check_header_name,
    "custom_header_value": check_header_value,
    **{name: partial(check_choice, name) for name in CHOICES},
}
"""The check for each variable."""


def with_private_answers(answers: Mapping[str, object]) -> dict[str, object]:
    """The answers, and the private ones that follow from them."""
    private = {
        name: "yes" if answers[variable] in choices else "no"
        for name, (variable, choices) in PRIVATE_ANSWERS.items()
    }
    return {**answers, **private}


def validation_error(variable: str, answer: object) -> str | None:
    """One line that says what was given and what is allowed, or None."""
    if not isinstance(answer, str):
        return _error(variable, answer, "Enter a text.")
    hint = RULES[variable](answer)
    return _error(variable, answer, hint) if hint else None


def _error(variable: str, answer: object, hint: str) -> str:
    text = str(answer)
    given = text if len(text) <= 60 else f"{text[:60]}..."
    hint = hint.encode("ascii", "backslashreplace").decode()
    return f"{variable}: {given!a} cannot be used. {hint[:1].upper()}{hint[1:]}"


def validate(answers: Mapping[str, object], variable: str) -> str:
    """Return an empty text if this answer is valid.

    Raises:
        Refusal: It is not valid.
    """
    if variable in answers and (error := validation_error(variable, answers[variable])):
        raise Refusal(error + repeat_hint(answers, variable))
    return ""


def repeat_hint(answers: Mapping[str, object], refused: str) -> str:
    """A second line: the command that asks again, with the other answers as defaults.

    Empty if the answers were not typed at prompts.
    """
    program, *options = sys.argv
    path = Path(program)
    name = path.parent.name if path.stem == "__main__" else path.stem
    given = {
        variable: answer
        for variable, answer in answers.items()
        if variable != refused and not variable.startswith("_")
    }
    if not given or "--no-input" in options:
        return ""
    if name == "cookiecutter":
        options = [each for each in options if not each.startswith(f"{refused}=")]
        options += [f"{variable}={answer}" for variable, answer in given.items()]
    elif name == "cruft" and "create" in options:
        options += ["--extra-context", json.dumps(given, ensure_ascii=False)]
    else:
        return ""
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return f"\nTo keep your other answers: {join([name, *options])}"


def validate_all(answers: Mapping[str, object]) -> None:
    """Check all answers before anything is written.

    Raises:
        Refusal: One of them is not valid.
    """
    if errors := validation_errors(answers):
        raise Refusal(errors[0])


def validation_errors(answers: Mapping[str, object]) -> list[str]:
    """All errors in the answers. Only a replay can have another year."""
    errors = [validation_error(variable, answers[variable]) for variable in RULES]
    year = answers.get("__year", "2000")
    if not re.fullmatch(r"[0-9]{4}", str(year)):
        errors.append(_error("__year", year, "Use a year of four digits."))
    return [error for error in errors if error]


FILTERS = (validation_errors, with_private_answers)
