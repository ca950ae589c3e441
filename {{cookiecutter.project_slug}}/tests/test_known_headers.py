"""Values of well-known headers that browsers would ignore stop the app."""

from __future__ import annotations

import pytest

from {{ cookiecutter.package_name }}.overrides import override_headers
from {{ cookiecutter.package_name }}.validation import HeaderError, check_policy

CSP = "Content-Security-Policy"
HSTS = "Strict-Transport-Security"

BAD_VALUES = [
    (CSP, "default-src self", "default-src: self counts only in single quotes"),
    (CSP, "default-scr 'self'", "no directive default-scr, did you mean default-src?"),
    (CSP, "img-src 'self'; img-src data:", "img-src stands there twice"),
    (CSP, "script-src 'strict-dynamic'", "without a nonce or hash"),
    (CSP, "img-src 'self', data:", "is not one source"),
    (f"{CSP}-Report-Only", "default-src none", "write 'none'"),
    (HSTS, "63072000", "no directive '63072000'"),
    (HSTS, "includeSubDomains", "max-age: write it once"),
    (HSTS, "max-age=2 years", "max-age: write it once, with a number of seconds"),
    (HSTS, "max-age=1; max-age=2", "max-age: write it once"),
    (HSTS, "max-age=63072000, preload", "max-age: write it once, with a number"),
    (HSTS, "maxage=63072000", "no directive 'maxage'"),
    (HSTS, "max-age=63072000; includeSubdomain", "no directive 'includeSubdomain'"),
    (HSTS, "max-age=63072000; preload", "needs max-age=31536000 or more, and include"),
    (HSTS, "max-age=60; includeSubDomains; preload", "needs max-age=31536000 or more"),
    ("Referrer-Policy", "none", "no value 'none': write one of no-referrer,"),
    ("Referrer-Policy", "origin, nothing", "no value 'nothing'"),
    ("Cross-Origin-Opener-Policy", "same-site", "no value 'same-site'"),
    ("Cross-Origin-Embedder-Policy", "require-cors", "no value 'require-cors'"),
    ("Cross-Origin-Resource-Policy", "*", "write one of cross-origin, same-origin"),
    ("X-Frame-Options", "DENY;", "write one of DENY, SAMEORIGIN"),
    ("X-Frame-Options", "DENY; x", "write one of DENY, SAMEORIGIN"),
    ("Cross-Origin-Resource-Policy", "Same-Origin", "no value 'Same-Origin'"),
    ("Cross-Origin-Resource-Policy", "same-origin;", "no value 'same-origin;'"),
    ("Cross-Origin-Opener-Policy", "SAME-ORIGIN", "no value 'SAME-ORIGIN'"),
    ("Cross-Origin-Opener-Policy", "same-origin;", "no value 'same-origin;'"),
    ("Cross-Origin-Embedder-Policy", "Require-Corp", "no value 'Require-Corp'"),
    ("Permissions-Policy", 'camera=(self"https://a.example")', "not of the form"),
    ("X-Content-Type-Options", "no-sniff", "write one of nosniff"),
    (
        "X-Frame-Options",
        "ALLOW-FROM https://a.example",
        "write one of DENY, SAMEORIGIN",
    ),
    (
        "Permissions-Policy",
        "camera 'none'",
        "is not of the form camera=()",
    ),
    ("Permissions-Policy", "camera=(); usb=()", "a comma separates two"),
    (
        "Permissions-Policy",
        "camera=(https://a.example)",
        'camera=("https://example.com")',
    ),
]

GOOD_VALUES = [
    (CSP, "default-src 'self'; script-src 'sha256-abc=' 'strict-dynamic'; sandbox"),
    (CSP, "trusted-types default; report-to csp; report-uri https://a.example/r?a=b"),
    (HSTS, "max-age=31536000; includeSubDomains; preload"),
    (HSTS, "max-age=0"),
    (HSTS, "max-age=31536000; includeSubDomains;"),
    ("Permissions-Policy", "camera=(); report-to=main"),
    (CSP, "script-src 'self' 'report-sha256'; webrtc 'block'"),
    ("Referrer-Policy", "no-referrer, strict-origin-when-cross-origin"),
    ("Cross-Origin-Opener-Policy", 'same-origin; report-to="coop"'),
    (
        "Permissions-Policy",
        'camera=(self "https://a.example"), usb=*, hid=(), midi=self',
    ),
    ("X-Frame-Options", "sameorigin"),
    ("X-Unknown", "anything; at, all"),
]


@pytest.mark.parametrize(("name", "value", "mend"), BAD_VALUES)
def test_a_value_that_browsers_ignore_stops_the_app(
    name: str, value: str, mend: str
) -> None:
    with pytest.raises(HeaderError) as caught:
        check_policy("policy.py", [(name, value)])
    assert str(caught.value).startswith(f"policy.py: header {name!r}: ")
    assert str(caught.value).endswith(f" Given: {value!r}")
    assert mend in str(caught.value)
    with pytest.raises(HeaderError):
        override_headers({name: value})


@pytest.mark.parametrize(("name", "value"), GOOD_VALUES)
def test_a_value_that_browsers_know_is_taken(name: str, value: str) -> None:
    check_policy("policy.py", [(name, value)])


def test_credentials_for_any_origin_stop_the_app() -> None:
    rows = [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Credentials", "true"),
    ]
    with pytest.raises(HeaderError, match=r"for any origin \(\*\): name one origin"):
        check_policy("policy.py", rows)
