"""Otto's labels on the issue: brought to what they should be, with no write that changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.core.budget import Money
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Outcome, Run
from otto_bot.core.surfaces import LABELS
from otto_bot.core.values import Person
from otto_bot.jobs.publish import show
from otto_bot.store.effect_rows import Ticket

FILES = {"README.md": "# shop\n"}
HUMAN, DONE = "otto:needs-human", "otto:done"


def run_of(bench: Any, outcome: Outcome | None) -> Run:
    return Run(
        id=1, repo=bench.repo, issue=1, ordinal=1, title="A shop", body="", actor=Person(id=1, login="dev"),
        started_at=bench.stand_in.hub.world.now(), money=Money(cap=1), outcome=outcome, prepared=True,
    )  # fmt: skip


async def shown(bench: Any, run: Run) -> list[str]:
    """Brings the labels in step; the methods of the writes that this took."""
    world = bench.stand_in.hub.world
    before = len(world.requests)
    effect = Effect(key="k", kind=EffectKind.SHOW, run=1, lane="l", target=LABELS)
    [event] = await show(bench.context, run, effect, Ticket(key="k", generation=1))
    assert event.surface == LABELS
    return [row.method for row in world.requests[before:] if "/labels" in row.path]


@pytest.mark.parametrize(
    ("carried", "outcome", "writes", "after"),
    [
        (["otto", "bug"], None, [], {"otto", "bug"}),
        (["otto"], Outcome.DONE, ["POST"], {"otto", DONE}),
        (["otto", DONE], Outcome.DONE, [], {"otto", DONE}),
        (["otto", HUMAN], Outcome.DONE, ["DELETE", "POST"], {"otto", DONE}),
        (["otto", DONE], None, ["DELETE"], {"otto"}),
    ],
)
async def test_only_what_is_not_as_it_should_be_is_written(
    open_bench: Any, carried: list[str], outcome: Outcome | None, writes: list[str], after: set[str]
) -> None:
    async with open_bench(FILES) as bench:
        run = run_of(bench, outcome)
        await bench.context.repository(run).add_labels(1, carried)
        assert await shown(bench, run) == writes
        assert set(bench.stand_in.hub.world.issue(1).labels) == after
