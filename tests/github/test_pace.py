"""Writes are paced per installation: a burst, then one a second, then the run is parked."""

from __future__ import annotations

import asyncio

import pytest

from otto_bot.github.errors import RetryLater
from otto_bot.github.pace import Pace


async def test_a_burst_is_free_then_one_a_second(clock):
    pace = Pace(clock.now, clock.sleep)
    for _ in range(40):
        await pace.write()
    assert clock.slept == []
    await pace.write()
    await pace.write()
    assert clock.slept == [1.0, 1.0]


async def test_a_long_wait_is_told_and_not_slept(clock):
    waits: list[float] = []

    async def standing_still(seconds: float) -> None:
        waits.append(seconds)

    pace = Pace(clock.now, standing_still)
    results = await asyncio.gather(*(pace.write() for _ in range(60)), return_exceptions=True)
    assert waits == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert sum(isinstance(r, RetryLater) for r in results) == 15
    with pytest.raises(RetryLater) as caught:
        await pace.write()
    assert (caught.value.until - clock.now()).total_seconds() == 6
    clock.pass_(seconds=6)
    await pace.write()


async def test_a_clock_that_goes_back_gives_nothing(clock):
    pace = Pace(clock.now, clock.sleep)
    for _ in range(40):
        await pace.write()
    clock.pass_(hours=-1)
    await pace.write()
    assert clock.slept == [1.0]


async def test_installations_do_not_share_their_pace(wire, app):
    wire.repo("POST", "/issues/1/labels").respond(json=[])
    wire.router.post("/app/installations/12/access_tokens").respond(
        201, json={"token": "ghs_other", "expires_at": "2026-11-22T14:00:00Z"}
    )
    repo, other = app.repository(11, 22), app.repository(12, 22)
    for _ in range(40):
        await repo.add_labels(1, ["x"])
    before = app._sleep.__self__.slept.copy()
    await other.add_labels(1, ["x"])
    assert app._sleep.__self__.slept == before == []
    await repo.add_labels(1, ["x"])
    assert app._sleep.__self__.slept == [1.0]


async def test_reading_is_not_paced(wire, repo, clock):
    wire.repo("GET", "/rules/branches/main").respond(json=[])
    for _ in range(60):
        await repo.branch_rules("main")
    assert clock.slept == []
