"""A line of the departure board."""

from board.display import WIDTH


def line(time: str, stop: str) -> str:
    """Time and stop, as wide as the display."""
    return f"{time} {stop[:11]}".ljust(WIDTH)
