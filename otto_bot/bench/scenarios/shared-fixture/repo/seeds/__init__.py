"""The seed swap."""
