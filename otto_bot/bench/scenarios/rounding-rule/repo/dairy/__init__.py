"""Milk and money of a cooperative."""
