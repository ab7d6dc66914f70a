"""Windows and water of a greenhouse."""
