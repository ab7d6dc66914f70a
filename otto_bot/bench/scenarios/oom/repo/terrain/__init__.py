"""A hiking map."""
