"""Flask-WTF: https://flask-wtf.readthedocs.io/en/stable/quickstart/."""

from __future__ import annotations

import re

from flask import Blueprint, render_template_string
from flask_wtf import CSRFProtect, FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired

bp = Blueprint("forms", __name__)
csrf = CSRFProtect()

FORM = '<form method="post">{{ form.hidden_tag() }}{{ form.name }}</form>'


class NameForm(FlaskForm):
    name = StringField("name", validators=[DataRequired()])


@bp.route("/submit", methods=["GET", "POST"])
def submit():
    form = NameForm()
    if form.validate_on_submit():
        return f"Hello {form.name.data}"
    return render_template_string(FORM, form=form)


def init_app(app):
    csrf.init_app(app)
    app.register_blueprint(bp)


def check(wire):
    page = wire("GET", "/submit")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)', page.text)[1]
    # Over HTTPS it wants the Referer, which browsers send under this policy.
    assert page.headers["Referrer-Policy"] == "same-origin"
    sent = {"data": {"csrf_token": token, "name": "Ada"}}
    referer = {"Referer": "https://localhost/submit"}
    assert "Ada" in wire("POST", "/submit", headers=referer, **sent).text
    refused = wire("POST", "/submit", 400, data={"name": "Ada"}, headers=referer)
    assert "CSRF token is missing" in refused.text
    report = {"csp-report": {"effective-directive": "img-src"}}
    wire(
        "POST", "/csp-reports", 204, json=report, content_type="application/csp-report"
    )
