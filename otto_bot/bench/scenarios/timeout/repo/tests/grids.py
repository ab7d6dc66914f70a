"""Grids that tests share."""

EMPTY = ((0, 0, 0, 0),) * 4
FULL = ((1, 2, 3, 4), (2, 1, 4, 3), (3, 4, 1, 2), (4, 3, 2, 1))
