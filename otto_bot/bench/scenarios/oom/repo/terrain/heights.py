"""Heights in metres."""


def north(size: int) -> list[list[int]]:
    """The north sheet: two ridges and a lake."""
    return [[max(380, 900 - 7 * abs(x - 30) - 5 * abs(y - 50)) for x in range(size)] for y in range(size)]
