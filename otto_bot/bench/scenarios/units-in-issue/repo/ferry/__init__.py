"""Boats and the wind."""
