"""The way in by a page, each kind of person and each answer of GitHub: nothing happens, and people are told why."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from gate_people import AT_WORK, ERRORS, LATER, MAY, PEOPLE, PLANNED, Who, prepared, stood
from gate_stage import Stage, a_stage

from otto_bot.core import events as e
from otto_bot.core.commands import Command
from otto_bot.core.on_screen import shown
from otto_bot.core.run import GateState, Run
from otto_bot.core.values import Person
from otto_bot.intake.page_words import Edited, Heard, Moved, NotNow, PageWords, Refused, Unsure, Word
from otto_bot.intake.permission import Actor

WORDS = {
    "approve a plan": (PLANNED, Command(verb="approve", revision=1)),
    "replan": (PLANNED, Command(verb="replan", guidance="smaller")),
    "approve a gate": (AT_WORK, Command(verb="approve", revision=2)),
    "retry": (AT_WORK, Command(verb="retry", tasks=("t1",), guidance="mind the clock")),
    "skip": (AT_WORK, Command(verb="skip", tasks=("t1",))),
    "pause": (AT_WORK, Command(verb="pause")),
    "stop": (AT_WORK, Command(verb="stop")),
    "budget": (AT_WORK, Command(verb="budget", usd=1.0)),
}
PERSONS = {name: who for name, who in PEOPLE.items() if name not in ("bot", "app in a writer's name")}
"""A page is opened by a person's own browser: neither a bot's nor an App's hand comes this way."""


def run_of(stage: Stage, issue: int) -> Run:
    run_id = stage.ledger.run_of(stage.repo.id, issue)
    assert run_id is not None
    run = stage.ledger.load(run_id)
    assert isinstance(run, Run)
    return run


def pages(stage: Stage) -> PageWords:
    return PageWords(stage.ledger, stage.github, stage.now)


def word(run: Run, command: Command, login: str, user_id: int, once: str = "o") -> Word:
    carried = shown(run, command.verb, command.tasks)
    who = Actor(person=Person(id=user_id, login=login))
    return Word(run=run.id, command=command, by=who, once=once, shown=carried)


async def says(stage: Stage, name: str, login: str, user_id: int, once: str = "o") -> Any:
    issue, command = WORDS[name]
    return await pages(stage).say(word(run_of(stage, issue), command, login, user_id, once))


