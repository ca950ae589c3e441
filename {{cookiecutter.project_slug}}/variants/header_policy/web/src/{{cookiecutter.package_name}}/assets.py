"""Static files in templates, with a checksum that browsers compare.

Subresource Integrity: a browser runs a script, or applies a stylesheet, only if its
content is what the page says. https://www.w3.org/TR/SRI/
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

_EXTENSION = "assets"

Version = tuple[int, int]
"""When a file was last changed, in nanoseconds, and its size in bytes."""


def static_src(filename: str, endpoint: str = "static") -> Markup:
    """Return ``src="…" integrity="…"`` for a static file, to stand in a ``<script>``.

    ``endpoint`` is that of the static files: ``"pages.static"`` is the folder of the
    blueprint ``pages``.

    Raises:
        FileNotFoundError: there is no such file, or no such folder of static files.
    """
    return _attributes("src", filename, endpoint)


def static_href(filename: str, endpoint: str = "static") -> Markup:
    """Return ``href="…" integrity="…"`` for a static file, to stand in a ``<link>``.

    Raises:
        FileNotFoundError: there is no such file, or no such folder of static files.
    """
    return _attributes("href", filename, endpoint)


def init_app(app: Flask) -> None:
    """Give the functions above to the app's templates."""
    app.extensions[_EXTENSION] = {}
    app.add_template_global(static_src)
    app.add_template_global(static_href)


def _attributes(attribute: str, filename: str, endpoint: str) -> Markup:
    digest = _digest(_find(filename, endpoint))
    # A changed file has another URL: no cache can answer with the old content.
    url = url_for(endpoint, filename=filename, v=digest[:8])
    integrity = f"sha384-{base64.b64encode(bytes.fromhex(digest)).decode()}"
    return Markup('{}="{}" integrity="{}"').format(attribute, url, integrity)


def _find(filename: str, endpoint: str) -> Path:
    """The path of a static file."""
    blueprint, _, last = endpoint.rpartition(".")
    owner = current_app.blueprints.get(blueprint) if blueprint else current_app
    folder = owner.static_folder if owner and last == "static" else None
    path = folder and safe_join(folder, filename)
    if not path or not Path(path).is_file():
        msg = (
            f"a template asks for the static file {filename!r} of {endpoint!r}: there is"
            f" no such file in {folder or 'a folder of this endpoint'}."
        )
        raise FileNotFoundError(msg)
    return Path(path)


def _digest(path: Path) -> str:
    """The SHA-384 of a file in hexadecimal digits, computed once for each version."""
    known: dict[Path, tuple[Version, str]] = current_app.extensions[_EXTENSION]
    stat = path.stat()
    version = stat.st_mtime_ns, stat.st_size
    if path not in known or known[path][0] != version:
        known[path] = version, hashlib.sha384(path.read_bytes()).hexdigest()
    return known[path][1]
