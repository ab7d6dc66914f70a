"""Mass."""

GRAMS = {"g": 1.0, "kg": 1000.0, "lb": 453.59237, "oz": 28.349523125}


def convert(value: float, unit: str, to: str) -> float:
    """A mass in another unit. Raises KeyError for an unknown unit."""
    return value * GRAMS[unit] / GRAMS[to]
