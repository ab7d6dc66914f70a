"""Amounts of money, in cents."""


def parse(text: str) -> int:
    """The cents of an amount such as `12.50`. Raises ValueError for anything else."""
    whole, _, part = text.strip().partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int((part or "0").ljust(2, "0")))
