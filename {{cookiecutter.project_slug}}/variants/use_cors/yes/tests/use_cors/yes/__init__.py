"""Tests for pages of other sites that read the answers."""
