"""What an answer may be, and how a text is written into a generated file.

``local_extensions.py`` gives all this to cookiecutter for every template it renders. That
is how the rules are asked at every way in, before anything is written: right after a
question, by the ``__check_…`` variable that follows it; and once for all answers when
the name of the project's folder is rendered, which is the first thing that is done with
a replay, whose answers cookiecutter does not check.
"""

from __future__ import annotations

import atexit
import json
import keyword
import re
import sys
import unicodedata
from email.headerregistry import Address
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

MAX_NAME = 50
"""Characters in a slug or in the name of a header."""

MAX_PACKAGE = 35
"""Characters in a package name: the lines that import from it stay under 88."""

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
"""What the generated app imports or runs: a namesake would hide it."""

WINDOWS_DEVICES = frozenset(
    {"aux", "con", "nul", "prn"}
    | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
)
"""No file or folder can have these names there:
https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""

TAKEN_PACKAGES: Mapping[str, Collection[str]] = {
    "this one is a Python keyword": {*keyword.kwlist, *keyword.softkwlist},
    "this one is a module of the standard library": sys.stdlib_module_names,
    "this one is a package the app needs": DEPENDENCIES,
    "this one is a folder of the project": {"src", "test", "tests"},
    "Windows keeps this one for a device": WINDOWS_DEVICES,
}
"""Names that cannot be imported as the app's, by the reason why."""

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A header's name: RFC 9110, sections 5.1 and 5.6.2."""

NOT_FOR_A_POLICY = frozenset(
    {
        "accept-ranges",
        "age",
        "allow",
        "cache-control",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-md5",
        "content-range",
        "content-security-policy",
        "content-security-policy-report-only",
        "content-type",
        "cross-origin-embedder-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "date",
        "etag",
        "expires",
        "keep-alive",
        "last-modified",
        "location",
        "permissions-policy",
        "proxy-connection",
        "referrer-policy",
        "reporting-endpoints",
        "server",
        "set-cookie",
        "status",
        "strict-transport-security",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "www-authenticate",
        "x-content-type-options",
        "x-frame-options",
        "x-permitted-cross-domain-policies",
    }
)
"""Headers that Flask, Werkzeug or the server writes, or that a policy has rules for."""


FOLDER = "{{cookiecutter.project_slug}}"
"""The template of the project's folder: rendered first, once there are answers."""

HERE = Path(__file__).parent

QUESTIONS: Mapping[str, object] = json.loads(
    (HERE / "cookiecutter.json").read_text("utf-8")
)

CHOICES: Mapping[str, list[str]] = {
    name: choices
    for name, choices in QUESTIONS.items()
    if isinstance(choices, list) and not name.startswith("_")
}

OWN_TEMPLATES = frozenset(
    {text for text in QUESTIONS.values() if isinstance(text, str)}
    | {choice for choices in CHOICES.values() for choice in choices}
    | {path.read_text("utf-8") for path in (HERE / "hooks").glob("*.py")}
)
"""What the template itself has rendered from a text: questions and hooks."""


def problem_with_choice(variable: str, answer: str) -> str | None:
    """What is wrong with a choice, or None."""
    choices = CHOICES[variable]
    return None if answer in choices else f"Choose one of {', '.join(choices)}."


def problem_with_text(text: str) -> str | None:
    """What is wrong with one line of free text, or None."""
    if len(text) > MAX_TEXT:
        return f"Write at most {MAX_TEXT} characters."
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        return "Write one line of text, without control characters."
    if not text:
        return "Write a text, it must not be empty."
    if text != text.strip():
        return "Leave out the blanks at its beginning and end."
    return None


def problem_with_email(address: str) -> str | None:
    """What is wrong with an e-mail address, or None: a build refuses what is none."""
    if problem := problem_with_text(address):
        return problem
    form = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
    try:
        sound = re.fullmatch(form, address) and Address(addr_spec=address)
    except ValueError:
        sound = None
    return None if sound else "Write an e-mail address, like you@example.com."


