"""The other sites of the pages: CDNs that serve npm's packages, and what embeds itself.

Each answers under its real name; a browser is told to find it here. Scripts and frames of
companies are stand-ins that load what the real ones do: scripts, frames, images, requests.
"""

from __future__ import annotations

import base64
import hashlib
import json
import mimetypes
import re
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.conftest import TEMPLATE

LIBRARIES = TEMPLATE / "build" / "pages" / "node_modules"
"""Where ``.ci/run`` installs what ``tests/pages/package.json`` names."""

MOVED = [
    (r"code\.jquery\.com/jquery-[\d.]+\d(.*)", r"jquery3/dist/jquery\1"),
    (r"code\.jquery\.com/ui/[\d.]+/(.*)", r"jquery-ui/dist/\1"),
    (r"cdn\.datatables\.net/[\d.]+/css/(.*)", r"datatables.net-dt/css/\1"),
    (r"cdn\.datatables\.net/[\d.]+/js/(.*)", r"datatables.net/js/\1"),
    (r"cdn\.plot\.ly/plotly-[\d.]+?\.min\.js", r"plotly.js-dist-min/plotly.min.js"),
    (
        r"cdn\.bokeh\.org/bokeh/release/(.*?)-[\d.]+\.min\.js",
        r"@bokeh/bokehjs/build/js/\1.min.js",
    ),
    (r"d3js\.org/d3\.v7\.min\.js", r"d3/dist/d3.min.js"),
    (r"cdn\.redoc\.ly/redoc/latest/(.*)", r"redoc/\1"),
    (r"cdn\.socket\.io/[\d.]+/(.*)", r"socket.io-client/dist/\1"),
    (
        r"cdnjs\.cloudflare\.com/ajax/libs/font-awesome/[\d.]+/(.*)",
        r"@fortawesome/fontawesome-free/\1",
    ),
    (
        r"maxcdn\.bootstrapcdn\.com/font-awesome/latest/css/.*",
        r"@fortawesome/fontawesome-free/css/all.min.css",
    ),
    (
        r"maxcdn\.bootstrapcdn\.com/font-awesome/latest/(.*)",
        r"@fortawesome/fontawesome-free/\1",
    ),
    (
        r"fonts\.gstatic\.com/.*",
        r"@fontsource/inter/files/inter-latin-400-normal.woff2",
    ),
    (r"cdn\.jsdelivr\.net/npm/htmx\.org@2[\d.]*/(.*)", r"htmx2/\1"),
    (r"cdn\.jsdelivr\.net/npm/(.*)", r"\1"),
    (r"unpkg\.com/(.*)", r"\1"),
]
"""Where a CDN's file is among npm's packages."""

FONT = """@font-face { font-family: "Inter"; font-style: normal; font-weight: 400;
  src: url(https://fonts.gstatic.com/s/inter/v20/inter.woff2) format("woff2"); }"""

STYLE = {
    "version": 8,
    "sources": {
        "box": {
            "type": "geojson",
            "data": {
                "type": "Feature",
                "properties": {},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[-9, -9], [9, -9], [9, 9], [-9, 9], [-9, -9]]],
                },
            },
        }
    },
    "layers": [
        {"id": "box", "type": "fill", "source": "box", "paint": {"fill-color": "#f00"}}
    ],
}

STRIPE = """
window.Stripe = () => {
  const frame = document.createElement("iframe");
  frame.src = "https://js.stripe.com/v3/elements-inner-card.html";
  const ready = new Promise((resolve) => addEventListener("message", (event) => {
    if (event.origin === "https://js.stripe.com") resolve();
  }));
  return {
    elements: () => ({ create: () => ({ mount: (at) => document.querySelector(at).append(frame) }) }),
    confirm: async () => {
      await ready;
      return (await fetch("https://api.stripe.com/v1/payment_intents", { method: "POST" })).ok;
    },
  };
};
"""

RECAPTCHA = """
const frame = document.createElement("iframe");
frame.src = "https://www.google.com/recaptcha/api2/anchor";
addEventListener("message", (event) => {
  if (event.origin !== "https://www.google.com") return;
  const answer = document.createElement("textarea");
  answer.name = "g-recaptcha-response";
  answer.value = "solved";
  document.querySelector(".g-recaptcha").append(answer);
});
const place = () => document.querySelector(".g-recaptcha").append(frame);
if (document.readyState === "loading") addEventListener("DOMContentLoaded", place);
else place();
"""

TAGS = """
const script = document.createElement("script");
script.async = true;
script.src = "https://www.googletagmanager.com/gtag/js?id=G-1";
document.head.append(script);
const pixel = new Image();
pixel.onload = () => { window.counted = true; };
pixel.src = "https://www.google-analytics.com/collect?v=1";
fetch("https://region1.google-analytics.com/g/collect?v=2", { method: "POST" })
  .then(() => { window.collected = true; }, () => {});
"""

CUSTOM_TAG = """
const script = document.createElement("script");
script.text = "window.customTag = true;";
document.head.append(script);
"""

