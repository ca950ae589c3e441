"""OpenTelemetry's instrumentation of Flask.

https://opentelemetry-python-contrib.readthedocs.io/en/latest/instrumentation/flask/flask.html
"""

from __future__ import annotations

from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.propagators import (
    TraceResponsePropagator,
    set_global_response_propagator,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()


def init_app(app):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    set_global_response_propagator(TraceResponsePropagator())
    FlaskInstrumentor().instrument_app(app)


def check(wire):
    response = wire("GET", "/")
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /"
    assert format(span.context.trace_id, "032x") in response.headers["traceresponse"]
    wire("GET", "/missing", 404)
    assert len(spans.get_finished_spans()) == 2
