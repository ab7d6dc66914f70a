"""`kill -9` in the middle of a write, restart: the same end, and nothing is there twice."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from crash_runs import Ended, Moment, killed_run, moments

SEED = "OTTO_CRASH_SEED"


def chosen(seed_text: str | None, writes: list[str], number: int) -> tuple[int, list[Moment]]:
    seed = int(seed_text) if seed_text else random.SystemRandom().randrange(1_000_000)
    return seed, moments(seed, writes, number)


def check(want: Ended, got: Ended, seed: int) -> list[str]:
    found = got.against(want)
    head = f"{SEED}={seed}, killed {'; '.join(got.killed)}"
    return [head, *found, got.log] if found else []


@pytest.mark.timeout(240)
def test_one_task_survives_two_kills(undisturbed: Callable[[str], Ended], tmp_path: Path) -> None:
    want = undisturbed("single-task")
    seed, kills = chosen(os.environ.get(SEED), want.writes, 2)
    sys.stderr.write(f"{SEED}={seed}: {', '.join(map(str, kills))} of {len(want.writes)} writes\n")
    got = asyncio.run(killed_run("single-task", tmp_path / "play", kills))
    found = check(want, got, seed)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_whole_run_survives_a_kill_at_ten_moments(undisturbed: Callable[[str], Ended], tmp_path: Path) -> None:
    want = undisturbed("mixed-batch")
    seed, kills = chosen(os.environ.get(SEED), want.writes, 10)
    sys.stderr.write(f"{SEED}={seed}: {', '.join(map(str, kills))} of {len(want.writes)} writes\n")
    found: list[str] = []
    for kill in kills:
        got = asyncio.run(killed_run("mixed-batch", tmp_path / f"{kill.nth}-{kill.when}", [kill]))
        sys.stderr.write(f"{'; '.join(got.killed)}\n")
        found += check(want, got, seed)
    assert not found, "\n".join(found)


def test_moments_are_the_seeds() -> None:
    writes = ["POST /issues/1/comments", "PATCH /issues/comments/5"] * 20
    chosen_ones = moments(7, writes, 10)
    assert chosen_ones == moments(7, writes, 10)
    assert chosen_ones != moments(8, writes, 10)
    assert {moment.when for moment in chosen_ones} == {"before", "after"}
    assert [moment.nth for moment in chosen_ones] == sorted({moment.nth for moment in chosen_ones})
    assert sum(writes[moment.nth - 1].startswith("POST") for moment in chosen_ones) == 5
    assert [moment.nth for moment in moments(7, writes[:3], 10)] == [1, 2, 3]
