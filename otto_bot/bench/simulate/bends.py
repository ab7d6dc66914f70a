"""Lives that lean to one kind of trouble: what a plain life meets once in thousands they meet all the time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from otto_bot.bench.simulate.lives import MEDDLING, MONEY, OUTSIDE, Life, plain_life
from otto_bot.bench.simulate.makers import spec
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.evidence import Cause
from otto_bot.core.lanes import LaneKind
from otto_bot.core.plan import Plan

Bend = Callable[[random.Random, Life], Life]
PARTS = 0.5
"""So many of all lives lean."""
AGAIN = (
    "/otto retry t1", "/otto retry t1", "/otto retry t2", "/otto skip t2", "/otto approve", "/otto approve",
    "/otto pause", "/otto resume",
)  # fmt: skip


def life_of(seed: int) -> Life:
    """The life that a seed means: any one, or one that leans to one kind of trouble."""
    dice = random.Random(f"bend/{seed}")  # noqa: S311 - dice, no secret
    life = plain_life(seed)
    return life if dice.random() >= PARTS else dice.choice(BENDS)(dice, life)


def late(dice: random.Random, life: Life) -> Life:
    """What is said comes late, and once more, while branches and attempts move on."""
    config = _free(dice, life.config) if dice.random() < 0.6 else life.config
    faults = replace(life.faults, again=0.25, slow=0.15, work=dice.choice([0.3, 0.5]), crash=0.0, outage="")
    return replace(
        life, faults=faults, config=config, base_moves=5, run_pushes=dice.choice([0, 4]), workers=2, bent="late"
    )


def stopped(dice: random.Random, life: Life) -> Life:
    """Runs are stopped and started anew, with calls that nobody heard the end of."""
    faults = replace(life.faults, crash=dice.choice([0.0, 0.02]), outage="")
    return replace(life, faults=faults, runs=3, stops=True, meddle=0.0, bent="stopped")


def outside(dice: random.Random, life: Life) -> Life:
    """Actions fails for reasons that are not in the code, over and over; the rules go on without asking."""
    causes = dice.choice([OUTSIDE, (Cause.FLAKY,), (Cause.INFRA, Cause.TIMEOUT)])
    faults = replace(life.faults, work=dice.choice([0.4, 0.6]), crash=0.0, outage="")
    return replace(
        life, faults=faults, config=_free(dice, life.config), causes=causes, kind_after=400, kind="build",
        bent="outside",
    )  # fmt: skip


def sour(dice: random.Random, life: Life) -> Life:
    """The default branch is to blame, and moves on."""
    faults = replace(life.faults, work=dice.choice([0.3, 0.6]), crash=0.0, outage="")
    causes = (Cause.BASE_RED,) if dice.random() < 0.5 else (Cause.BASE_RED, Cause.TEST)
    return replace(
        life, faults=faults, config=_free(dice, life.config), causes=causes, base_moves=3, meddle=0.0, kind="build",
        bent="sour",
    )  # fmt: skip


def crowd(dice: random.Random, life: Life) -> Life:
    """Many tasks at once: candidates that are red together, branches that move under them, retries beside work."""
    keys = [f"t{n}" for n in range(1, 4)]
    tasks = tuple(spec(key, *[need for need in keys[:n] if dice.random() < 0.15]) for n, key in enumerate(keys))
    faults = replace(life.faults, again=dice.choice([0.0, 0.1]), slow=dice.choice([0.1, 0.3]), crash=0.0, outage="")
    return replace(
        life, plan=Plan(summary="s", mode="decomposed", tasks=tasks), faults=faults, kind="build", runs=1,
        run_pushes=dice.choice([0, 5]), meddle=dice.choice([0, 0.6]), kind_after=300, bent="crowd",
        lane=dice.choice([LaneKind.PUSH, LaneKind.DISPATCH]),
    )  # fmt: skip


def reviewed(dice: random.Random, life: Life) -> Life:
    """One small task, and people who review, say things twice, and want what was given up tried again."""
    causes = dice.choice([(), OUTSIDE])
    faults = replace(life.faults, twice=0.5, late=0.3, crash=0.0, outage="", work=0.5 if causes else life.faults.work)
    return replace(
        life, plan=Plan(summary="s", mode="single", tasks=(spec("t1"),)), faults=faults, reviews=True, meddle=1.5,
        words=AGAIN, causes=causes, kind="build", bent="reviewed",
        config=_free(dice, life.config) if causes else life.config,
    )  # fmt: skip


def poor(dice: random.Random, life: Life) -> Life:
    """The money is nearly used up all the time, of the repository or of the host."""
    caps = HostCaps(usd=dice.choice([1, 2, 3]), minutes=life.caps.minutes)
    config = Config.model_validate({
        **life.config.model_dump(),
        "budget": {**life.config.budget.model_dump(), "usd": min(caps.usd, dice.choice([0.5, 1, 2]))},
    })  # fmt: skip
    words = (*MEDDLING, *MONEY, *MONEY)
    return replace(life, caps=caps, config=config, words=words, runs=dice.choice([1, 2]), bent="poor")


def _free(dice: random.Random, config: Config) -> Config:
    """A repository that lets the rules go on, with time enough."""
    return Config.model_validate({
        **config.model_dump(),
        "pilot": {"approval": "auto", "enabled": dice.random() < 0.5, "mode": "decide", "grace_minutes": 0},
        "attempts": {"per_task": 3},
        "budget": {**config.budget.model_dump(), "minutes": max(config.budget.minutes, 30)},
    })  # fmt: skip


BENDS: tuple[Bend, ...] = (late, stopped, outside, sour, crowd, reviewed, poor)
