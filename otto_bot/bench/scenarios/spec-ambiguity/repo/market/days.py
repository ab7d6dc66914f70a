"""Single days."""


def best(takings: dict[str, int]) -> str:
    """The day with the highest takings."""
    return max(takings, key=lambda day: takings[day])
