"""From the name of a kind to its check.

A kind is offered once its name stands in codes/index.txt; that is done when somebody has reviewed it.
"""

from importlib import import_module
from pathlib import Path

OFFERED = Path(__file__).with_name("index.txt").read_text().split()


class UnknownKind(LookupError):
    """Nobody offers a check for this kind."""


def valid(kind: str, text: str) -> bool:
    """Whether the text is a number of this kind without a typing error. Raises UnknownKind."""
    if kind not in OFFERED:
        raise UnknownKind(kind)
    return bool(import_module(f"codes.{kind}").check(text))
