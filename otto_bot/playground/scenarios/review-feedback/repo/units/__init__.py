"""Conversions between units of measurement."""
