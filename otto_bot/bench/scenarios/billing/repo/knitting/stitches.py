"""Stitches."""


def cast_on(width_cm: float, per_10_cm: int) -> int:
    """Stitches for a width, an even number."""
    count = round(width_cm * per_10_cm / 10)
    return count + count % 2
