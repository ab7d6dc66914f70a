"""Writes player/*.json from texts/*.txt: `python tools/press.py`, always for all rooms."""

import sys
from pathlib import Path

sys.path.insert(0, ".")
from guide.rooms import ROOMS, made  # noqa: E402

for room in ROOMS:
    Path("player", f"{room}.json").write_text(made(room))
    print(f"player/{room}.json written")
