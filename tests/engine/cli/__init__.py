"""Tests of the command ``flask headers`` and of the page ``/_headers``."""
