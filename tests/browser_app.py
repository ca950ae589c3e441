"""The app of a generated project, with pages that attack it, for ``test_browser.py``.

Served by gunicorn in the folder of a project of the policy ``web``.
"""

from __future__ import annotations

from flask import jsonify, render_template_string
from my_flask_app import create_app
from my_flask_app.response_headers import amend_csp, override_headers
from recipes import install

app = create_app()
install(app, "my_flask_app", "web")

ATTACKS = """<!doctype html>
<html lang="en">
<head>
  <title>Attacks</title>
  <script nonce="{{ csp_nonce() }}">
    window.blocked = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.blocked.push(event.effectiveDirective);
    });
  </script>
  <base href="https://evil.example/">
</head>
<body>
  <script>window.inline = true;</script>
  <script src="https://app.example/static/hello.js" id="without-nonce"></script>
  <img src="/icon.svg" alt="" onerror="window.handler = true">
  <a id="link" href="/relative">A relative link</a>
  <form id="form" action="https://evil.example/form" method="post"></form>
  <iframe id="frame" src="https://app.example/" title="The app itself"></iframe>
  <script nonce="{{ csp_nonce() }}">
    try { eval("window.evaluated = true"); } catch { window.evalRefused = true; }
    document.getElementById("form").submit();
    window.done = true;
  </script>
</body>
</html>"""


@app.get("/attacks")
def attacks() -> str:
    """Try what an attacker would."""
    return render_template_string(ATTACKS)


@app.get("/fails")
def fails() -> str:
    """Raise."""
    raise RuntimeError


EVALUATES = """<!doctype html>
<html lang="en">
<title>eval</title>
<script nonce="{{ csp_nonce() }}">
  try { window.evaluated = eval("1"); } catch (error) { window.refused = error.name; }
</script>
</html>"""


@app.get("/evaluates")
def evaluates() -> str:
    """Evaluate a text."""
    return render_template_string(EVALUATES)


@app.get("/trusted-types")
@override_headers(
    {"Content-Security-Policy": amend_csp({"require-trusted-types-for": "'script'"})}
)
def trusted_types() -> str:
    """Require Trusted Types, as the row that is commented out in ``policy.py`` does."""
    return render_template_string("<h1>A page</h1>")


@app.get("/openapi.json")
def openapi() -> object:
    """Describe an API, for Swagger UI."""
    paths = {"/tea": {"get": {"responses": {"200": {"description": "Tea"}}}}}
    info = {"title": "An API to be shown", "version": "1"}
    return jsonify(openapi="3.0.0", info=info, paths=paths)
