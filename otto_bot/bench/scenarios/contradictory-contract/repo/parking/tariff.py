"""What parking costs."""

STEP, PRICE = 60, 150


def fee(minutes: int) -> int:
    """Cents for a stay; every hour that has begun costs."""
    return -(-minutes // STEP) * PRICE
