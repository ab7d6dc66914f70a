"""Lines of the board."""

from lanes.times import hundredths


def ranking(times: dict[int, str]) -> list[int]:
    """Lane numbers, the fastest first."""
    return sorted(times, key=lambda lane: hundredths(times[lane]))
