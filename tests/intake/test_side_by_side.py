"""Deliveries: one installation after the other's never waits, its own stay in order, and a backlog is put back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from otto_bot.intake import side_by_side
from otto_bot.intake.side_by_side import A_MOMENT, MOST_OF_ONE, SideBySide, installation_of
from otto_bot.store import tables as t
from otto_bot.store.database import StoreUnavailable, migrate, open_database
from otto_bot.store.inbox import Delivery, Inbox

T0 = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


class House:
    """An inbox, and work that a test holds up."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.inbox = Inbox(engine)
        self.now = T0
        self.held: dict[int, asyncio.Event] = {}
        self.done: list[str] = []
        self.told: list[int] = []
        self.three = asyncio.Event()
        self.fails: Exception | None = None
        self.side = SideBySide(self._work, self.inbox, lambda: self.now, self.ended)

    def ended(self) -> None:
        self.told.append(len(self.done))

    def hold(self, installation: int) -> None:
        self.held[installation] = asyncio.Event()

    def come(self, installation: int, *names: str) -> None:
        for name in names:
            body = json.dumps({"installation": {"id": installation}}).encode()
            self.inbox.add(name, "issues", "labeled", body, self.now)

    async def take(self) -> None:
        """What the worker's loop does in one round."""
        while (delivery := self.inbox.next(self.now)) is not None:
            await self.side(delivery)

    async def _work(self, delivery: Delivery) -> None:
        gate = self.held.get(installation_of(delivery.body))
        if gate is not None:
            await gate.wait()
        if self.fails is not None:
            raise self.fails
        self.done.append(delivery.guid)
        if len(self.done) == 3:
            self.three.set()
        self.inbox.end(delivery)

    def waiting(self) -> list[str]:
        later = self.now.timestamp() + A_MOMENT.total_seconds()
        with self.engine.connect() as c:
            query = sa.select(t.deliveries.c.guid).order_by(t.deliveries.c.id)
            put_back = (t.deliveries.c.not_before == later) & (t.deliveries.c.attempts == 0)
            return list(c.execute(query.where(put_back)).scalars())


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    engine = open_database(f"sqlite:///{tmp_path / 'otto.sqlite'}")
    migrate(engine)
    yield House(engine)
    engine.dispose()


async def test_a_slow_installation_delays_no_other_and_keeps_its_order(house: House) -> None:
    house.hold(1)
    house.come(1, "a1", "a2")
    house.come(2, "b1", "b2", "b3")
    await house.take()
    async with asyncio.timeout(5):
        await house.three.wait()
    assert house.done == ["b1", "b2", "b3"]
    house.held[1].set()
    await house.side.settled()
    assert house.done == ["b1", "b2", "b3", "a1", "a2"]


async def test_whoever_waits_for_work_is_told_when_it_is_there_and_not_before(house: House) -> None:
    """When a delivery is taken in hand nothing is due yet; when it is worked in, nobody should sleep on."""
    house.hold(1)
    house.come(1, "a")
    await house.take()
    assert house.told == []
    house.held[1].set()
    await house.side.settled()
    await asyncio.sleep(0)
    assert house.told == [1]


async def test_a_backlog_of_a_slow_one_is_put_back_and_comes_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "ROOM_SECONDS", 0.01)
    house.hold(1)
    names = [f"a{n}" for n in range(MOST_OF_ONE + 3)]
    house.come(1, *names)
    house.come(2, "b")
    await house.take()
    assert house.waiting() == names[MOST_OF_ONE:], "not an attempt"
    house.held[1].set()
    await house.side.settled()
    assert house.done == ["b", *names[:MOST_OF_ONE]]
    house.now += A_MOMENT
    await house.take()
    await house.side.settled()
    assert house.done == ["b", *names]
    assert house.inbox.counts() == {"done": len(names) + 1}


async def test_what_is_in_hand_when_the_worker_ends_is_the_next_ones_at_once(house: House) -> None:
    """Also what waits behind it; that is no attempt."""
    house.hold(1)
    house.come(1, "a", "a2")
    house.come(2, "b")
    await house.take()
    await house.side.stop(0.05)
    assert house.done == ["b"]
    house.held.clear()
    with house.engine.connect() as c:
        assert c.execute(
            sa.select(t.deliveries.c.attempts).where(t.deliveries.c.state == "failed")
        ).scalars().all() == [0, 0]
    await house.take()
    await house.side.settled()
    assert house.done == ["b", "a", "a2"]


async def test_a_quick_one_may_have_any_number(house: House) -> None:
    names = [f"a{n}" for n in range(40)]
    house.come(1, *names)
    await house.take()
    await house.side.settled()
    assert house.done == names


async def test_a_database_that_is_away_leaves_the_row_for_later(house: House) -> None:
    house.come(1, "a")
    house.fails = StoreUnavailable("locked")
    await house.take()
    await house.side.settled()
    house.fails = None
    house.now += timedelta(seconds=61)
    await house.take()
    await house.side.settled()
    assert house.done == ["a"]


@pytest.mark.parametrize(
    ("body", "installation"),
    [
        (b'{"installation": {"id": 7}}', 7),
        (b"{}", 0),
        (b"[]", 0),
        (b"no json", 0),
        (b"\xff", 0),
        (b'{"installation": 7}', 0),
        (b'{"installation": {"id": "7"}}', 0),
        (b'{"installation": {"id": true}}', 0),
        (b"[" * 100_000, 0),
    ],
)
def test_whose_a_delivery_is(body: bytes, installation: int) -> None:
    assert installation_of(body) == installation
