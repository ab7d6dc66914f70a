"""What people do through the pages of our own App is their own hand; what they write so is no comment of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gate_people import FRESH, PLANNED, prepared
from gate_stage import Stage, a_stage

from otto_bot.core import events as e
from otto_bot.text.markers import marker

OWN, FOREIGN = 4242, 77


async def through(stage: Stage, app: int, who: str, *, lost: bool = False, **deed: Any) -> None:
    """Somebody does it with a token that an App got from them; GitHub names the App."""
    seen = len(stage.world.comments), len(stage.world.issue_events)
    await stage.act(who, **deed)
    for row in (*stage.world.comments[seen[0] :], *stage.world.issue_events[seen[1] :]):
        row.via_app = app
    for delivery in stage.waiting():
        body = json.loads(delivery.body)
        if "comment" in body:
            body["comment"]["performed_via_github_app"] = {"id": app}
        delivery.body = json.dumps(body).encode()
    if lost:
        stage.lose()
        await stage.catch_up()
    else:
        await stage.work()


def said(stage: Stage, issue: int) -> list[str]:
    run_id = stage.ledger.run_of(stage.repo.id, issue)
    return [x.given.command.verb for x in stage.told(run_id) if isinstance(x, e.CommandGiven)]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_word_said_on_our_pages_is_the_persons_own(tmp_path: Path, lost: bool) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        before = said(stage, PLANNED)
        stage.later(2)
        deed = {"comment": {"where": f"issue/{PLANNED}", "body": "/otto pause\n\nSent from a page."}}
        await through(stage, FOREIGN, "dev", lost=lost, **deed)
        assert said(stage, PLANNED) == before
        stage.later(2)
        await through(stage, OWN, "reader", lost=lost, **deed)
        assert said(stage, PLANNED) == before
        stage.later(2)
        await through(stage, OWN, "dev", lost=lost, **deed)
        assert said(stage, PLANNED) == [*before, "pause"]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_label_put_on_by_our_pages_starts_the_run_of_the_person(tmp_path: Path, lost: bool) -> None:
    async with a_stage(tmp_path) as stage:
        await through(stage, OWN, "dev", lost=lost, label={"name": "otto", "where": f"issue/{FRESH}"})
        assert stage.run.actor.login == "dev"


async def test_what_a_person_wrote_by_our_pages_is_no_comment_of_ours(tmp_path: Path) -> None:
    """Else they could write a plan comment, and tick a box in it."""
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        run = stage.ledger.load(stage.ledger.run_of(stage.repo.id, PLANNED))
        first = marker(run.id, "note")
        await through(stage, OWN, "dev", comment={"where": f"issue/{PLANNED}", "body": f"{first}\nMine."})
        ref = await stage.repository.upsert_comment(PLANNED, first, "Ours.")
        rows = {row.id: (row.author, row.body) for row in stage.world.comments}
        assert rows[ref.id][0] == "otto[bot]"
        assert ("dev", f"{first}\nMine.") in rows.values()
