"""A SIGKILL at every write of the small scenario, before and after it is carried out: the same end, nothing twice."""

from __future__ import annotations

import asyncio
import functools
import sys
from pathlib import Path

import pytest
from crash_points import Point, killed_at, points, share, side_by_side
from crash_runs import Ended
from forks import ForkServer

SHARES = 4


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("number", range(SHARES))
def test_a_kill_at_every_write_ends_the_same(server: ForkServer, small: Ended, number: int, tmp_path: Path) -> None:
    chosen = share(points(small.writes), number, SHARES)
    work = [functools.partial(killed_at, server, tmp_path / str(at), point) for at, point in enumerate(chosen)]
    ended: list[Ended] = asyncio.run(side_by_side(work))
    missed = [point for point, got in zip(chosen, ended, strict=True) if not got.killed]
    sys.stderr.write(f"{len(chosen)} of {2 * len(small.writes)} points, not come to: {', '.join(map(str, missed))}\n")
    found = [f"{point}\n{line}" for point, got in zip(chosen, ended, strict=True) for line in got.against(small)]
    assert not found, "\n".join(found)
    # How often something is edited depends on how fast the rest is; what is made is always made.
    assert not [point for point in missed if point.makes]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_run_survives_a_kill_between_a_comment_and_its_record(server: ForkServer, tmp_path: Path) -> None:
    """Quick: one point of all."""
    point = Point("POST", "/repos/octo/small/pulls", 1, "after")
    got = asyncio.run(killed_at(server, tmp_path / "play", point))
    assert got.killed == [str(point)]
    assert not got.problems, "\n".join([*got.problems, got.log])
    assert [row["head"] for row in got.report["pull_requests"]].count("otto/1-1/run") == 1


def test_points_are_named_by_what_is_written() -> None:
    rows = points(["POST /issues/1/comments", "PATCH /pulls/3", "POST /issues/4/comments"])
    assert [str(row) for row in rows] == [
        "before POST /issues/N/comments 1", "after POST /issues/N/comments 1", "before PATCH /pulls/N 1",
        "after PATCH /pulls/N 1", "before POST /issues/N/comments 2", "after POST /issues/N/comments 2",
    ]  # fmt: skip
    assert rows[4].trap() == {"nth": 2, "when": "before", "method": "POST", "path": "^/issues/[0-9]+/comments$"}
    parts = [share(rows, number, 3) for number in range(3)]
    assert sorted(str(row) for part in parts for row in part) == sorted(map(str, rows))
