"""The machine in a simulated world: whatever happens, it comes to rest, and what it calls done is done."""

import random

import pytest
from core_builders import fold
from core_world import ENDING, MEDDLING, MONEY, World
from core_world_outer import with_journeys
from core_world_plans import any_config, random_config, random_plan
from core_world_whole import Showing, whole

from otto_bot.core.budget import inherited
from otto_bot.core.commands import Command, parse_line
from otto_bot.core.config import HostCaps
from otto_bot.core.events import read_event
from otto_bot.core.journeys import MOST_REPLANS, MOST_ROUNDS
from otto_bot.core.run import Outcome, Run
from otto_bot.core.waits import waits_for
from otto_bot.text.call import call_comment
from otto_bot.text.decision import decision_comment
from otto_bot.text.links import Links
from otto_bot.text.status import status_comment

LINKS = Links("https://github.com", "octo", "app")


def world(seed: int, **changes: object) -> World:
    dice = random.Random(seed)
    given = {"seed": seed, "plan": random_plan(dice), "config": random_config(dice), **changes}
    return World(**given)


class Reading(World):
    """A world in which everything that people are told while the run waits for them is read."""

    read: str = ""

    def check(self) -> None:
        super().check()
        wait = waits_for(self.run)
        if wait is None or f"{wait.key} {wait.reply}" == self.read:
            return
        self.read = f"{wait.key} {wait.reply}"
        command = parse_line(wait.reply)
        assert isinstance(command, Command), wait.reply
        assert wait.question
        for words in (call_comment(self.run, wait, LINKS, False), status_comment(self.run, LINKS, self.now)):
            assert f"`{wait.reply}`" in words, self.read
        gate = self.run.gate
        if wait.kind == "gate" and gate is not None and command.verb != "budget":
            shown = decision_comment(self.run, gate, LINKS, self.now)
            assert any(f"`/otto {command.verb} {what}" in shown for what in (*command.tasks, f"r{gate.revision}"))


def together(seed: int, number: int, before: list[Run], kind: type[World] = World) -> World:
    """One of the runs of an issue with everything in it: tight money, every mode, people at any moment."""
    host, dice = random.Random(seed), random.Random(f"{seed}/{number}")
    caps = HostCaps(usd=host.choice([2, 5, 12, 50]), minutes=host.choice([10, 1440]))
    words = (*MEDDLING, *MONEY, *MONEY, *(ENDING if dice.random() < 0.2 else ()))
    return kind(
        seed=host.randint(0, 10**9) + number, plan=random_plan(random.Random(seed)), config=any_config(dice, caps),
        trouble=dice.choice([0.1, 0.3, 0.6]), meddle=dice.choice([0, 0.05, 0.15]), kind_after=400, answers=60,
        caps=caps, words=words, ends=dice.random() < 0.3, number=number,
        inherited=inherited(run.money for run in before),
    )  # fmt: skip


def outer(seed: int) -> World:
    """A run with journeys, and people who review it."""
    dice = random.Random(seed)
    made = with_journeys(random_plan(dice))
    return World(
        seed=seed, plan=made, config=random_config(dice), trouble=dice.choice([0.1, 0.3, 0.6]), reviews=True,
        meddle=dice.choice([0, 0.1, 0.2]), kind_after=400, answers=60,
    )  # fmt: skip


LEFT_BESIDE = 191
"""A seed in which a person's re-run of a task that was left out cannot run beside another: it asks instead."""


@pytest.mark.parametrize("block", range(4))
def test_journeys_and_reviews_come_home(block: int) -> None:
    """Rounds end, fixes are announced, plans grow, reviews are taken up; the ledger gives the same run again."""
    for seed in (*range(block * 6, block * 6 + 6), *((LEFT_BESIDE,) if block == 0 else ())):
        made = outer(seed)
        made.live(4000)
        run = made.run
        assert run.ended or run.outcome is Outcome.DONE_PARTIAL or made.answered == made.answers, made.story()
        automatic = len(run.journeys) - run.journey_grants
        assert automatic <= MOST_ROUNDS, made.story()
        assert run.journey_replans <= MOST_REPLANS + run.journey_grants, made.story()
        assert fold(None, *(read_event(event.model_dump_json(by_alias=True)) for event in made.ledger)) == run


def explore(seed: int) -> World:
    made = world(seed, trouble=random.Random(seed).choice([0.1, 0.3, 0.6]), answers=12)
    made.live()
    return made


def meddled(seed: int) -> World:
    made = world(seed, trouble=0.3, meddle=0.15, kind_after=400, answers=40)
    made.live()
    return made


@pytest.mark.parametrize("block", range(4))
def test_every_world_comes_to_rest(block: int) -> None:
    """Whatever jobs and people do, nothing is left waiting for nobody."""
    for seed in range(block * 10, block * 10 + 10):
        made = explore(seed)
        run = made.run
        resting = run.outcome is not None or waits_for(run) is not None or (run.hold and run.hold.kind == "paused")

        assert resting, made.story()


@pytest.mark.parametrize("block", range(4))
def test_nothing_is_a_dead_end(block: int) -> None:
    """However people meddled, once the world is kind their answers bring every task home, or out on their own word."""
    for seed in range(block * 6, block * 6 + 6):
        made = meddled(seed)

        assert made.run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL), made.story()


@pytest.mark.parametrize("seed", range(12))
def test_everything_at_once_comes_home(seed: int) -> None:
    """Tight money, shadow, approvals that are stale, learnings, bases that move, and a second run of the issue.

    `Watch` looks on: nothing starts without its comment, the reply that people are told works, nobody is called for
    nothing, every move has its outcome. The ledger gives the same run again, and the lineage keeps within its caps.
    """
    runs: list[Run] = []
    for number in (1, 2):
        made = together(seed, number, runs)
        made.live(4000)
        run = made.run
        home = run.ended or run.outcome is Outcome.DONE_PARTIAL or made.answered == made.answers
        assert home, made.story()
        assert fold(None, *(read_event(event.model_dump_json(by_alias=True)) for event in made.ledger)) == run
        runs.append(run)
        assert sum(one.money.own for one in runs) <= made.caps.usd + 1e-6
        if not run.ended:
            return


@pytest.mark.parametrize("seed", range(100, 110))
def test_whoever_is_waited_for_reads_what_to_say(seed: int) -> None:
    """In every wait that a life leads to, the call, the status and the gate's plan name the reply that leads on."""
    together(seed, 1, [], Reading).live(4000)


@pytest.mark.parametrize("seed", range(8))
def test_all_kinds_of_runs_come_home_and_what_people_see_is_how_things_are(seed: int) -> None:
    """Journeys by Actions, edits, reviews, growing plans, events that come twice: told as it is, and replayed."""
    made = whole(seed, Showing)
    made.live(6000)
    run = made.run
    assert run.ended or run.outcome is Outcome.DONE_PARTIAL or made.answered == made.answers, made.story()
    assert len(run.journeys) - run.journey_grants <= MOST_ROUNDS, made.story()
    assert run.journey_replans <= MOST_REPLANS + run.journey_grants, made.story()
    assert fold(None, *(read_event(event.model_dump_json(by_alias=True)) for event in made.ledger)) == run
