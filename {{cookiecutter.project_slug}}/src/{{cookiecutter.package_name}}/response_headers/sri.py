"""Subresource Integrity for static files: attributes for ``<script>`` and ``<link>``.

A browser runs a script, or applies a stylesheet, only if its content has the checksum
that the page gives. https://www.w3.org/TR/SRI/
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app, url_for
from markupsafe import Markup
from werkzeug.security import safe_join

if TYPE_CHECKING:
    from flask import Flask


def static_src(filename: str, endpoint: str = "static") -> Markup:
    """Return ``src="…" integrity="…"`` for a static file, for a ``<script>``.

    ``endpoint`` is that of the static folder: ``"pages.static"`` for the folder of the
    blueprint ``pages``.

    Raises:
        FileNotFoundError: there is no such file, or no such static folder.
    """
    return _attributes("src", filename, endpoint)


def static_href(filename: str, endpoint: str = "static") -> Markup:
    """Return ``href="…" integrity="…"`` for a ``<link>``, as :func:`static_src` does."""
    return _attributes("href", filename, endpoint)


def static_folder(app: Flask, endpoint: str) -> str | None:
    """Return the static folder that an endpoint serves, if it does."""
    blueprint, _, last = endpoint.rpartition(".")
    owner = app.blueprints.get(blueprint) if blueprint else app
    return owner.static_folder if owner and last == "static" else None


def _attributes(attribute: str, filename: str, endpoint: str) -> Markup:
    folder = static_folder(current_app, endpoint)
    path = folder and safe_join(folder, filename)
    if not path or not Path(path).is_file():
        msg = (
            f"{endpoint!r} has no static file {filename!r}: add it to"
            f" {folder or 'the static folder of that endpoint'}, or fix the template."
        )
        raise FileNotFoundError(msg)
    stat = Path(path).stat()
    digest = _digest(path, stat.st_mtime_ns, stat.st_size)
    # A changed file gets another URL, so no cache serves the old content for it.
    url = url_for(endpoint, filename=filename, v=digest.hex()[:8])
    integrity = f"sha384-{base64.b64encode(digest).decode()}"
    return Markup('{}="{}" integrity="{}"').format(attribute, url, integrity)


@lru_cache(maxsize=1024)
def _digest(path: str, _nanoseconds: int, _size: int) -> bytes:
    """Return the SHA-384 of a file, computed once per version: last change and size."""
    return hashlib.sha384(Path(path).read_bytes()).digest()
