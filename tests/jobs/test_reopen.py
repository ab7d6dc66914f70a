"""A pull request that somebody closed is opened again; where GitHub does not let that happen, a person is told."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.core import events as e
from otto_bot.core.budget import Money
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.jobs.registry import JOBS
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do
from otto_bot.store.ticket import Ticket

pytestmark = pytest.mark.slow


@pytest.mark.timeout(60)
async def test_closed_gone_and_merged(open_bench: Any) -> None:
    async with open_bench({"README.md": "one"}) as bench:
        run = Run(
            id=1, repo=bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
            started_at=bench.context.now(), money=Money(cap=1),
        )  # fmt: skip
        repository, person = bench.context.repository(run), Hand(bench.stand_in.hub, "dev")

        async def do(**action: Any) -> None:
            await person.do(Do.model_validate(action))

        async def reopened() -> list[Any]:
            effect = Effect(key="run/1/reopen/h1", kind=EffectKind.REOPEN, run=1, lane="l", number=pull.number)
            ticket = Ticket(key=effect.key, generation=1)
            return list(await JOBS[EffectKind.REOPEN](bench.context, run, effect, ticket))

        await do(push={"branch": run.run_branch, "files": {"a.txt": "1"}})
        pull = await repository.open_pull_request(run.run_branch, "main", "T", "B")
        await do(close=f"pull/{pull.number}")
        for _ in range(2):  # a second try finds it open
            assert [type(event) for event in await reopened()] == [e.PullRequestReopened]
            assert (await repository.pull_request(pull.number)).state == "open"

        await do(close=f"pull/{pull.number}")
        await do(delete_branch=run.run_branch)
        with pytest.raises(NeedsPerson, match=r"does not let Otto open pull request #\d+ again .* put its branch"):
            await reopened()
