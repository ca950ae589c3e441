"""Subresource Integrity for static files: attributes for ``<script>`` and ``<link>``.

A browser runs a script, or applies a stylesheet, only if its content has the checksum
that the page gives. https://www.w3.org/TR/SRI/
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app, url_for
from markupsafe import Markup
from werkzeug.security import safe_join

if TYPE_CHECKING:
    from flask import Flask

_EXTENSION = "response_headers.sri"

Version = tuple[int, int]
"""The time of a file's last change, in nanoseconds, and its size in bytes."""


def static_src(filename: str, endpoint: str = "static") -> Markup:
    """Return ``src="…" integrity="…"`` for a static file, for a ``<script>``.

    ``endpoint`` is that of the static folder: ``"pages.static"`` for the folder of the
    blueprint ``pages``.

    Raises:
        FileNotFoundError: there is no such file, or no such static folder.
    """
    return _attributes("src", filename, endpoint)


def static_href(filename: str, endpoint: str = "static") -> Markup:
    """Return ``href="…" integrity="…"`` for a static file, for a ``<link>``.

    Raises:
        FileNotFoundError: there is no such file, or no such static folder.
    """
    return _attributes("href", filename, endpoint)


def static_folder(app: Flask, endpoint: str) -> str | None:
    """Return the static folder that an endpoint serves, if it does."""
    blueprint, _, last = endpoint.rpartition(".")
    owner = app.blueprints.get(blueprint) if blueprint else app
    return owner.static_folder if owner and last == "static" else None


def _attributes(attribute: str, filename: str, endpoint: str) -> Markup:
    digest = _digest(_find(filename, endpoint))
    # A changed file gets another URL, so no cache serves the old content for it.
    url = url_for(endpoint, filename=filename, v=digest[:8])
    integrity = f"sha384-{base64.b64encode(bytes.fromhex(digest)).decode()}"
    return Markup('{}="{}" integrity="{}"').format(attribute, url, integrity)


def _find(filename: str, endpoint: str) -> Path:
    """Return the path of a static file."""
    folder = static_folder(current_app, endpoint)
    path = folder and safe_join(folder, filename)
    if not path or not Path(path).is_file():
        msg = (
            f"{endpoint!r} has no static file {filename!r}: add it to"
            f" {folder or 'the static folder of that endpoint'}, or fix the template."
        )
        raise FileNotFoundError(msg)
    return Path(path)


def _digest(path: Path) -> str:
    """Return the SHA-384 of a file in hexadecimal, computed once per version."""
    known: dict[Path, tuple[Version, str]]
    known = current_app.extensions.setdefault(_EXTENSION, {})
    stat = path.stat()
    version = stat.st_mtime_ns, stat.st_size
    if path not in known or known[path][0] != version:
        known[path] = version, hashlib.sha384(path.read_bytes()).hexdigest()
    return known[path][1]
