"""Which functions the command line offers, and under which name."""

from collections.abc import Callable

from textkit import casing

REGISTRY: dict[str, Callable[[str], str]] = {
    "shout": casing.shout,
    "slugify": casing.slugify,
}
