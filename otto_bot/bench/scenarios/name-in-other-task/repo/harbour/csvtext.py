"""Readings as text."""

from collections.abc import Iterable

from harbour.gauge import Reading


def to_csv(readings: Iterable[Reading]) -> str:
    """A header and one line for each reading."""
    lines = [f"{reading.at:%H:%M},{reading.level_cm}" for reading in readings]
    return "\n".join(["time,level_cm", *lines]) + "\n"
