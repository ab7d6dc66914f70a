"""One play of the page: the clean root, what is played in it, and what came of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from scripts.quickstart import root as clean
from scripts.quickstart.transcript import Step, blocks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "quickstart.md"
BROWSER = ROOT / "tests" / "setting_up" / "browsing.py"


class Played(NamedTuple):
    """What each step printed; fewer than there are steps where one did not end, and then words about it."""

    printed: list[list[str]]
    problem: str
    took: str = ""


def steps_of(text: str) -> list[Step]:
    """Every step of a page, in order."""
    return [step for block in blocks(text) for step in block.steps]


def play(steps: Sequence[Step], folder: Path, seconds: float) -> Played:
    """Play them in a clean root whose home stays in `folder`. Everything that was started there has ended then."""
    player = folder / "player"
    shutil.copytree(Path(__file__).parent, player / "scripts" / "quickstart")
    shutil.copy(BROWSER, player)
    origin = folder / "origin"
    origin.mkdir()
    command = [
        *clean.argv(folder, clean.origin(ROOT, origin), player), "--setenv", "HOME", clean.HOME,
        "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8",
        "--setenv", "PYTHONPATH", f"{clean.PLAYER}:{clean.PACKAGES}", "--setenv", "PYTHONDONTWRITEBYTECODE", "1",
        os.path.realpath(sys.executable), "-m", "scripts.quickstart.play",
    ]  # fmt: skip
    given = json.dumps([{"command": step.command, "people": step.people()} for step in steps])
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as over:
        return Played([], f"not done within {seconds:g} s: {(over.stderr or b'').decode(errors='replace')}")
    printed = json.loads(done.stdout) if done.stdout else []
    return Played(printed, done.stderr if done.returncode else "", done.stderr)
