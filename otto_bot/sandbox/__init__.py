"""Runs a command that a model chose where it can do no harm."""
