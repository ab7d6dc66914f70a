"""Departure boards."""
