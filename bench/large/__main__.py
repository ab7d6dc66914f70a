"""`python -m bench.large [--files N] [--commits N] [--made DIR]`: figures of a large repository, on the screen."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.large import measure as m
from bench.large.make import Shape, make
from bench.large.serve import served


def main() -> None:
    """Make it, or take one that was made before; measure every step."""
    asked = argparse.ArgumentParser(prog="python -m bench.large")
    asked.add_argument("--files", type=int, default=100_000)
    asked.add_argument("--commits", type=int, default=200)
    asked.add_argument("--changed", type=int, default=500, help="files that each commit changes")
    asked.add_argument("--made", type=Path, help="a repository that this program made before")
    given = asked.parse_args()
    shape = Shape(given.files, given.commits, given.changed)
    _say(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}")
    _say(subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.strip())
    with tempfile.TemporaryDirectory(prefix="otto-large-") as scratch:
        made = given.made or Path(scratch) / "large.git"
        if given.made is None:
            make(made, shape)
        head = _git(made, "rev-parse", "main")
        _say(f"{_git(made, 'ls-tree', '-r', '--name-only', head).count(chr(10)) + 1:,} files, "
             f"{_git(made, 'rev-list', '--count', head)} commits")  # fmt: skip
        with served(made.parent) as address:
            _say("| step | seconds | processor seconds | MiB of memory | MiB on disk |")
            _say("| --- | --- | --- | --- | --- |")
            for step in steps(m.Place(Path(scratch), f"{address}/{made.name}", head)):
                _say(f"| {step.name} | {step.seconds:.1f} | {step.processor:.1f} | {step.peak:.0f} | {step.disk:.0f} |")


def steps(place: m.Place) -> Iterator[m.Step]:
    """Every step, in the order of a run; those of git alone first, beside each other in the same run."""
    yield m.measured("`git clone` with checkout", m.clone(place), place.folder / "clone")
    for partial, name in ((False, "full"), (True, "partial")):
        mirror = place.folder / f"{name}.git"
        yield m.measured(f"first mirror, {name}", m.done(m.fetched, place, partial=partial), mirror)
        work = place.folder / "work" / name
        yield m.measured(f"workspace, {name}", m.done(m.opened, place, name, partial=partial), work)
    yield m.measured("map, house rules, what is left alone", m.done(m.mapped, place, partial=True))
    yield m.measured("`grep` over everything", m.done(m.searched, place, "partial", "grep", "def queue_"))
    yield m.measured("`glob` over everything", m.done(m.searched, place, "partial", "glob", "**/*.py"))
    yield m.measured("the tree after a turn, nothing changed", m.done(m.turned, place, "partial", partial=True))
    yield m.measured("20 files changed: tree, commit, diff gate", m.done(m.gated, place, "partial", partial=True))
    second = place.folder / "work" / "second"
    yield m.measured("workspace of a second task", m.done(m.opened, place, "second", partial=True), second)


def _git(made: Path, *words: str) -> str:
    argv = ["git", "--git-dir", str(made), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    main()