def comes(stage: Stage, who: Who, number: int) -> Any:
    """Somebody new, of whom GitHub says what it says."""
    user = stage.person(f"q{number}", who.permission)
    answer = who.says(user) if who.says is not None else None

    def instead(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.path.endswith(f"/collaborators/{user.login}/permission")
        return answer(request) if asked and answer is not None else None

    stage.wire.instead = instead
    return user


@pytest.mark.parametrize("people", [pytest.param(PERSONS, id="people"), pytest.param(ERRORS, id="errors")])
async def test_no_page_gets_anybody_in_without_a_clear_yes(tmp_path: Path, people: dict[str, Who]) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        before, comments, wrong = stood(stage), len(stage.world.comments), []
        for number, (kind, who) in enumerate(people.items()):
            user = comes(stage, who, number)
            for name in WORDS:
                found = await says(stage, name, user.login, user.id)
                stage.slots.forget()
                fits = isinstance(found, Unsure) if who.reason == LATER else isinstance(found, Refused | Unsure)
                told = who.reason in ("", LATER) or (isinstance(found, Refused | Unsure) and who.reason in found.why)
                wrong += [] if fits and told else [f"{kind}: {name}: {found}"]
        assert wrong == []
        assert stood(stage) == before
        assert len(stage.world.comments) == comments


@pytest.mark.parametrize("name", WORDS)
async def test_each_word_of_a_page_does_something_for_who_may_once(tmp_path: Path, name: str) -> None:
    """Else the table above would show nothing. The same click twice is one action and answers the same."""
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        issue, command = WORDS[name]
        user = comes(stage, MAY, 1)
        sent = word(run_of(stage, issue), command, user.login, user.id)
        first, second = await asyncio.gather(pages(stage).say(sent), pages(stage).say(sent))
        assert {type(first), type(second)} == {Heard}
        assert {first.again, second.again} == {True, False}
        given = [x.given for x in stage.told(run_of(stage, issue).id) if isinstance(x, e.CommandGiven)]
        mine = [one for one in given if one.key.startswith("page/")]
        assert [(one.command, one.by) for one in mine] == [(command, sent.by.person)]
        assert name != "replan" or mine[0].issue is not None


async def test_of_two_people_at_once_on_the_same_gate_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        anna, ben = stage.person("anna", "write"), stage.person("ben", "write")
        run = run_of(stage, AT_WORK)
        yes = word(run, Command(verb="approve", revision=2), "anna", anna.id)
        no = word(run, Command(verb="skip", tasks=("t1",)), "ben", ben.id)
        found = await asyncio.gather(pages(stage).say(yes), pages(stage).say(no))
        assert sorted(type(one).__name__ for one in found) == ["Heard", "Moved"]
        late = next(one for one in found if isinstance(one, Moved))
        assert "gate" in late.parts
        told = [x.given.by.login for x in stage.told(run.id) if isinstance(x, e.CommandGiven)]
        assert len([login for login in told if login in ("anna", "ben")]) == 1


async def test_an_approval_is_of_the_revision_and_the_head_that_were_on_the_screen(tmp_path: Path) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        dev = stage.person("eva", "write")
        run = run_of(stage, AT_WORK)
        sent = word(run, Command(verb="approve", revision=2), "eva", dev.id)
        stage.ledger.append(
            run.id, [e.RunBranchMoved(at=stage.now(), sha="c" * 40, tree="d" * 40, by="x")], stage.now()
        )
        found = await pages(stage).say(sent)
        assert isinstance(found, Moved)
        assert found.parts == ("code",)
        assert run_of(stage, AT_WORK).gates[-1].state is GateState.POSTED
        again = word(run_of(stage, AT_WORK), Command(verb="approve", revision=1), "eva", dev.id)
        old = await pages(stage).say(again)
        assert isinstance(old, NotNow)
        assert old.no.key == "stale_revision"


async def test_another_word_of_the_same_form_never_passes_for_the_one_that_was_heard(tmp_path: Path) -> None:
    """Someone goes back, types another guidance and sends the old form."""
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        dev = stage.person("eva", "write")
        run = run_of(stage, AT_WORK)
        first = word(run, Command(verb="retry", tasks=("t1",), guidance="one"), "eva", dev.id)
        assert isinstance(await pages(stage).say(first), Heard)
        other = first.model_copy(update={"command": Command(verb="retry", tasks=("t1",), guidance="two")})
        assert isinstance(await pages(stage).say(other), Moved)
        assert [x.given.command.guidance for x in stage.told(run.id) if isinstance(x, e.CommandGiven)][1:] == ["one"]


async def test_who_was_removed_says_nothing_on_a_page_not_even_for_a_minute(tmp_path: Path) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        leaver = stage.person("leaver", "write")
        words = pages(stage)
        run = run_of(stage, AT_WORK)
        assert isinstance(await words.say(word(run, Command(verb="budget", usd=1.0), "leaver", leaver.id)), Heard)
        leaver.permission = "none"
        before = stood(stage)
        run = run_of(stage, AT_WORK)
        assert isinstance(await words.say(word(run, Command(verb="stop"), "leaver", leaver.id, "p")), Refused)
        assert stood(stage) == before


async def test_a_new_plan_is_not_made_of_a_text_that_a_stranger_changed_in_that_moment(tmp_path: Path) -> None:
    async with a_stage(tmp_path) as stage:
        await prepared(stage)
        stage.now.stop()
        dev = stage.person("eva", "write")
        world_issue = stage.world.issue(PLANNED)
        world_issue.author = "mallory"
        run = run_of(stage, PLANNED)
        await stage.act("mallory", edit_issue={"where": f"issue/{PLANNED}", "body": "Do evil."})
        found = await pages(stage).say(word(run, Command(verb="replan"), "eva", dev.id))
        assert isinstance(found, Edited)
        assert found.by == ("mallory",)
        assert run_of(stage, PLANNED).plan_number == 0
