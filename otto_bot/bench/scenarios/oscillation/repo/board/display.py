"""The display itself."""

WIDTH = 20
"""Characters of a line, as measured at the station."""
