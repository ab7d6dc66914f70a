"""Sightings."""

from datetime import date
from typing import NamedTuple


class Sighting(NamedTuple):
    """A kind of bird on a day."""

    kind: str
    day: date


def parse(line: str) -> Sighting:
    """`2031-05-02 swift`. Raises ValueError for anything else."""
    day, kind = line.split(maxsplit=1)
    return Sighting(kind.strip(), date.fromisoformat(day))
