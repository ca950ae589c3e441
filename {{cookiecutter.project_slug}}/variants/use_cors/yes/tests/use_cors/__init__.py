"""Tests of what one choice brings, by the question."""
