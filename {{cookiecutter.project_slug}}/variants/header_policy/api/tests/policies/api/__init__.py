"""Tests of the policy api."""
