"""Whose failure a red head is, from a stand-in that really ran it and a ledger that holds what others did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core.attempt import BASELINE, Attempt, Task, Verification
from otto_bot.core.budget import Money
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import VerificationEnded
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.jobs.verify_head import verify_head
from otto_bot.store.effect_rows import Ticket
from otto_bot.store.ledger import Trigger

FILES = {
    ".github/workflows/ci.yml": "name: CI\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v5\n      - run: python check.py\n",
    "check.py": "assert open('value.txt').read() == 'good', 'the value is not good'\n",
    "value.txt": "good",
}


class Desk:
    """One red head, and what the ledger says of others."""

    def __init__(self, bench: Any, sha: str) -> None:
        self.bench = bench
        self.sha = sha

    async def failure(self, base: Failure | None = None, round_: int = 1) -> Failure:
        """What the job says of the red head now."""
        now = self.bench.context.now()
        heads = [
            Verification(
                target="t1/a1", branch="main", sha=self.sha, tree="t", started_at=now, next_at=now, round=round_
            ),
            Verification(
                target=BASELINE, branch="b", sha="base", tree="t", started_at=now, next_at=now,
                ending="red" if base else "green", failure=base,
            ),
        ]  # fmt: skip
        run = Run(
            id=1, repo=self.bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
            started_at=now, money=Money(cap=1), lane=Lane(kind=LaneKind.PUSH, why="it pushes"),
            config=Config.model_validate({"verify": {"settle_seconds": 0}}),
            tasks={"t1": Task(key="t1", attempts=(Attempt(number=1, branch="b", base_sha="s"),))},
            verifications={head.target: head for head in heads},
        )  # fmt: skip
        effect = Effect(run=1, lane="l", key="k", kind=EffectKind.VERIFY, task="t1", attempt=1, target="t1/a1")
        (event,) = await verify_head(self.bench.context, run, effect, Ticket(key="k", generation=1))
        assert isinstance(event, VerificationEnded)
        assert event.failure is not None
        return event.failure

    def elsewhere(self, issue: int, *failures: Failure | None) -> None:
        """Another issue's run in which one head ended so, one after the other; None is green."""
        ledger, now = self.bench.context.ledger, self.bench.context.now()
        trigger = Trigger(
            key=f"label/{issue}", repo=self.bench.repo, issue=issue, title="T", body="", actor=Person(id=1, login="dev")
        )
        run = ledger.start(trigger, HostCaps(), now)
        assert run is not None
        for number, failure in enumerate(failures):
            at = now - timedelta(hours=2) + timedelta(minutes=number)
            ending = "red" if failure else "green"
            event = VerificationEnded(at=at, target="t1/a1", sha=f"sha{issue}", ending=ending, failure=failure)
            ledger.append(run.id, [event], at)


@pytest.mark.timeout(120)
async def test_the_base_chance_everybody_or_the_attempt(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        red = await bench.push(value__txt="bad")
        assert red.conclusion == "failure"
        desk = Desk(bench, red.head_sha)

        own = await desk.failure()
        assert own.cause not in {Cause.BASE_RED, Cause.FLAKY, Cause.SYSTEMIC, Cause.UNKNOWN}
        assert "the value is not good" in own.excerpts[0].text

        based = await desk.failure(base=own.model_copy(update={"task": BASELINE}))
        assert (based.cause, based.pre_existing) == (Cause.BASE_RED, True)

        desk.elsewhere(2, own)
        assert (await desk.failure()).cause is own.cause
        desk.elsewhere(3, own)
        assert (await desk.failure()).cause is Cause.SYSTEMIC

        desk.elsewhere(4, own, None)
        flaky = await desk.failure()
        assert (flaky.cause, flaky.flaky) == (Cause.FLAKY, True)
        assert (await desk.failure(round_=2)).cause is Cause.SYSTEMIC
