"""Seeds and where they come from."""

import json
from pathlib import Path
from typing import NamedTuple


class Seed(NamedTuple):
    """One kind of seed."""

    name: str
    month: int
    bags: int


def load(path: Path) -> list[Seed]:
    """The seeds of a file."""
    return [Seed(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
