"""A SIGKILL at every write of the small scenario, before and after it is carried out: the same end, nothing twice."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from crash_points import Point, killed_at, points, rounds, side_by_side
from crash_runs import Ended
from forks import ForkServer

SHARES = 4
LEAST = 0.8
"""So many of all points are killed at; of edits there are sometimes fewer."""
KILLS = "OTTO_CRASH_KILLS"
"""How many kills a run of the small scenario gets; 1 says which point it was where a run with more ends otherwise."""


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("number", range(SHARES))
def test_a_kill_at_every_write_ends_the_same(server: ForkServer, small: Ended, number: int, tmp_path: Path) -> None:
    kills = int(os.environ.get(KILLS, "8"))
    chosen = rounds(points(small.writes), kills)[number::SHARES]
    ended = played(server, tmp_path / "rounds", chosen)
    passed = not_killed(chosen, ended)
    # How often something is edited depends on how fast the rest is; what is made is always made.
    alone = [[point] for point in passed if point.makes]
    edits = [point for point in passed if not point.makes]
    ended += (again := played(server, tmp_path / "alone", alone))
    ended += played(server, tmp_path / "edits", rounds(edits, kills) if edits else [])
    found = [f"{'; '.join(got.killed)}\n{line}" for got in ended for line in got.against(small)]
    assert not found, "\n".join(found)
    assert [got.killed for got in again] == [[str(point)] for (point,) in alone]
    left = not_killed(chosen, ended)
    sys.stderr.write(f"{sum(map(len, chosen))} points, passed by: {', '.join(map(str, left))}\n")
    assert len(left) <= (1 - LEAST) * sum(map(len, chosen)), f"never killed at: {', '.join(map(str, left))}"


def not_killed(chosen: Sequence[Sequence[Point]], ended: Sequence[Ended]) -> list[Point]:
    """Points that no run came to."""
    killed = {name for got in ended for name in got.killed}
    return [point for group in chosen for point in group if str(point) not in killed]


def played(server: ForkServer, folder: Path, chosen: Sequence[Sequence[Point]]) -> list[Ended]:
    """One run for each group of points, two at a time."""
    work = [functools.partial(killed_at, server, folder / str(at), group) for at, group in enumerate(chosen)]
    ended: list[Ended] = asyncio.run(side_by_side(work))
    return ended


def test_points_are_named_by_what_is_written() -> None:
    rows = points(["POST /issues/1/comments", "PATCH /pulls/3", "POST /issues/4/comments"])
    assert [str(row) for row in rows] == [
        "before POST /issues/N/comments 1", "after POST /issues/N/comments 1", "before PATCH /pulls/N 1",
        "after PATCH /pulls/N 1", "before POST /issues/N/comments 2", "after POST /issues/N/comments 2",
    ]  # fmt: skip
    assert rows[4].trap() == {"nth": 2, "when": "before", "method": "POST", "path": "^/issues/[0-9]+/comments$"}


def test_each_point_is_in_one_round_and_those_of_a_round_are_apart() -> None:
    rows = points([f"POST /repos/octo/small/{name}" for name in "abcdefghijklm"])
    groups = rounds(rows, 6)
    assert sorted(str(row) for group in groups for row in group) == sorted(map(str, rows))
    assert {len(group) for group in groups} <= {5, 6}
    assert [str(row) for row in groups[0]] == [str(row) for row in rows[::5]]
    assert rounds(rows, 1) == [[row] for row in rows]


def test_what_is_sent_again_raises_the_number_of_later_ones() -> None:
    before, after, push = (
        Point("POST", "/repos/octo/small/pulls", 2, "before"), Point("POST", "/repos/octo/small/pulls", 2, "after"),
        Point("POST", "/octo/small.git/git-receive-pack", 1, "before"),
    )  # fmt: skip
    assert [one.sent_again for one in (before, after, push)] == [True, False, False]
    assert Point("PATCH", "/repos/octo/small/pulls/N", 1, "after").sent_again
    assert before.trap(1)["nth"] == 3
