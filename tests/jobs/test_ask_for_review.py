"""Who labelled the issue is asked for a review once a head, however often that is done again."""

from __future__ import annotations

from typing import Any

import pytest

from otto_bot.core.budget import Money
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.jobs.ask_for_review import ask_for_review
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do


@pytest.mark.slow
@pytest.mark.timeout(60)
async def test_once_a_head(open_bench: Any) -> None:
    async with open_bench({"README.md": "one"}) as bench:
        now = bench.context.now()
        run = Run(
            id=1, repo=bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
            started_at=now, money=Money(cap=1),
        )  # fmt: skip
        repository = bench.context.repository(run)
        person = Hand(bench.stand_in.hub, "dev")

        async def push(text: str) -> None:
            await person.do(Do.model_validate({"push": {"branch": "work", "files": {"a.txt": text}}}))

        async def asked() -> int:
            await ask_for_review(bench.context, run, await repository.pull_request(opened.number))
            rows = bench.stand_in.hub.world.requests
            return sum(row.method == "POST" and row.path.endswith("/requested_reviewers") for row in rows)

        await push("1")
        opened = await repository.open_pull_request("work", "main", "T", "B")
        assert [await asked(), await asked()] == [1, 1]
        await person.do(
            Do.model_validate({"review": {"where": f"pull/{opened.number}", "state": "comment", "body": "b"}})
        )
        assert await asked() == 1
        await push("2")
        assert [await asked(), await asked()] == [2, 2]
