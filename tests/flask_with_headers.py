"""A pytest plugin for Flask's own tests: each ``Flask`` sends a generated app's headers.

Without ``HEADERS_APP``, the import name of that app, ``Flask`` stays as it is.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import _pytest.monkeypatch
import flask

if not hasattr(_pytest.monkeypatch, "notset"):  # Flask 3.1.3 was written for pytest 8
    _pytest.monkeypatch.notset = _pytest.monkeypatch.NOTSET  # type: ignore[attr-defined]

if package := os.environ.get("HEADERS_APP"):
    engine = importlib.import_module(f"{package}.response_headers")
    policy = importlib.import_module(f"{package}.policy")

    class Flask(flask.Flask):
        """An app that sends the headers from the start."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            engine.ResponseHeaders(policy.HEADERS).init_app(self)

    Original = flask.Flask
    for module in list(sys.modules.values()):
        if module.__name__.startswith("flask") and hasattr(module, "Flask"):
            module.Flask = Flask  # type: ignore[attr-defined]
    assert flask.Flask is not Original
