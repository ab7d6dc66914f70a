"""The bound on a run's requests: what a run like this makes fits, what it makes needlessly does not."""

from typing import Any

import pytest

from otto_bot.playground.demo.requests import Size, over, reads, size_of, writes

EVENTS = [
    {"type": "RunStarted", "at": "2026-01-05T09:00:00Z"},
    {"type": "Reported", "at": "2026-01-05T09:00:10Z"},
    {"type": "VerificationPolled", "at": "2026-01-05T09:00:11Z"},
    {"type": "VerificationEnded", "at": "2026-01-05T09:00:12Z"},
]


def report(reads: int = 0, writes: int = 0, git: int = 0, routine: int = 0, polls: int = 0) -> dict[str, Any]:
    rows = [
        *[{"method": "GET", "path": "/repos/o/r/pulls/1"}] * reads,
        *[{"method": "POST", "path": "/repos/o/r/issues/1/comments", "write": n} for n in range(writes)],
        *[{"method": "GET", "path": "/o/r.git/info/refs"}] * git,
        *[{"method": "GET", "path": "/repos/o/r/issues"}] * routine,
    ]
    events = [*EVENTS, *[EVENTS[2]] * polls]
    return {"events": events, "requests": rows, "tasks": {"t1": {"attempts": 1}}, "gates": []}


def test_what_a_run_consists_of() -> None:
    size = size_of(report())
    assert size == Size(tasks=1, attempts=1, heads=1, reports=1, seconds=12)
    assert (reads(size), writes(size)) == (74, 41)


@pytest.mark.parametrize(
    ("most", "what"),
    [
        ({"reads": 74}, "reads"), ({"writes": 41}, "writes"), ({"git": 22}, "git"), ({"routine": 27}, "catching up"),
        ({"polls": 2}, "looks at Actions"),
    ],
)  # fmt: skip
def test_one_more_is_too_many(most: dict[str, int], what: str) -> None:
    assert over(report(**most)) == []
    (found,) = over(report(**{name: number + 1 for name, number in most.items()}))
    assert what in found
