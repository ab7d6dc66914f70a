"""Helpers for patterns."""
