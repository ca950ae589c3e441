"""Tests of the parts that a generated app is made of, beside the engine."""
