"""TOML from whoever wrote it: read where that costs little, and said to be none where it would not. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

DOTS = 200
"""Dots of one line: a key of many parts costs the square of them."""
BYTES = 2 * 1024 * 1024


def toml_of(text: str) -> Mapping[str, object] | None:
    """What the text says, None where it is no TOML or too much for one."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(plain) > BYTES or any(line.count(".") > DOTS for line in plain.split("\n")):
        return None
    try:
        return tomllib.loads(plain)
    except (ValueError, RecursionError):
        return None
