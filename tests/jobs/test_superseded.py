"""A try whose worker hung until another one took over writes nothing: what it knows may be old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core.config import HostCaps
from otto_bot.core.effects import EffectKind
from otto_bot.core.surfaces import STATUS
from otto_bot.core.values import Person
from otto_bot.jobs.outcomes import Superseded
from otto_bot.jobs.registry import jobs_for
from otto_bot.store.effect_rows import LEASE_SECONDS
from otto_bot.store.ledger import Trigger


async def test_only_the_newest_try_of_a_step_writes(open_bench: Any) -> None:
    async with open_bench({"README.md": "# shop\n"}) as bench:
        context, world = bench.context, bench.stand_in.hub.world
        rows, show = context.rows, jobs_for(context)[EffectKind.SHOW]
        trigger = Trigger(key="k", repo=bench.repo, issue=1, title="T", body="B", actor=Person(id=11, login="anna"))
        run = context.ledger.start(trigger, HostCaps(), context.now())
        assert run is not None
        [hung] = [one for one in rows.claim("hangs", context.now(), 9) if one.key.endswith(f"/{STATUS}/0")]
        effect = rows.begin(hung, context.now())
        assert effect is not None
        later = context.now() + timedelta(seconds=LEASE_SECONDS * 3)

        assert hung in rows.reap(later)

        with pytest.raises(Superseded, match=hung.id):
            await show(run, effect, hung)
        assert not [row for row in world.requests if row.write]

        [again] = [one for one in rows.claim("lives", later, 9) if one.key == hung.key]
        assert [event.type for event in await show(run, effect, again)] == ["Published"]
        assert len([row for row in world.requests if row.write]) == 1
