"""Article numbers."""


def check(text: str) -> bool:
    """Thirteen digits, weighted 1 and 3 in turn."""
    return len(text) == 13 and text.isdigit() and sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(text)) % 10 == 0
