"""Tests of what is sent, by policy."""
