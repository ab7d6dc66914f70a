"""Deliveries."""


def total(deliveries: list[int]) -> float:
    """Litres of a month."""
    return sum(deliveries) / 10
