"""How a text is written into TOML, YAML, JSON, Python, Markdown and a Jinja template."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from .rules import MAX_NAME, MAX_PACKAGE, check_package, check_slug

if TYPE_CHECKING:
    from collections.abc import Mapping

HOSTS = {"gh": "github.com", "gl": "gitlab.com", "bb": "bitbucket.org"}
"""What cookiecutter's abbreviations stand for."""

FILES = {"github.com": "blob", "gitlab.com": "-/blob", "bitbucket.org": "src"}
"""By service: what stands before the revision in the URL of a file."""


def as_slug(name: str) -> str:
    """A slug to suggest, from a slug of any length."""
    slug = name[:MAX_NAME].strip("-")
    return f"{slug}-app" if slug and check_slug(slug) else slug


def as_package_name(slug: str) -> str:
    """An import name to suggest, from a slug."""
    room = MAX_PACKAGE - len("app__app")
    name = re.sub(r"[-.]+", "_", slug).lower()
    name = name if len(name) <= MAX_PACKAGE else name[:room].rstrip("_")
    candidates = [name, f"{name[:room]}_app", f"app_{name[:room]}"]
    return next((each for each in candidates if not check_package(each)), name)


def as_string(text: str) -> str:
    """A quoted string that means the same in TOML, YAML, JSON and Python.

    Non-ASCII characters are not escaped. JSON escapes some of them as surrogate pairs,
    which TOML does not allow.
    """
    return json.dumps(text, ensure_ascii=False)


def as_python(text: str) -> str:
    """A Python string literal, quoted the way ``ruff format`` quotes it.

    Invisible characters are escaped, such as those that change the text direction.
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = (
        f"\\{character}"
        if character in {quote, "\\"}
        else character
        if character.isprintable()
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
    return f"{quote}{''.join(escaped)}{quote}"


def as_policy_rows(answers: Mapping[str, str]) -> str:
    """The first rows of ``policy.py``: the user's own header, and ``Vary`` for CORS."""
    own = _as_row(answers["custom_header_name"], answers["custom_header_value"])
    vary = '("Vary", "Origin"),  # caches must not mix up the sites: see cors.py'
    return f"{own}\n    {vary}" if answers["use_cors"] == "yes" else own


def _as_row(name: str, value: str) -> str:
    """A row of ``policy.py``, wrapped the way ``ruff format`` wraps it."""
    row = f"({as_python(name)}, {as_python(value)}),"
    if len("    " + row) <= 88:
        return row
    return f"(\n        {as_python(name)},\n        {as_python(value)},\n    ),"


def as_markdown(text: str) -> str:
    """Markdown that shows the text as it is. All markup in it is escaped."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~!&$])", r"\\\1", text)
    # GitHub turns URLs and email addresses into links, even if they are escaped.
    escaped = re.sub(r"(:)(?=//)|(?<=www)(\.)|(@)", r"\\\g<0>", escaped)
    return re.sub(r"^([-+=]|\d+(?=[.)]))", _escape_start, escaped)


def template_docs(page: str, answers: Mapping[str, str]) -> str:
    """Markdown that points to a page of the template's docs.

    It is a link if the template came from a service that shows files, and otherwise its name:
    the path of a folder would mean nothing to others.
    """
    source = answers.get("_template", "")
    for abbreviation, host in HOSTS.items():
        source = re.sub(f"^{abbreviation}:", f"https://{host}/", source)
    url = re.sub(r"^(ssh://)?git@([^:/]+)[:/]", r"https://\2/", source)
    found = re.fullmatch(r"(https://([^/]+)/[\w./~-]+?)(\.git)?/?", url)
    if found is None or found[2] not in FILES:
        return f"`docs/{page}` of the template"
    return f"[{page}]({found[1]}/{FILES[found[2]]}/HEAD/docs/{page})"


def _escape_start(match: re.Match[str]) -> str:
    """Escape a first character that would start a list, a rule or a heading."""
    start = match[0]
    return f"&#{ord(start[0])};{start[1:]}" if start[0].isdigit() else f"\\{start}"


def as_literal(text: str) -> str:
    """A Jinja template that renders to the text, whatever is in it."""
    return "{{ " + as_string(text) + " }}"


FILTERS = (
    as_markdown,
    as_package_name,
    as_policy_rows,
    as_python,
    as_slug,
    as_string,
    template_docs,
)
