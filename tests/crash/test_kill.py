"""`kill -9` in the middle of a write, restart: the same end, and nothing is there twice."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from crash_end_state import doubles
from crash_runs import Ended, Moment, killed_coder_run, killed_run, moments
from forks import ForkServer

SEED = "OTTO_CRASH_SEED"
LEAST_WRITES = 24
"""What a run of `single-task` writes at least; how often comments are edited depends on the machine."""


def chosen(seed_text: str | None, writes: list[str], number: int) -> tuple[int, list[Moment]]:
    seed = int(seed_text) if seed_text else random.SystemRandom().randrange(1_000_000)
    return seed, moments(seed, writes, number)


def check(want: Ended, got: Ended, seed: int) -> list[str]:
    found = got.against(want)
    head = f"{SEED}={seed}, killed {'; '.join(got.killed)}"
    return [head, *found, got.log] if found else []


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_one_task_survives_two_kills_on_postgresql(make_database: Callable[..., str], tmp_path: Path) -> None:
    """The whole bot, one scenario to its end: a dead worker's jobs are found by their leases, deliveries come again."""
    seed, kills = chosen(os.environ.get(SEED), ["POST "] * LEAST_WRITES, 2)
    database = make_database("postgresql", empty=True)
    got = asyncio.run(killed_run("single-task", tmp_path / "play", kills, database=database))
    found = [*got.problems, *doubles(got.report)]
    assert not found, "\n".join([f"{SEED}={seed}", *got.killed, *found, got.log])
    assert set(got.state["branches"]) == {"main", "otto/1-1/run"}
    marks = sorted(name.partition("surface=")[2] for name in got.state["comments"])
    assert marks == ["plan -->", "status -->"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_task_ends_the_same_after_six_kills(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path
) -> None:
    want = undisturbed("single-task")
    seed, kills = chosen(os.environ.get(SEED), want.writes, 6)
    sys.stderr.write(f"{SEED}={seed}: {', '.join(map(str, kills))} of {len(want.writes)} writes\n")
    got = asyncio.run(killed_run("single-task", tmp_path / "play", kills, server.launch))
    found = check(want, got, seed)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_whole_run_ends_the_same_after_six_kills(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path
) -> None:
    """`make crash-full` plays each scenario with a kill at every few writes."""
    want = undisturbed("mixed-batch")
    seed, kills = chosen(os.environ.get(SEED), want.writes, 6)
    sys.stderr.write(f"{SEED}={seed}: {', '.join(map(str, kills))} of {len(want.writes)} writes\n")
    got = asyncio.run(killed_run("mixed-batch", tmp_path / "play", kills, server.launch))
    found = check(want, got, seed)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_coder_goes_on_where_it_was_killed(
    server: ForkServer, undisturbed: Callable[[str], Ended], tmp_path: Path
) -> None:
    """No turn before the last is paid again: what the journal has is neither asked nor run twice."""
    want = undisturbed("single-task")
    got = asyncio.run(killed_coder_run("single-task", tmp_path / "play", server.launch, turn=3))
    found = got.against(want)
    assert not found, "\n".join([*found, got.log])
    assert [got.paid[call] for call in want.paid if "coder" in call and "turn=3" not in call] == [1, 1, 1]


def test_moments_are_the_seeds() -> None:
    writes = ["POST /issues/1/comments", "PATCH /issues/comments/5"] * 20
    chosen_ones = moments(7, writes, 10)
    assert chosen_ones == moments(7, writes, 10)
    assert chosen_ones != moments(8, writes, 10)
    assert {moment.when for moment in chosen_ones} == {"before", "after"}
    assert [moment.nth for moment in chosen_ones] == sorted({moment.nth for moment in chosen_ones})
    assert sum(writes[moment.nth - 1].startswith("POST") for moment in chosen_ones) == 5
    assert [moment.nth for moment in moments(7, writes[:3], 10)] == [1, 2, 3]