def problem_with_slug(slug: str) -> str | None:
    """What is wrong with a name of a folder and a distribution, or None.

    The form is that of https://packaging.python.org/specifications/name-normalization/.
    """
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", slug):
        return "Write letters, digits, - _ and . (no path), like my-flask-app."
    if len(slug) > MAX_NAME:
        return f"Write at most {MAX_NAME} characters."
    if re.sub(r"[-_.]+", "_", slug).lower() in DEPENDENCIES:
        return "Choose another name: the app depends on a distribution of this one."
    if slug.partition(".")[0].lower() in WINDOWS_DEVICES:
        return "Choose another name: Windows keeps this one for a device."
    return None


def problem_with_package(name: str) -> str | None:
    """What is wrong with an import name, or None."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return (
            "Write a Python identifier of a-z, 0-9 and _ (no path), like my_flask_app."
        )
    if len(name) > MAX_PACKAGE:
        return f"Write at most {MAX_PACKAGE} characters."
    for reason, names in TAKEN_PACKAGES.items():
        if name in names:
            return f"Choose another name: {reason}."
    return None


def problem_with_header_name(name: str) -> str | None:
    """What is wrong with the name of a header that every response sends, or None."""
    if not TOKEN.fullmatch(name):
        return (
            "Write letters, digits and -, without blanks or colon, like Custom-Header."
        )
    if len(name) > MAX_NAME:
        return f"Write at most {MAX_NAME} characters."
    if name.lower() in NOT_FOR_A_POLICY:
        return "Choose another name: Flask, the server or a policy writes this header."
    return None


def problem_with_header_value(value: str) -> str | None:
    """What is wrong with a header's value, or None (RFC 9110, section 5.5)."""
    if not re.fullmatch(r"[ -~\xa0-\xff]*", value):
        return "Write one line of printable Latin-1 characters."
    return problem_with_text(value)


RULES: Mapping[str, Callable[[str], str | None]] = {
    "project_name": problem_with_text,
    "project_slug": problem_with_slug,
    "package_name": problem_with_package,
    "description": problem_with_text,
    "author_name": problem_with_text,
    "author_email": problem_with_email,
    "custom_header_name": problem_with_header_name,
    "custom_header_value": problem_with_header_value,
    **{name: partial(problem_with_choice, name) for name in CHOICES},
}
"""A rule takes an answer and returns what is allowed instead, or None."""


DERIVED = {
    "__secured": ("header_policy", {"web", "api"}),
    "__image": ("deployment", {"docker", "kubernetes"}),
}
"""What is made of an answer: "yes" beside these choices, "no" beside any other."""


def derived(answer: object, name: str) -> str:
    """What the private answer of that name is beside an answer."""
    return "yes" if answer in DERIVED[name][1] else "no"


def complaint(variable: str, answer: object) -> str | None:
    """One line that says what was given and what is allowed, or None."""
    text = str(answer)
    mend = RULES[variable](text) if isinstance(answer, str) else "Write a text."
    shown = text if len(text) <= 60 else f"{text[:60]}..."
    return f"{variable}: {shown!a} cannot be used. {mend}" if mend else None


def checked(answer: object, variable: str) -> str:
    """Render to nothing where the answer is sound.

    Raises:
        SystemExit: it is not. Cookiecutter and cruft let that pass: Python prints the
            line and exits with status 1.
    """
    if found := complaint(variable, answer):
        sys.exit(found)
    return ""


def complaints(answers: Mapping[str, object]) -> list[str]:
    """Every complaint about the answers given."""
    found = [complaint(variable, answers[variable]) for variable in RULES]
    found += [
        f"{name}: must be {expected!r} beside this {variable}."
        for name, (variable, _) in DERIVED.items()
        for expected in (derived(answers[variable], name),)
        if answers.get(name, expected) != expected  # only a replay can say otherwise
    ]
    if not re.fullmatch(r"[0-9]{4}", str(answers.get("__year", "2000"))):
        found.append("__year: must be a year in four digits.")
    return [line for line in found if line]


def tell_if_unfinished(project: Path) -> None:
    """Say so where generation has not come to its end.

    It was interrupted, the disk was full, or hooks were refused: cookiecutter then
    leaves what there is, and the hook has not removed the file that says so.
    """
    if (project / "UNFINISHED.txt").exists():
        print(
            f"{project} is not complete: generate it again with --overwrite-if-exists"
            " (its UNFINISHED.txt tells more).",
            file=sys.stderr,
        )


