"""Card numbers."""


def check(text: str) -> bool:
    """Every second digit from the right counts twice."""
    digits = [int(d) * (1, 2)[i % 2] for i, d in enumerate(reversed(text)) if d.isdigit()]
    return len(digits) == len(text) > 1 and sum(d - 9 if d > 9 else d for d in digits) % 10 == 0
