"""`make quickstart`: play the page, and write what was printed into its blocks; prose and cuts stay."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from scripts.quickstart.playing import PAGE, play, steps_of
from scripts.quickstart.transcript import rewritten

SECONDS = 900.0


def main() -> int:
    """0, or 1 where a step did not end; the page is then as it was."""
    text = PAGE.read_text(encoding="utf-8")
    steps = steps_of(text)
    with tempfile.TemporaryDirectory(prefix="otto-quickstart-") as folder:
        played = play(steps, Path(folder), SECONDS)
    if played.problem:
        sys.stderr.write(played.problem)
        return 1
    sys.stderr.write(played.took)
    new, whole = rewritten(text, played.printed)
    PAGE.write_text(new, encoding="utf-8")
    for command in whole:
        print(f"written down whole, because it prints something else now; cut it by hand: {command}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
