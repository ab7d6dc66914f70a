"""Takings of the stalls."""
