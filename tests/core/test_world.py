"""The machine in a simulated world: whatever happens, it comes to rest, and what it calls done is done."""

import random

import pytest
from core_builders import config, plan, spec
from core_world import World

from otto_bot.core.config import Config
from otto_bot.core.plan import Plan, Relation
from otto_bot.core.run import Outcome
from otto_bot.core.waits import waits_for


def random_plan(dice: random.Random) -> Plan:
    keys = [f"t{n}" for n in range(1, dice.choice([1, 1, 2, 3, 3, 4, 5]) + 1)]
    tasks = [spec(key, *[need for need in keys[:n] if dice.random() < 0.35]) for n, key in enumerate(keys)]
    apart = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if dice.random() < 0.2]
    kind = dice.choice([Relation.ADDITIVE, Relation.CONTRADICTORY, Relation.UNCERTAIN])
    return plan(*tasks, apart=apart, kind=kind)


def random_config(dice: random.Random) -> Config:
    return config(
        plan={"approval": dice.choice(["auto", "always", "never"])},
        pilot={"approval": dice.choice(["auto", "auto", "always"])},
        qa={"enabled": dice.random() < 0.7},
        attempts={"per_task": dice.choice([1, 2, 3])},
        budget={"usd": dice.choice([0.5, 5, 10])},
    )


def world(seed: int, **changes: object) -> World:
    dice = random.Random(seed)
    given = {"seed": seed, "plan": random_plan(dice), "config": random_config(dice), **changes}
    return World(**given)


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
