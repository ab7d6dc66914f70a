"""Cents for people."""


def euros(cents: int) -> str:
    """Two decimals, no sign."""
    return f"{cents / 100:.2f}"
