"""The boats and their limits."""

import json
from pathlib import Path

LIMITS: dict[str, int] = json.loads(Path("data/boats.json").read_text())


def names() -> list[str]:
    """All boats, the steadiest first."""
    return sorted(LIMITS, key=lambda boat: -LIMITS[boat])
