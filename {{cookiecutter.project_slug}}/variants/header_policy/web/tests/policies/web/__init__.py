"""Tests of the policy web."""
