"""A generated app with the pages, each a route of its own, served by gunicorn.

It runs in the folder of a project whose ``static/`` has the libraries. ``PAGES_LINES``
names a JSON file: for each endpoint the overrides that its page has by now.
"""

from __future__ import annotations

import io
import json
import os
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Flask,
    Response,
    redirect,
    render_template_string,
    send_file,
    send_from_directory,
)
from flask_sock import Sock
from flask_socketio import SocketIO, send
from jinja2 import ChoiceLoader, FileSystemLoader
from my_flask_app import create_app
from my_flask_app.response_headers import amend_csp, override_headers

from .listing import TEMPLATES, Page, all_pages

if TYPE_CHECKING:
    from collections.abc import Callable

LAYOUT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{{ page.name }}</title><link rel="icon" href="data:,"></head>
<body>
{% include page.name ~ ".html" %}
</body>
</html>"""

SECOND = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Second page</title><link rel="icon" href="data:,"></head>
<body>
<h1>Second page</h1>
<turbo-frame id="frame"><b>A part of the second page</b></turbo-frame>
<script nonce="{{ csp_nonce() }}">window.second = true;</script>
</body>
</html>"""

PDF = """%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R>>endobj
4 0 obj<</Length 24>>stream
1 0 0 rg 10 10 50 50 re f
endstream endobj
trailer<</Root 1 0 R>>
%%EOF
"""

ROWS = [
    {"name": name, "number": n + 1} for n, name in enumerate(("one", "two", "three"))
]

demo = Blueprint("demo", __name__)


@demo.post("/demo/clicked")
def clicked() -> str:
    """A part of a page."""
    return "<em>answered</em>"


@demo.get("/demo/rows")
def rows() -> list[dict[str, Any]]:
    """Some JSON."""
    return ROWS


@demo.get("/demo/second")
def second() -> str:
    """Another page, with a frame for Turbo and a script."""
    return render_template_string(SECOND)


@demo.get("/demo/openapi.json")
def openapi() -> dict[str, Any]:
    """Describe an API."""
    paths = {"/tea": {"get": {"responses": {"200": {"description": "Tea"}}}}}
    info = {"title": "An API to be shown", "version": "1"}
    return {"openapi": "3.0.0", "info": info, "paths": paths}


@demo.get("/demo/tone.wav")
def tone() -> Response:
    """Two seconds of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 2 * 8000))
    file.seek(0)
    return send_file(file, mimetype="audio/wav")


@demo.get("/demo/file.pdf")
def pdf() -> Response:
    """A PDF with a red square."""
    return send_file(io.BytesIO(PDF.encode()), mimetype="application/pdf")


@demo.post("/demo/upload")
def upload() -> str:
    """Take a file."""
    return "stored"


@demo.get("/demo/events")
def events() -> Response:
    """One event."""
    return Response("data: hello\n\n", mimetype="text/event-stream")


@demo.post("/demo/pay")
def pay() -> Any:
    """Redirect to another site, as a payment provider's examples do."""
    return redirect("https://checkout.example.com/pay", 303)


@demo.get("/demo/framed")
def framed() -> str:
    """A page to be shown in a frame of another."""
    return render_template_string("<!doctype html><p>embedded</p>")


@demo.get("/service-worker.js")
def service_worker() -> Response:
    """A worker from the root, for the whole site."""
    return send_from_directory(TEMPLATES.parent / "static", "worker.js")


def page_view(page: Page) -> Callable[[], str]:
    """A view that shows a page."""
    return lambda: render_template_string(LAYOUT, page=page)


def from_json(overrides: dict[str, Any]) -> dict[str, Any]:
    """Overrides as a user writes them: a table of directives goes into ``amend_csp``."""
    return {
        name: amend_csp(value) if isinstance(value, dict) else value
        for name, value in overrides.items()
    }


def add_lines(app: Flask, lines: dict[str, dict[str, Any]]) -> None:
    """Decorate the views with their overrides."""
    for endpoint, overrides in lines.items():
        view = app.view_functions[endpoint]
        app.view_functions[endpoint] = override_headers(from_json(overrides))(view)


def make_app() -> Flask:
    """Make the app."""
    app: Flask = create_app()
    loaders = [FileSystemLoader(TEMPLATES), app.jinja_loader]
    app.jinja_loader = ChoiceLoader([each for each in loaders if each])
    app.register_blueprint(demo)
    for page in all_pages():
        rule, view = f"/{page.name}", page_view(page)
        app.add_url_rule(rule, page.name, view, methods=["GET", "POST"])
    if path := os.environ.get("PAGES_LINES"):
        add_lines(app, json.loads(Path(path).read_text("utf-8")))
    Sock(app).route("/echo")(lambda socket: socket.send(socket.receive()))
    SocketIO(app, async_mode="threading").on("message")(send)
    return app


app = make_app()
