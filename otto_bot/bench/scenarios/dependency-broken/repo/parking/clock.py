"""Times of day."""


def minutes(text: str) -> int:
    """`19:30` as 1170."""
    hours, rest = text.split(":")
    return int(hours) * 60 + int(rest)
