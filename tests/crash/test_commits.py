"""A SIGKILL between our own commits: claimed and not begun, begun and not acted, acted and not recorded."""

from __future__ import annotations

import asyncio
import functools
import os
import random
import sys
from pathlib import Path

import pytest
from crash_points import NEVER, commits, killed_at_commit, side_by_side
from crash_runs import Ended
from forks import ForkServer

SEED = "OTTO_CRASH_SEED"
KILLS = 8


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_kill_at_a_commit_ends_the_same(server: ForkServer, small: Ended, tmp_path: Path) -> None:
    """At some commits of all, chosen by a seed; `make crash-full` takes each."""
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(1_000_000))
    counted = asyncio.run(killed_at_commit(server, tmp_path / "counted", NEVER, "before"))
    assert counted.against(small) == []
    number = commits(tmp_path / "counted")
    dice = random.Random(seed)
    places = sorted(dice.sample(range(1, number * 9 // 10), KILLS))
    work = [
        functools.partial(killed_at_commit, server, tmp_path / str(at), at, ("before", "after")[index % 2])
        for index, at in enumerate(places)
    ]
    sys.stderr.write(f"{SEED}={seed}: {places} of {number} commits\n")
    ended: list[Ended] = asyncio.run(side_by_side(work))
    # Late ones may not come: how many edits there are differs from run to run.
    assert sum(bool(got.killed) for got in ended) >= KILLS * 3 // 4
    found = [f"{got.killed}\n{line}" for got in ended for line in got.against(small)]
    assert not found, "\n".join([f"{SEED}={seed}", *found])
