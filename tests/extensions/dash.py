"""Dash inside a Flask app: https://dash.plotly.com/minimal-app."""

from __future__ import annotations

from dash import Dash, Input, Output, callback, dcc, html

from . import policy
from .response_headers import override_headers

dash = Dash(__name__, server=False, url_base_pathname="/dash/")
dash.layout = [
    html.H1("Title of Dash App"),
    dcc.Dropdown(["Canada", "Japan"], "Canada", id="dropdown"),
    dcc.Graph(id="graph"),
]


@callback(Output("graph", "figure"), Input("dropdown", "value"))
def update_graph(value):
    return {"data": [{"x": [1, 2], "y": [3, 4]}], "layout": {"title": {"text": value}}}


def init_app(app):
    dash.init_app(app)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith("/dash/"):
            app.view_functions[endpoint] = override_headers(policy.EXTENSION_PAGES)(
                view
            )


def check(wire):
    page = wire("GET", "/dash/")
    assert (
        "script-src 'self' 'unsafe-inline'" in page.headers["Content-Security-Policy"]
    )
    wire("GET", "/dash/_dash-layout")
    (callback,) = wire("GET", "/dash/_dash-dependencies").json
    script = page.text.partition('<script src="')[2].partition('"')[0]
    wire("GET", script)
    changed = {
        "output": "graph.figure",
        "outputs": {"id": "graph", "property": "figure"},
        "inputs": [{"id": "dropdown", "property": "value", "value": "Japan"}],
        "changedPropIds": ["dropdown.value"],
    }
    assert callback["output"] == "graph.figure"
    answer = wire("POST", "/dash/_dash-update-component", json=changed)
    assert "Japan" in answer.text
