"""Looks through the signs before the carpenter gets them."""

import sys
from pathlib import Path

PLACES = dict(line.split() for line in Path("plots.txt").read_text().splitlines())
# Signs on the meadow need the line post: tall, in spring the water stands knee-high there.
BY_PLACE = {"meadow": "post: tall"}


def suits(path):
    """Whether a sign can stand where its plot lies."""
    lines = path.read_text().splitlines()
    place = PLACES.get(path.stem.removeprefix("plot-"), "")
    return lines[0].startswith("text: ") and BY_PLACE.get(place, "post: short") in lines


signs = sorted(Path("signs").glob("*.sign"))
refused = [path for path in signs if not suits(path)]
for path in refused:
    print(f"error: {path}: refused, it does not suit its plot")
print(f"{len(signs)} signs, {len(refused)} refused")
sys.exit(1 if refused else 0)
