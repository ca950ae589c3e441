"""The Prometheus exporter: https://github.com/rycus86/prometheus_flask_exporter."""

from __future__ import annotations

from prometheus_flask_exporter import PrometheusMetrics

metrics = PrometheusMetrics.for_app_factory()


def init_app(app):
    metrics.init_app(app)


def check(wire):
    wire("GET", "/")
    wire("GET", "/missing", 404)
    text = wire("GET", "/metrics").text
    assert 'flask_http_request_total{method="GET",status="200"} 1.0' in text
