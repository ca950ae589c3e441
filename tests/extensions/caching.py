"""Flask-Caching: https://flask-caching.readthedocs.io/en/latest/."""

from __future__ import annotations

import itertools

from flask import Blueprint, render_template_string
from flask_caching import Cache

CONFIG = {"CACHE_TYPE": "SimpleCache"}

cache = Cache()
bp = Blueprint("cached", __name__, url_prefix="/cached")
numbers = itertools.count()

FRAGMENT = """<script nonce="{{ csp_nonce() }}"></script>
{% cache 60, "fragment" %}<p>{{ next(numbers) }}</p>{% endcache %}"""


@bp.get("/page")
@cache.cached(timeout=60)
def page():
    return render_template_string('<script nonce="{{ csp_nonce() }}"></script>')


@bp.get("/text")
@cache.cached(timeout=60)
def text():
    return f"<p>{next(numbers)}</p>"


@cache.memoize(60)
def data():
    return next(numbers)


@bp.get("/data")
def page_of_data():
    return render_template_string(
        '<script nonce="{{ csp_nonce() }}"></script><p>{{ data }}</p>', data=data()
    )


@bp.get("/fragment")
def page_with_fragment():
    return render_template_string(FRAGMENT, numbers=numbers, next=next)


def init_app(app):
    cache.init_app(app)
    app.register_blueprint(bp)


def check(wire):
    for path in ("text", "data", "fragment"):
        first, again = (wire("GET", f"/cached/{path}") for _ in range(2))
        assert first.text.partition("<p>")[2] == again.text.partition("<p>")[2]
        for each in (first, again):
            nonce = each.text.partition('nonce="')[2].partition('"')[0]
            assert f"'nonce-{nonce}'" in each.headers["Content-Security-Policy"] or (
                path == "text"
            )
    for _ in range(2):
        wire("GET", "/cached/page")
