"""Tests of the app, over raw WSGI: what counts is what the server receives."""
