"""Functions that change how a text is written."""

import re


def slugify(text: str) -> str:
    """`Hello there` as `hello-there`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def shout(text: str) -> str:
    """`Hello` as `HELLO!`."""
    return f"{text.upper().rstrip('!')}!"
