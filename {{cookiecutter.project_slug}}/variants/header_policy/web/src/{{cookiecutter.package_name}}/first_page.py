"""The first page. Replace it with your own."""

from __future__ import annotations

from flask import render_template

APP_NAME = {{ cookiecutter.project_name | as_python }}


def first_page() -> tuple[str, int]:
    """Return the page and its status."""
    return render_template("hello.html", app_name=APP_NAME), 200
