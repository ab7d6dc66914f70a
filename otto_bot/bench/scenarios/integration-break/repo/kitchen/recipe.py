"""A recipe for four."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """`grams` is for four people."""

    name: str
    grams: Mapping[str, int]
