"""The template's Jinja extension: its rules and its filters.

Cookiecutter loads the extension for each Jinja environment: for the questions, for the
files and for each hook. So every answer is validated before anything is written:

- by the ``__check_...`` variable that follows its question in ``cookiecutter.json``;
- with all the others, when the name of the project's folder is rendered. This comes first
  when a project is generated from a replay, whose answers cookiecutter does not check;
- again in ``hooks/pre_gen_project.py``.

The package needs a unique name because it stays in ``sys.modules``. With the name in
cookiecutter's documentation, ``local_extensions``, a process that uses two templates would
load the extension of the first one for both.
"""

from __future__ import annotations

import atexit
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2.ext import Extension

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType

    from jinja2 import Environment

FOLDER = "{{cookiecutter.project_slug}}"
"""The template for the name of the project's folder. Generation renders it first."""

PACKAGE = Path(__file__).parent


class TemplateExtension(Extension):
    """The rules and filters for one Jinja environment.

    One process may generate from several checkouts of the template: ``cruft update`` checks
    out two versions in the same folder, one after the other, and a ``.zip`` is unpacked into
    a new folder each time. Python imports this file once, so each environment loads
    ``rules.py`` and ``filters.py`` again, from the checkout that it generates from.

    The second version therefore runs with the first version's copy of this file. Keep the
    names that it uses: ``FILTERS`` in both modules, ``QUESTIONS``, ``RULES``, ``validate``
    and ``validate_all`` in the rules, ``as_literal`` in the filters.
    """

    package = PACKAGE
    """This package, in the checkout that was used last."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        package = TemplateExtension.package = _current_package(self.package)
        self._rules = _load("rules", package)
        self._filters = _load("filters", package)  # imports the rules loaded just now
        for each in (*self._rules.FILTERS, *self._filters.FILTERS):
            environment.filters[each.__name__] = each
        environment.filters["folder"] = self.folder
        environment.globals["validate"] = self._rules.validate
        self._template_texts = _template_texts(package.parent, self._rules.QUESTIONS)
        self._generates = False

    def preprocess(
        self, source: str, name: str | None, filename: str | None = None
    ) -> str:
        """Return the template that Jinja compiles instead of ``source``.

        Cookiecutter renders each default in ``cookiecutter.json`` as a Jinja template. An
        answer from the command line or from the user's configuration replaces the default
        before that, so it is rendered as a template, too: ``{{ 7*7 }}`` would become
        ``49``, and ``{%`` would be a syntax error.

        To prevent that, an answer becomes a template that renders to the answer itself.
        Jinja calls this method before it compiles a template. All that it has to tell an
        answer from a default is the source text: cookiecutter compiles both as strings
        without a name. A text that is in ``cookiecutter.json`` or in a hook belongs to the
        template and stays as it is. Any other text without a name is an answer. Once
        generation has started, there are no answers to render: only files and their paths.
        """
        if source == FOLDER and not self._generates:
            return "{{ cookiecutter | folder }}"
        if self._generates or name or filename or source in self._template_texts:
            return source
        literal: str = self._filters.as_literal(source)
        return literal

    def folder(self, answers: Mapping[str, object]) -> object:
        """The name of the project's folder. Validates all answers.

        Raises:
            Refusal: An answer is missing or not valid.
        """
        if "_template" not in answers:  # the last thing that is set before generation
            return FOLDER  # not the folder, but an answer with this very text
        self._generates = True
        self._rules.validate_all(answers)
        if "_output_dir" in answers:  # cruft does not set it
            project = Path(str(answers["_output_dir"]), str(answers["project_slug"]))
            atexit.register(report_unfinished, project)
        return answers["project_slug"]


class _UncachedLoader(SourceFileLoader):
    """Compiles a module from its source, never from cached bytecode.

    Python takes the bytecode of another version of the file for current if both versions
    have the same size and were written in the same second.
    """

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _current_package(last: Path) -> Path:
    """This package, in the checkout of the template that is generated from.

    Cookiecutter and cruft append the checkout to ``sys.path``. If its path is relative, it is
    not found from a hook's working directory: the checkout is still the last one, then.
    """
    for folder in reversed(sys.path):
        package = Path(folder, __name__).absolute()
        if (package / "rules.py").is_file():
            return package
    return last


def _load(name: str, package: Path) -> Any:
    """Load a module of this package, again if it was loaded before."""
    loader = _UncachedLoader(f"{__name__}.{name}", str(package / f"{name}.py"))
    spec = spec_from_loader(loader.name, loader)
    assert spec  # noqa: S101 - for the type checker
    module = module_from_spec(spec)
    sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


def _template_texts(template: Path, questions: Mapping[str, object]) -> set[str]:
    """The texts without a name that belong to the template: questions and hooks."""
    texts = {path.read_text("utf-8") for path in (template / "hooks").glob("*.py")}
    for default in questions.values():
        texts.update([default] if isinstance(default, str) else [])
        texts.update(default if isinstance(default, list) else [])
    return texts


def report_unfinished(project: Path) -> None:
    """Print an error if the project is not complete.

    Generation was interrupted, the disk was full, or hooks were not accepted. Cookiecutter
    leaves the files that it has written, and ``UNFINISHED.txt`` is still among them.
    """
    if (project / "UNFINISHED.txt").exists():
        print(
            f"{project} is not complete: generate it again with --overwrite-if-exists"
            " (see its UNFINISHED.txt).",
            file=sys.stderr,
        )
