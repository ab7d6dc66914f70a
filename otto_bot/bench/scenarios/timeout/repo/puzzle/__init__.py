"""The number puzzle."""
