"""Tests of the policy minimal."""
