"""Load the template's Jinja extension, or say which newer version is needed.

The name of this file is an error message. Cookiecutter before 2.1 does not look for
extensions in the template, and the name is all that it prints: "Unable to load extension:
No module named 'upgrade_cookiecutter_to_2_3'".

Keep to what Python 3.7 can compile, the oldest that cookiecutter 2 runs on.
"""

from __future__ import annotations

import sys

import cookiecutter
from cookiecutter.exceptions import CookiecutterException


class Refusal(SystemExit, CookiecutterException):  # type: ignore[misc]
    """An error to be printed in one line.

    Neither cookiecutter nor cruft catches it, so Python prints the line and exits with
    status 1. A program that calls ``cookiecutter.main.cookiecutter()`` can catch it with
    ``except Exception`` or ``except CookiecutterException``.
    """


def check_versions() -> None:
    """Check that Python and cookiecutter are new enough.

    Raises:
        Refusal: One of them is not.
    """
    if sys.version_info < (3, 10):  # noqa: UP036 - the one file that older ones read
        version = sys.version.split()[0]
        raise Refusal(
            f"This template needs Python 3.10 or newer, and this is {version}. Use another"
            " one: python3.11 -m pip install cookiecutter; python3.11 -m cookiecutter"
        )
    # Before 2.2, a template cannot include files. Before 2.3, questions have no labels.
    version = cookiecutter.__version__
    if tuple(map(int, version.split(".")[:2])) < (2, 3):
        raise Refusal(
            f"This template needs cookiecutter 2.3 or newer, and this is {version}."
            " Upgrade it: python3 -m pip install --upgrade cookiecutter"
        )


check_versions()

from flask_headers_extension import TemplateExtension  # noqa: E402, F401
