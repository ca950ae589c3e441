"""The SDK of Sentry: https://docs.sentry.io/platforms/python/integrations/flask/."""

from __future__ import annotations

import sentry_sdk

events = []


def init_app(app):
    sentry_sdk.init(
        dsn="https://examplePublicKey@o0.ingest.sentry.io/0",
        traces_sample_rate=1.0,
        before_send=lambda event, _hint: events.append(event),
        before_send_transaction=lambda event, _hint: events.append(event),
    )

    @app.get("/debug-sentry")
    def trigger_error():
        return str(1 / 0)  # raises an error


def check(wire):
    wire("GET", "/debug-sentry", 500)
    sentry_sdk.flush()
    kinds = [event.get("type", "error") for event in events]
    assert {*kinds} == {"error", "transaction"}
    assert events[0]["exception"]["values"][0]["type"] == "ZeroDivisionError"
