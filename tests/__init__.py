"""Tests of the template: what it generates, and what becomes of it."""
