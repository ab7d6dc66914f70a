"""Dividing an amount without losing a cent."""


def split(cents: int, parts: int) -> list[int]:
    """`parts` amounts that add up to `cents`; the first ones get what is left over."""
    share, rest = divmod(cents, parts)
    return [share + (index < rest) for index in range(parts)]
