"""The first response. Replace it with your own."""

from __future__ import annotations

from flask import json


def first_page() -> tuple[str, int, dict[str, str]]:
    """Return JSON, its status and its headers."""
    text = json.dumps({"message": "Hello World"})
    return f"{text}\n", 200, {"Content-Type": "application/json"}
