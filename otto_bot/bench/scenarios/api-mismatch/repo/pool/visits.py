"""Who comes in, and for how much."""

from dataclasses import dataclass

PRICES = {"adult": 4.5, "child": 2.2, "evening": 3.0}
"""Euros."""


@dataclass(frozen=True)
class Visit:
    """One card at the turnstile."""

    card: str
    kind: str