EMBEDDED = (
    "<!doctype html><p>embedded</p><script>parent.postMessage('ready', '*')</script>"
)
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

BODIES: dict[str, tuple[str | bytes, str]] = {
    "fonts.googleapis.com/css2": (FONT, "text/css"),
    "demotiles.maplibre.org/style.json": (json.dumps(STYLE), "application/json"),
    "www.google.com/recaptcha/api.js": (RECAPTCHA, "text/javascript"),
    "js.stripe.com/v3/": (STRIPE, "text/javascript"),
    "www.googletagmanager.com/gtm.js?id=GTM-1": (TAGS, "text/javascript"),
    "www.googletagmanager.com/gtm.js?id=GTM-2": (CUSTOM_TAG, "text/javascript"),
    "www.googletagmanager.com/gtag/js": ("window.tagged = true;", "text/javascript"),
    "api.stripe.com/v1/payment_intents": ("{}", "application/json"),
    "api.example.com/rows": ('[{"name": "one"}]', "application/json"),
    "checkout.example.com/pay": ("<!doctype html><h1>Pay</h1>", "text/html"),
    "www.google.com/maps/embed": (EMBEDDED, "text/html"),
    "www.google.com/recaptcha/api2/anchor": (EMBEDDED, "text/html"),
    "js.stripe.com/v3/elements-inner-card.html": (EMBEDDED, "text/html"),
    "www.youtube.com/embed/hello": (EMBEDDED, "text/html"),
    "tile.openstreetmap.org": (PIXEL, "image/gif"),
    "www.gravatar.com": (PIXEL, "image/gif"),
    "www.google-analytics.com": (PIXEL, "image/gif"),
    "region1.google-analytics.com": ("", "text/plain"),
}
"""What is sent for a URL, with its query, without it, or for all of a host."""

NAMES = [
    "api.example.com", "api.stripe.com", "cdn.bokeh.org", "cdn.datatables.net",
    "cdn.jsdelivr.net", "cdn.plot.ly", "cdn.redoc.ly", "cdn.socket.io",
    "cdnjs.cloudflare.com", "checkout.example.com", "code.jquery.com", "d3js.org",
    "demotiles.maplibre.org", "fonts.googleapis.com", "fonts.gstatic.com",
    "js.stripe.com", "live.example.com", "maxcdn.bootstrapcdn.com",
    "region1.google-analytics.com", "tile.openstreetmap.org", "unpkg.com",
    "www.google-analytics.com", "www.google.com", "www.googletagmanager.com",
    "www.gravatar.com", "www.youtube.com",
]  # fmt: skip
"""Every other site."""


def packaged(host: str, path: str) -> Path | None:
    """The file of a package that a CDN serves under a path, if there is one."""
    for pattern, where in MOVED:
        if match := re.fullmatch(pattern, host + path):
            file = match.expand(where)
            name, _, rest = parts(file)
            return LIBRARIES / name / (rest or main_file(name))
    return None


def parts(file: str) -> tuple[str, str, str]:
    """A package's name, its version if it is there, and the path of a file in it."""
    match = re.fullmatch(r"((?:@[^/]+/)?[^/@]+)(@[^/]+)?/?(.*)", file)
    if not match:
        raise ValueError(f"{file} is no file of a package")
    return match[1], match[2] or "", match[3]


def main_file(name: str) -> str:
    """The file that CDNs serve for a package's name alone."""
    package = json.loads((LIBRARIES / name / "package.json").read_text("utf-8"))
    return str(package.get("jsdelivr") or package.get("unpkg") or package["main"])


class OtherSites(BaseHTTPRequestHandler):
    """Every other site. As real CDNs do, it allows CORS; nothing here knows of COEP."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with what the host has at the path."""
        host, (path, _, _) = self.headers["Host"], self.path.partition("?")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "Sec-WebSocket-Key" in self.headers:
            self.greet()
            return
        known = next(
            (
                BODIES[key]
                for key in (host + self.path, host + path, host)
                if key in BODIES
            ),
            None,
        )
        file = packaged(host, path)
        if known:
            self.send(200, *known)
        elif file and file.is_file():
            content_type = "text/javascript" if file.suffix in {".mjs", ".js"} else ""
            self.send(
                200,
                file.read_bytes(),
                content_type or mimetypes.guess_type(file.name)[0],
            )
        else:
            self.send(404, f"{host}{path} is not here", "text/plain")

    do_POST = do_GET

    def do_OPTIONS(self) -> None:
        """Allow what a page of another site wants to send."""
        self.send(204, "", None)

    def send(self, status: int, body: str | bytes, content_type: str | None) -> None:
        """Send a response."""
        sent = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(sent)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.end_headers()
        self.wfile.write(sent)

    def greet(self) -> None:
        """Accept a WebSocket and send one message (RFC 6455)."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = hashlib.sha1(key.encode(), usedforsecurity=False).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.end_headers()
        self.wfile.write(b"\x81\x05hello")
        self.wfile.flush()
        self.rfile.read(1)  # until the browser leaves
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""
