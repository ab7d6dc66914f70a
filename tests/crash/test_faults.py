"""Every write of the small scenario fails once, in one of three ways: the same end, nothing twice or paid again."""

from __future__ import annotations

import asyncio
import functools
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from crash_points import SENT_AGAIN, points, side_by_side, with_faults
from crash_runs import Ended, Json
from forks import ForkServer

KINDS = ("status", "status_after", "lost_response")
"""502 and nothing was done, 502 and it was done, no answer and it was done."""


def shapes(small: Ended) -> list[tuple[str, str]]:
    return sorted({(point.method, point.shape) for point in points(small.writes)})


def faults(small: Ended, kind: str) -> list[Json]:
    """Each write fails at its first try.

    One that was refused, or that edits, is sent again, so that every second one of its shape is a first try. One that
    made something is found instead of sent again, so that each one of its shape is a first try.
    """
    rows = []
    for method, shape in shapes(small):
        again = kind == "status" or method != "POST" or SENT_AGAIN.search(shape) is not None
        path = f"^{re.escape(shape).replace('N', '[0-9]+')}$"
        match = {"writes": True, "method": method, "path": path, "every": 2 if again else 1}
        # The check of a run is another one with each head: where each failed when it was made and when it was edited,
        # one step would fail six times in a row, and pauses of an outage grow to many minutes.
        often = (
            {"count": 1} if (method, "check-runs") == ("PATCH", shape.split("/")[-2]) else {"count": 1000, "each": True}
        )
        rows.append({"kind": kind, "match": {**match, **often}})
    return rows


def hit(got: Ended) -> Counter[str]:
    """How many writes failed, by shape."""
    rows = [row for row in got.report["requests"] if "write" in row and row.get("fault")]
    return Counter(f"{row['method']} {re.sub('[0-9]+', 'N', row['path'])}" for row in rows)


def unhit(small: Ended, got: Ended, failed: Counter[str]) -> list[str]:
    """Shapes of which fewer writes failed than were made, or none did although an undisturbed run makes some.

    How many that are differs from run to run: edits close together become one, a head soon replaced has no check.
    """
    wanted = {f"{point.method} {point.shape}" for point in points(small.writes)}
    made = Counter(
        f"{row['method']} {re.sub('[0-9]+', 'N', row['path'])}" for row in got.report["requests"] if done(row)
    )
    once = {shape for shape in wanted if shape.startswith("POST") and SENT_AGAIN.search(shape) is None}
    least = {shape: max(1, made[shape]) if shape in once else 1 for shape in sorted(wanted)}
    return [f"{failed[shape]} of {n} failed: {shape}" for shape, n in least.items() if failed[shape] < n]


def done(row: Json) -> bool:
    """Whether this write was carried out, whatever its sender heard of it."""
    return "write" in row and (row["status"] < 400 or row.get("fault") in KINDS[1:])


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_fault_at_every_write_ends_the_same(server: ForkServer, small: Ended, tmp_path: Path) -> None:
    """Most of such a run is waiting, so that the three go on at once."""
    work = [functools.partial(with_faults, server, tmp_path / kind, faults(small, kind)) for kind in KINDS]
    found: list[str] = []
    for kind, got in zip(KINDS, asyncio.run(side_by_side(work, len(work))), strict=True):
        failed = hit(got)
        sys.stderr.write(f"{kind}: {failed.total()} writes failed\n")
        found += [f"{kind}: {line}" for line in (*got.against(small), *unhit(small, got, failed))]
    assert not found, "\n".join(found)
