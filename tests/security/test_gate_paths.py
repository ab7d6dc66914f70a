"""Each way in, each kind of person and each answer of GitHub: nothing happens, and people are told why.

`PATHS` are the ways in, `PEOPLE` who comes and what GitHub says of them. The same people come again where the webhook
was lost and the deed is found by looking.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from gate_people import AT_WORK, ERRORS, FRESH, LATER, MAY, PEOPLE, PLANNED, Who, prepared, stood
from gate_stage import Stage, a_stage

from otto_bot.store import tables as t

FOREIGN_APP = 77


def clean(stage: Stage, comments: list[Any]) -> None:
    """As it was before: refusals are forgotten, and GitHub shows nothing of what was tried."""
    world = stage.world
    world.comments[:] = comments
    for row in comments:
        if row.by_app:
            row.body = row.body.replace("- [x]", "- [ ]")
    world.issue(FRESH).labels.clear()
    for number in (PLANNED, AT_WORK):
        world.issue(number).labels[:] = ["otto"]
        world.issue(number).state = "open"
    world.issue(pull(stage)).labels[:] = []
    world.reviews.clear()
    world.review_comments.clear()
    world.issue_events[:] = [row for row in world.issue_events if row.number != FRESH]
    stage.wire.instead = None
    stage.slots.forget()
    stage.lose()
    with stage.engine.begin() as c:
        c.execute(t.deliveries.update().values(state="done"))
        c.execute(t.cursors.delete().where(t.cursors.c.name.startswith("refused/")))
        c.execute(t.cursors.delete().where(t.cursors.c.name.startswith("labelled/")))
        c.execute(t.cursors.delete().where(t.cursors.c.name.startswith("box/")))


def pull(stage: Stage) -> int:
    number = next(issue.number for issue in stage.world.issues if issue.pull is not None)
    assert isinstance(number, int)
    return number


# Ways in ------------------------------------------------------------------------------------------------------------

Deed = Callable[[Stage, str], Awaitable[None]]


@dataclass(frozen=True)
class Way:
    """How somebody acts. `told`: who may not is told so; `lost`: it is found by looking, too.

    `app`: GitHub says whether an App was the hand; `app_lost`: also where it is asked.
    """

    deed: Deed
    told: bool = True
    lost: bool = True
    app: bool = True
    app_lost: bool = True


async def _label(stage: Stage, who: str) -> None:
    await stage.act(who, label={"name": "otto", "where": f"issue/{FRESH}"})


async def _relabel(stage: Stage, who: str) -> None:
    """A maintainer took the label off again; somebody else puts it on."""
    await stage.act(label={"name": "otto", "where": f"issue/{FRESH}"})
    await stage.act(unlabel={"name": "otto", "where": f"issue/{FRESH}"})
    stage.lose()
    await _label(stage, who)


async def _label_on_pull(stage: Stage, who: str) -> None:
    await stage.act(who, label={"name": "otto", "where": f"pull/{pull(stage)}"})


def _says(text: str, number: int) -> Deed:
    async def say(stage: Stage, who: str) -> None:
        where = f"issue/{number}" if number else f"pull/{pull(stage)}"
        await stage.act(who, comment={"where": where, "body": text})

    return say


async def _edits(stage: Stage, who: str) -> None:
    await _says("please", PLANNED)(stage, who)
    await stage.act(who, edit_comment={"author": who, "contains": "please", "find": "please", "replace": "/otto stop"})


def _ticks(box: str) -> Deed:
    async def tick(stage: Stage, who: str) -> None:
        await stage.act(who, edit_comment={"author": "bot", "contains": box, "tick": box})

    return tick


async def _reviews(stage: Stage, who: str) -> None:
    line = {"path": "README.md", "line": 1, "body": "Name it better."}
    await stage.act(who, review={"state": "request_changes", "body": "One thing.", "comments": [line]})


async def _review_says(stage: Stage, who: str) -> None:
    await stage.act(who, review={"body": "/otto status"})


async def _review_comments(stage: Stage, who: str) -> None:
    await stage.act(who, review_comment={"path": "README.md", "line": 1, "body": "/otto status"})


async def _presses(stage: Stage, who: str) -> None:
    await stage.act(who, button={"check": "t2", "action": "explain:t2"})


async def _reruns(stage: Stage, who: str) -> None:
    await stage.act(who, button={"check": "t2"})


async def _closes(stage: Stage, who: str) -> None:
    await stage.act(who, close=f"issue/{PLANNED}")


async def _takes_off(stage: Stage, who: str) -> None:
    await stage.act(who, unlabel={"name": "otto", "where": f"issue/{AT_WORK}"})


PATHS = {
    "label on a pull request": Way(_label_on_pull, lost=False, app=False),
    "command in an issue": Way(_says("/otto status", PLANNED)),
    "command in the pull request": Way(_says("/otto status", 0)),
    "unknown command": Way(_says("/otto frobnicate", PLANNED)),
    "/otto improve": Way(_says("/otto improve", 0)),
    "command in a review": Way(_review_says, app_lost=False),
    "command in a comment on a line": Way(_review_comments, app_lost=False),
    "review that asks for changes": Way(_reviews, told=False, app_lost=False),
    "button": Way(_presses, lost=False, app=False),
    "rerequested check": Way(_reruns, lost=False, app=False),
    "approval of a gate in words": Way(_says("/otto approve r2", 0)),
    "box in the gate's comment": Way(_ticks("/otto approve r2"), app=False),
    "box in the plan": Way(_ticks("/otto approve r1"), app=False),
    "label": Way(_label),
    "relabel": Way(_relabel),
    "command that starts a run": Way(_says("/otto plan", FRESH), lost=False),
    "label taken off": Way(_takes_off, told=False, app=False),
    "issue closed": Way(_closes, told=False, app=False),
}
"""In an order in which each has something to do where all are carried out one after the other."""


async def comes(stage: Stage, way: Way, who: Who, number: int, *, lost: bool = False) -> str:
    """Somebody new does the deed. Returns the login."""
    login = f"p{number}" + ("[bot]" if who.kind == "Bot" else "")
    user = stage.person(login, who.permission, kind=who.kind)
    answer = who.says(user) if who.says is not None else None

    def instead(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.path.endswith(f"/collaborators/{login}/permission")
        return answer(request) if asked and answer is not None else None

    stage.wire.instead = instead
    seen = len(stage.world.comments), len(stage.world.issue_events)
    await way.deed(stage, login)
    if who.app:
        _by_app(stage, seen)
    if lost:
        stage.lose()
        await stage.catch_up()
    else:
        await stage.work()
    return login


def _by_app(stage: Stage, seen: tuple[int, int]) -> None:
    """An App was the hand: GitHub says so of comments and of what stands on the timeline; of reviews it may."""
    for row in (*stage.world.comments[seen[0] :], *stage.world.issue_events[seen[1] :]):
        row.via_app = FOREIGN_APP
    for delivery in stage.waiting():
        body = json.loads(delivery.body)
        for part in ("comment", "review"):
            if part in body:
                body[part]["performed_via_github_app"] = {"id": FOREIGN_APP}
        delivery.body = json.dumps(body).encode()


def wrong(stage: Stage, way: Way, who: Who, login: str, before: Any, comments: list[Any]) -> list[str]:
    """What went wrong in this cell."""
    found = []
    if stood(stage) != before:
        found.append(f"runs changed: {stood(stage)}")
    new = [row for row in stage.world.comments if row.by_app and row not in comments]
    refusals = [row.body for row in new if f"Not done for `{login}`" in row.body]
    if len(new) != len(refusals):
        found.append(f"was told something else: {[row.body for row in new]}")
    waits = who.reason == LATER
    wanted = bool(who.reason) and way.told and not waits
    if wanted and not (len(refusals) == 1 and who.reason in refusals[0]):
        found.append(f"no reason given, but {refusals}")
    if not wanted and refusals:
        found.append(f"answered: {refusals}")
    if waits:
        with stage.engine.connect() as c:
            again = sa.select(t.deliveries.c.id).where(t.deliveries.c.state == "failed")
            found += [] if c.execute(again).first() else ["lost"]
    return found


async def cells(stage: Stage, people: dict[str, Who], *, lost: bool = False) -> list[str]:
    """Every way in by everybody; those that went wrong."""
    found: list[str] = []
    comments, number = list(stage.world.comments), 0
    for name, way in PATHS.items():
        for kind, who in people.items():
            tells = way.app_lost and way.app if lost else way.app
            if (who.app and not tells) or (lost and not way.lost):
                continue
            number += 1
            before = stood(stage)
            login = await comes(stage, way, who, number, lost=lost)
            found += [f"{kind}: {name}: {what}" for what in wrong(stage, way, who, login, before, comments)]
            clean(stage, comments)
    return found


SOME = ("outsider", "triager", "app in a writer's name", "500")


@pytest.mark.parametrize(
    "people",
    [
        pytest.param({key: who for key, who in {**PEOPLE, **ERRORS}.items() if key in SOME}, id="some"),
        pytest.param(PEOPLE, id="people", marks=pytest.mark.slow),
        pytest.param(ERRORS, id="errors", marks=pytest.mark.slow),
    ],
)
async def test_nobody_gets_in_without_a_clear_yes(tmp_path: Path, people: dict[str, Who]) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        assert await cells(stage, people) == []


@pytest.mark.slow
async def test_nobody_gets_in_where_the_webhook_was_lost(tmp_path: Path) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        assert await cells(stage, PEOPLE, lost=True) == []


@pytest.mark.parametrize("lost", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_each_way_in_is_one_for_who_may(tmp_path: Path, lost: bool) -> None:
    """Else the tables above would show nothing: here the same deeds do something, one after the other."""
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        idle = []
        for number, (name, way) in enumerate(PATHS.items(), start=500):
            if lost and not way.lost:
                continue
            comments, before = list(stage.world.comments), stood(stage)
            await comes(stage, way, MAY, number, lost=lost)
            new = [row.body for row in stage.world.comments if row.by_app and row not in comments]
            if stood(stage) == before and (not new or any("Not done" in body for body in new)):
                idle.append(name)
            stage.later(2)  # GitHub tells whole seconds
            if name in ("label", "relabel"):  # each of them starts a run of the same issue
                await stage.act(unlabel={"name": "otto", "where": f"issue/{FRESH}"})
                await stage.work()
        assert idle == []


async def test_an_edit_is_no_command_of_anybody(tmp_path: Path) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        before, comments = stood(stage), list(stage.world.comments)
        for number, who in enumerate((Who(), MAY)):
            await comes(stage, Way(_edits), who, number)
            assert stood(stage) == before
            assert [row for row in stage.world.comments if row.by_app and row not in comments] == []


async def test_who_was_removed_acts_for_less_than_a_minute(tmp_path: Path) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        leaver = stage.person("leaver", "write")
        await stage.do("leaver", comment={"where": f"issue/{PLANNED}", "body": "/otto status"})
        leaver.permission = "none"
        stage.later(59)
        await stage.do("leaver", comment={"where": f"issue/{PLANNED}", "body": "/otto help"})
        before = stood(stage)
        stage.later(2)
        await stage.do("leaver", comment={"where": f"issue/{PLANNED}", "body": "/otto stop"})
        assert stood(stage) == before
        assert sum("write permission" in body for body in stage.answers()) == 1


async def test_bots_may_label_where_the_repository_names_them_and_do_nothing_else(tmp_path: Path) -> None:
    files = {".github/otto.yml": "triggers: {allow_bots: ['sorter[bot]']}\n"}
    async with a_stage(tmp_path, files=files) as stage:
        for login, kind in (("other[bot]", "Bot"), ("sorter[bot]", "User"), ("sorter", "Bot")):
            stage.person(login, "write", kind=kind)
            await stage.do(login, label="otto")
            assert stage.ledger.run_ids() == []
            await stage.do(login, unlabel="otto")
        stage.person("sorter[bot]", kind="Bot")
        await stage.do("sorter[bot]", comment="/otto plan")
        assert stage.ledger.run_ids() == []
        await stage.do("sorter[bot]", label="otto")
        assert len(stage.ledger.run_ids()) == 1
        await stage.do("sorter[bot]", comment="/otto stop")
        assert stage.told() == []
