"""What can be eaten."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dish:
    """A dish and its price in cents."""

    name: str
    cents: int
    course: str = "main"
    vegan: bool = False
