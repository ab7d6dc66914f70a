"""Drafts where there are some, and pull requests that are none where drafts are refused or would not be verified."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from otto_bot.core.budget import Money
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.github.errors import Refused
from otto_bot.jobs.drafts import REMEMBERED, left_out, open_pull
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_config import Do

FILES = {"README.md": "# T\n"}


def run(bench: Any, kind: LaneKind = LaneKind.PULL_REQUEST, skips: tuple[str, ...] = ()) -> Run:
    return Run(
        id=1, repo=bench.repo, issue=1, ordinal=1, title="T", body="", actor=Person(id=1, login="dev"),
        started_at=bench.context.now(), money=Money(cap=1), lane=Lane(kind=kind, why="w", skips_drafts=skips),
    )  # fmt: skip


async def opened(bench: Any, name: str, of: Run) -> tuple[bool, str]:
    hand = Hand(bench.stand_in.hub, "dev")
    await hand.do(Do.model_validate({"push": {"branch": name, "files": {f"{name}.txt": "x"}}}))
    pull = await open_pull(bench.context, of, name, "body", draft="D", ready="R")
    again = await open_pull(bench.context, of, name, "body", draft="D", ready="R")
    assert again.number == pull.number
    return pull.draft, pull.title


def refusals(bench: Any) -> int:
    rows = bench.stand_in.hub.world.requests
    return sum(1 for row in rows if (row.method, row.status) == ("POST", 422) and row.path.endswith("/pulls"))


async def test_a_pull_request_is_a_draft_unless_its_jobs_would_skip_it(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        assert await opened(bench, "one", run(bench)) == (True, "D")
        assert await opened(bench, "two", run(bench, skips=("test",))) == (False, "R")
        assert await opened(bench, "three", run(bench, LaneKind.PUSH, skips=("test",))) == (True, "D")
        assert refusals(bench) == 0


async def test_a_repository_without_drafts_is_asked_once_in_a_month(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        bench.stand_in.hub.world.config.refuse_drafts = True
        assert await opened(bench, "one", run(bench)) == (False, "R")
        assert await opened(bench, "two", run(bench)) == (False, "R")
        assert refusals(bench) == 1
        then = (bench.context.now() - REMEMBERED - timedelta(seconds=1)).isoformat()
        bench.context.archive.set_cursor(f"no-drafts/{bench.repo.id}", then)
        assert await opened(bench, "three", run(bench)) == (False, "R")
        assert refusals(bench) == 2


async def test_any_other_refusal_is_told(open_bench: Any) -> None:
    async with open_bench(FILES) as bench:
        with pytest.raises(Refused):
            await open_pull(bench.context, run(bench), "not-there", "body", draft="D", ready="R")
        assert bench.context.archive.cursor(f"no-drafts/{bench.repo.id}") is None


def test_without_a_lane_nothing_is_left_out() -> None:
    repo = {"id": 1, "installation_id": 1, "owner": "o", "name": "n", "default_branch": "main"}
    given = {"id": 1, "repo": repo, "issue": 1, "ordinal": 1, "title": "T", "body": "", "money": {"cap": 1}}
    given |= {"actor": {"id": 1, "login": "d"}, "started_at": "2026-11-28T12:00:00Z"}
    assert not left_out(Run.model_validate(given))