def as_slug(name: str) -> str:
    """A slug made of one of any length, to be offered."""
    slug = name[:MAX_NAME].strip("-")
    return f"{slug}-app" if slug and problem_with_slug(slug) else slug


def as_package_name(slug: str) -> str:
    """The import name that goes with a slug, to be offered."""
    room = MAX_PACKAGE - len("app__app")
    name = re.sub(r"[-.]+", "_", slug).lower()
    name = name if len(name) <= MAX_PACKAGE else name[:room].rstrip("_")
    offers = [name, f"{name[:room]}_app", f"app_{name[:room]}"]
    return next((each for each in offers if not problem_with_package(each)), name)


def as_string(text: str) -> str:
    """A quoted string that means the same in TOML, YAML, JSON and Python.

    Characters beyond ASCII stay as they are: escaped as surrogate pairs, as JSON
    usually has them, TOML refuses them.
    """
    return json.dumps(text, ensure_ascii=False)


def as_python(text: str) -> str:
    """A Python literal, quoted as ``ruff format`` would quote it.

    What does not show, such as marks that turn the direction of a text, is escaped.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    shown = (
        f"\\{character}"
        if character in {quote, "\\"}
        else character
        if character.isprintable()
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
    return f"{quote}{''.join(shown)}{quote}"


def as_policy_rows(answers: Mapping[str, str]) -> str:
    """The first rows of ``policy.py``: the user's own header, and what CORS needs."""
    own = _as_row(answers["custom_header_name"], answers["custom_header_value"])
    vary = '("Vary", "Origin"),  # a cache must not answer one site as another: cors.py'
    return f"{own}\n    {vary}" if answers["use_cors"] == "yes" else own


def _as_row(name: str, value: str) -> str:
    """A row of ``policy.py``, broken into lines as ``ruff format`` would."""
    row = f"({as_python(name)}, {as_python(value)}),"
    if len("    " + row) <= 88:
        return row
    return f"(\n        {as_python(name)},\n        {as_python(value)},\n    ),"


def as_markdown(text: str) -> str:
    """Text that Markdown shows as it is: its own marks are escaped."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~!&$])", r"\\\1", text)
    # Also what GitHub makes a link of by itself, escapes and all.
    escaped = re.sub(r"(:)(?=//)|(?<=www)(\.)|(@)", r"\\\g<0>", escaped)
    return re.sub(r"^([-+=]|\d+(?=[.)]))", _escape_start, escaped)


def _escape_start(match: re.Match[str]) -> str:
    """Keep a first character from making a list, a rule or a heading."""
    start = match[0]
    return f"&#{ord(start[0])};{start[1:]}" if start[0].isdigit() else f"\\{start}"


def as_literal(text: str) -> str:
    """A Jinja template that renders to a text, whatever marks the text has."""
    return "{{ " + as_string(text) + " }}"


class Answers:
    """The filters of one Jinja environment, and what it makes of its templates."""

    def __init__(self) -> None:
        filters: list[Callable[..., object]] = [
            as_markdown,
            as_package_name,
            as_policy_rows,
            as_python,
            as_slug,
            as_string,
            checked,
            complaints,
            derived,
        ]
        self.filters = {each.__name__: each for each in filters}
        self.filters["folder"] = self.folder
        self._generates = False

    def folder(self, answers: Mapping[str, object]) -> object:
        """The name of the project's folder, once every answer is there and sound.

        Raises:
            SystemExit: an answer is not sound.
        """
        if any(variable not in answers for variable in RULES):
            return FOLDER  # this is no folder yet, but an answer that looks like it
        self._generates = True
        if found := complaints(answers):
            sys.exit(found[0])
        if "_output_dir" in answers:  # cruft does not say
            project = Path(str(answers["_output_dir"]), str(answers["project_slug"]))
            atexit.register(tell_if_unfinished, project)
        return answers["project_slug"]

    def preprocess(self, source: str, name: str | None) -> str:
        """See each template before it is compiled: a file, a hook, a path or an answer.

        What stands in ``cookiecutter.json`` is a template. What was given in its place,
        on the command line or in the user's configuration, is rendered like one by
        cookiecutter, too: here it becomes a text that means itself.
        """
        if source == FOLDER and not self._generates:
            return "{{ cookiecutter | folder }}"
        if self._generates or name or source in OWN_TEMPLATES:
            return source
        return as_literal(source)
