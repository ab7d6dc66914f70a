"""`make bench-latency`: how quick Otto answers, and the time that it adds to a task; real processes, real records."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.latency.figures import comments, reaction, tasks
from bench.latency.play import played, waits_of
from bench.latency.report import Measured, rows, table, unkept
from bench.latency.stopping import stopped

SCENARIOS = "single-task,all-green,mixed-batch"


def main(argv: Sequence[str] | None = None) -> int:
    """0 where everything that must hold does, else 1."""
    options = _options(argv)
    when, before = datetime.now(UTC), os.getloadavg()[0]
    names = [name for name in options.scenarios.split(",") if name]
    # Not in /tmp: a file system in memory would make every commit free.
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        measured = asyncio.run(_all(names, [float(p) for p in options.pauses.split(",")], options, Path(folder)))
    text = table(when, (before, os.getloadavg()[0]), measured)
    print("\n" + text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    if options.raw:
        options.raw.write_text(json.dumps([one._asdict() for one in measured], indent=1), encoding="utf-8")
    wrong = [problem for one in measured for problem in unkept(one)]
    wrong += [f"{row.name}: {row.judged:.2f} s" for one in measured for row in rows(one) if not row.holds]
    for problem in wrong:
        print(f"bench: {problem}", file=sys.stderr)
    return 1 if wrong else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each scenario is played (5)")
    parser.add_argument("--stops", type=int, default=5, help="how often a running command is stopped (5)")
    parser.add_argument("--pauses", default="1,0", help="OTTO_WRITE_PAUSE_SECONDS, each measured by itself (1,0)")
    parser.add_argument("--scenarios", default=SCENARIOS, help="shipped ones without people (%(default)s)")
    parser.add_argument("--out", type=Path, help="write the table to this file too")
    parser.add_argument("--raw", type=Path, help="write every single figure to this file, as JSON")
    return parser.parse_args(argv)


async def _all(
    names: Sequence[str], pauses: Sequence[float], options: argparse.Namespace, folder: Path
) -> list[Measured]:
    found = [Measured(pause, [], [], [], []) for pause in pauses]
    for number in range(max(options.rounds, options.stops)):
        # Pauses take turns: what else the machine does meets all of them.
        for one in found:
            here = folder / f"{number}-{one.write_pause:g}"
            if number < options.rounds:
                await _round(names, one, here)
            if number < options.stops:
                one.stops.append(await stopped(here / "stop", one.write_pause))
            print(f"bench: round {number + 1} at pause {one.write_pause:g} s", file=sys.stderr)
    return found


async def _round(names: Sequence[str], one: Measured, folder: Path) -> None:
    for name in names:
        report, waits = await played(name, folder / name, one.write_pause), waits_of(name)
        one.reactions.append(reaction(report))
        one.comments.extend(comments(report, waits))
        one.tasks.extend(tasks(report, waits))


if __name__ == "__main__":
    sys.exit(main())
