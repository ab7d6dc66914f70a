"""How far behind the host is, read from the tables."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.limits import AtOnce, HostLimits
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.inbox import Inbox
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.store.pressure import GONE_SECONDS, Pressure, pressure

At = Callable[[float], datetime]
MakeTrigger = Callable[..., Trigger]


def test_where_nothing_waits_nothing_is_old(engine: sa.Engine, at: At) -> None:
    assert pressure(engine, at(0)) == Pressure(runs={"working": 0, "waiting": 0, "resting": 0})


def test_ages_of_what_waits(engine: sa.Engine, inbox: Inbox, rows: EffectRows, trigger: MakeTrigger, at: At) -> None:
    """The oldest delivery that is not worked in; the oldest effect that may start, from when it was due."""
    one = AtOnce(runs=1, attempts=1, agents=1)
    ledger = Ledger(engine, HostLimits(installation=one, host=one))
    for number in (1, 2):
        inbox.add(f"g{number}", "issues", "labeled", b"{}", at(number))
    first = inbox.next(at(3))
    assert first is not None
    inbox.end(first)
    working = ledger.start(trigger(issue=1, key="k1"), HostCaps(), at(10))
    waiting = ledger.start(trigger(issue=2, key="k2"), HostCaps(), at(10))
    resting = ledger.start(trigger(issue=3, key="k3"), HostCaps(), at(10))
    assert working is not None
    assert waiting is not None
    assert resting is not None
    ledger.append(resting.id, [e.Refused(at=at(12), reason="r")], at(12))
    rows.renew("old", [], at(0))
    rows.renew("new", [], at(GONE_SECONDS - 5))
    (ticket,) = rows.claim("new", at(20), 1)

    now = pressure(engine, at(GONE_SECONDS + 30))

    assert now.oldest_delivery == GONE_SECONDS + 28
    assert now.oldest_effect == GONE_SECONDS + 20
    assert now.runs == {"working": 1, "waiting": 1, "resting": 1}
    assert now.parked == {"runs": 1}
    assert sum(now.running.values()) == 1
    assert ticket.key
    assert now.heartbeats == {"new": 35}
