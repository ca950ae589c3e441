"""The first page. Replace it with your own."""

from __future__ import annotations


def first_page() -> tuple[str, int]:
    """Return the page and its status."""
    return "Hello World", 200
