"""The host's clock is set forward or back: no lease, turn or delivery waits for ever, nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Run
from otto_bot.store.database import writing
from otto_bot.store.effect_rows import EffectRows, sync
from otto_bot.store.inbox import Inbox
from otto_bot.store.installations import Installations
from otto_bot.store.looks import Looks

At = Callable[[float], datetime]
HOUR = 3600.0
MINUTE = timedelta(minutes=1)
JUMPS = [-5 * HOUR, -31.0, 31.0, 5 * HOUR]


@pytest.fixture
def due(engine: sa.Engine, run: Run, at: At) -> Callable[[Sequence[str]], None]:
    """Makes these effects due: `name` or `name@lane`."""

    def make(names: Sequence[str]) -> None:
        effects = []
        for name in names:
            what, _, lane = name.partition("@")
            key = f"run/1/{what}"
            effects.append(Effect(key=key, kind=EffectKind.VERIFY, run=1, lane=lane or key))
        with writing(engine) as c:
            sync(c, run, effects, at(-100 * HOUR))

    return make


@pytest.mark.parametrize("jump", JUMPS)
def test_what_a_dead_worker_had_is_taken_over_after_a_jump(rows: EffectRows, due, at: At, jump: float) -> None:
    """However far, and in whichever direction: within two leases and a half of the new time."""
    due(["a"])
    [ticket] = rows.claim("dead", at(0), 5)
    now = at(jump + 2.5 * rows.lease_seconds)
    lost = rows.reap(at(jump)) + rows.reap(now)
    assert lost == [ticket]
    assert rows.begin(ticket, now) is None
    assert [one.generation for one in rows.claim("next", now, 5)] == [2]
    assert rows.reap(now) == []


@pytest.mark.parametrize("jump", JUMPS)
def test_a_living_worker_keeps_what_it_has(rows: EffectRows, due, at: At, jump: float) -> None:
    """Its heartbeat comes first: it writes the new time into its leases."""
    due(["a"])
    [ticket] = rows.claim("w", at(0), 5)
    for second in range(0, 100, 5):
        rows.renew("w", [ticket.key], at(jump + second))
        assert rows.reap(at(jump + second)) == []
        assert rows.claim("other", at(jump + second), 5) == []
    assert rows.wanted(ticket)


@pytest.mark.parametrize("jump", JUMPS)
def test_a_lane_of_an_unwanted_job_is_free_after_a_jump(rows: EffectRows, due, at: At, jump: float) -> None:
    due(["r1@comment"])
    rows.claim("dead", at(0), 5)
    due(["r2@comment"])
    now = at(jump + 2.5 * rows.lease_seconds)
    assert [one.key for one in rows.claim("w", now, 5)] == ["run/1/r2"]


@pytest.mark.parametrize("jump", JUMPS)
def test_what_is_done_now_and_then_goes_on(engine: sa.Engine, run: Run, at: At, jump: float) -> None:
    """Deliveries in hand, looks at runs, installations that a limit closed."""
    inbox, looks, limits = Inbox(engine), Looks(engine), Installations(engine)
    inbox.add("g", "push", None, b"body", at(0))
    assert inbox.next(at(0)) is not None
    looks.looked(run.id, at(0), at(60), 0)
    assert looks.due(at(30), 5) == []
    limits.close(3, at(600), "a limit", at(0))

    soon = [at(jump + second) for second in (0, 61, 122, 183)]
    came = next(time for time in soon if inbox.next(time) is not None)
    assert inbox.next(came) is None, "not twice at once"
    assert any(looks.due(time, 5) for time in soon)
    closed = limits.closed_now(3, at(jump))
    assert closed is None or closed.until <= at(jump + 2 * HOUR)
