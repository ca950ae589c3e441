"""Tests of the policy custom."""
