"""Plays docs/quickstart.md in a clean root, and holds the page to what was printed, or writes that into it."""
