"""What a seed means, before it is bent: the plan, the configuration, the people, the troubles of one simulated life."""

from __future__ import annotations

import random
from dataclasses import dataclass

from otto_bot.bench.simulate.makers import spec
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.evidence import Cause
from otto_bot.core.lanes import LaneKind
from otto_bot.core.plan import Journey, JourneyStep, Plan, ProductSpec, Relation, RelationSpec
from otto_bot.core.run import Kind

MEDDLING = (
    "/otto pause", "/otto resume", "/otto retry", "/otto retry t1", "/otto retry t2 -- use dicts", "/otto skip t1",
    "/otto skip t2,t3", "/otto approve", "/otto approve r1", "/otto approve r3", "/otto replan", "/otto budget +1",
    "/otto status", "/otto plan", "/otto explain t1", "/otto forget L1", "/otto keep L2", "/otto help",
    "/otto retry t9", "/otto skip j1", "/otto retry j2 -- so", "/otto replan -- more", "/otto approve r6",
    "/otto accept t1", "/otto accept t2,t3", "/otto accept t9",
)  # fmt: skip
MONEY = ("/otto budget +0.1", "/otto budget +1", "/otto budget +3", "/otto budget +400")
ENDING = ("/otto stop",)
OUTSIDE = (Cause.INFRA, Cause.SYSTEMIC, Cause.NEVER_STARTED, Cause.CANCELLED, Cause.FLAKY)
STUBBORN: tuple[tuple[Cause, ...], ...] = ((Cause.BASE_RED, Cause.TEST), OUTSIDE)
"""What all of a life's failures come from, in some lives."""
OUTAGES = (
    "post_plan", "open_pull_request", "push", "candidate", "merge", "rerun", "post_decision", "show", "call", "reply",
    "post_journeys", "take_base", "tidy", "reopen",
)  # fmt: skip
"""Effects that write on GitHub."""
WAYS = ProductSpec(
    journeys=tuple(
        Journey(id=f"j{n}", title=f"way {n}", steps=(JourneyStep(do="a", see="b"), JourneyStep(do="c", see="d")))
        for n in (1, 2, 3)
    )
)


@dataclass(frozen=True)
class Faults:
    """How likely each kind of trouble is; all of it ends when the world becomes kind."""

    work: float = 0.0
    """A job, Actions or the model says no."""
    part: float = 0.0
    """GitHub answers 5xx, before or after the write; the model's service is away."""
    lost: float = 0.0
    late: float = 0.0
    twice: float = 0.0
    """Of deliveries."""
    crash: float = 0.0
    """A worker dies, at any step of any job."""
    commit: float = 0.0
    """The database cannot be reached when a job wants to commit."""
    stall: float = 0.0
    """A worker hangs for longer than its lease and then goes on."""
    again: float = 0.0
    """A job tells its events twice."""
    slow: float = 0.0
    """A job has its answer, and tells it long after."""
    outage: str = ""
    """An effect that GitHub refuses all the time."""


@dataclass(frozen=True)
class Life:
    """One life: an issue, its runs, and everything around them."""

    seed: int
    plan: Plan
    config: Config
    caps: HostCaps
    faults: Faults
    kind: Kind = "build"
    lane: LaneKind = LaneKind.PUSH
    workers: int = 1
    runs: int = 1
    meddle: float = 0.0
    """People's unasked acts, a virtual minute."""
    words: tuple[str, ...] = MEDDLING
    ends: bool = False
    reviews: bool = False
    known: bool = True
    """Whether a run that certifies is given the plan of an earlier run."""
    actions: bool = False
    """Whether journeys are walked by Actions."""
    deploys: int = 0
    jumps: int = 0
    parks: int = 0
    shuts: int = 0
    """How often the repository is archived, or the App suspended, for a while."""
    base_moves: int = 0
    run_pushes: int = 0
    """How often people push to the run branch."""
    kind_after: int = 200
    """Steps after which nothing goes wrong any more and nobody meddles."""
    answers: int = 50
    causes: tuple[Cause, ...] = ()
    """Why Actions fails; empty = for any reason."""
    shares: bool = False
    """Whether all heads share a concurrency group, which the workflow files tell."""
    unwatched: bool = False
    """Whether path filters leave out every file of some changes."""
    stops: bool = False
    """Whether each run but the last is stopped early."""
    bent: str = ""
    """What kind of trouble the life leans to."""


def random_plan(dice: random.Random) -> Plan:
    """One to five tasks that depend on and disturb each other; now and then with ways through the product."""
    keys = [f"t{n}" for n in range(1, dice.choice([1, 1, 1, 1, 2, 2, 2, 3, 3, 4]) + 1)]
    tasks = tuple(spec(key, *[need for need in keys[:n] if dice.random() < 0.35]) for n, key in enumerate(keys))
    apart = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if dice.random() < 0.2]
    kind = dice.choice([Relation.ADDITIVE, Relation.CONTRADICTORY, Relation.UNCERTAIN])
    relations = tuple(RelationSpec(a=a, b=b, kind=kind) for a, b in apart)
    made = Plan(summary="s", mode="decomposed" if len(tasks) > 1 else "single", tasks=tasks, relations=relations)
    return made.model_copy(update={"spec": WAYS}) if dice.random() < 0.35 else made


def random_config(dice: random.Random, caps: HostCaps) -> Config:
    """Every switch of a repository, and budgets that are soon used up; lowered to the host's caps as they would be."""
    return Config.model_validate({
        "plan": {"approval": dice.choice(["auto", "auto", "always", "never"])},
        "pilot": {
            "approval": dice.choice(["auto", "auto", "auto", "always"]),
            "enabled": dice.random() < 0.85,
            "mode": dice.choice(["decide", "decide", "shadow"]),
            "grace_minutes": dice.choice([0, 0.2, 2]),
        },
        "qa": {"enabled": dice.random() < 0.7},
        "attempts": {"per_task": dice.choice([1, 2, 3])},
        "budget": {
            "usd": min(caps.usd, dice.choice([0.6, 2, 5, 10])),
            "minutes": min(caps.minutes, dice.choice([20, 60, 240])),
        },
        "verify": {"settle_seconds": dice.choice([0, 5])},
    })  # fmt: skip


def random_faults(dice: random.Random) -> Faults:
    """From a calm day to a bad one."""
    bad = dice.choice([0.0, 0.3, 1.0, 1.0, 2.0])
    return Faults(
        work=dice.choice([0.05, 0.15, 0.3, 0.5]),
        part=0.03 * bad * dice.choice([0, 1, 1]),
        lost=dice.choice([0, 0, 0.1, 0.5, 1.0]) if bad else 0.0,
        late=0.15 * bad, twice=0.1 * bad,
        crash=0.006 * bad * dice.choice([0, 1, 1, 3]), commit=0.01 * bad, stall=0.003 * bad * dice.choice([0, 1, 2]),
        again=dice.choice([0, 0, 0.01, 0.03]), outage=dice.choice(OUTAGES) if dice.random() < 0.12 else "",
    )  # fmt: skip


def plain_life(seed: int) -> Life:
    """A life that leans to nothing; `bends.life_of` makes half of them lean."""
    dice = random.Random(f"life/{seed}")  # noqa: S311 - dice, no secret
    caps = HostCaps(usd=dice.choice([2, 5, 12, 50]), minutes=dice.choice([30, 1440, 1440]))
    words = (*MEDDLING, *(MONEY if dice.random() < 0.5 else ()), *(ENDING if dice.random() < 0.15 else ()))
    plan = random_plan(dice)
    kind: Kind = dice.choice(["build", "build", "build", "build", "build", "improve", "certify"])
    if kind == "certify":
        plan = plan.model_copy(update={"spec": WAYS})
    return Life(
        seed=seed, plan=plan, config=random_config(dice, caps), caps=caps, faults=random_faults(dice), kind=kind,
        lane=dice.choice([LaneKind.PUSH, LaneKind.PUSH, LaneKind.PULL_REQUEST, LaneKind.DISPATCH]),
        workers=dice.choice([1, 1, 2, 3]), runs=dice.choice([1, 1, 1, 2]),
        meddle=dice.choice([0, 0, 0.2, 0.6]), words=words, ends=dice.random() < 0.15, reviews=dice.random() < 0.4,
        known=dice.random() < 0.7, actions=dice.random() < 0.4, deploys=dice.choice([0, 0, 1, 2]),
        jumps=dice.choice([0, 0, 0, 1, 2]), parks=dice.choice([0, 0, 0, 2]), base_moves=dice.choice([0, 0, 1, 3]),
        run_pushes=dice.choice([0, 0, 0, 4]), causes=dice.choice(STUBBORN) if dice.random() < 0.2 else (),
        shares=dice.random() < 0.25, unwatched=dice.random() < 0.3,
        shuts=_shuts(seed),
    )  # fmt: skip


def _shuts(seed: int) -> int:
    """By dice of its own: all other lives stay what they were."""
    return random.Random(f"shut/{seed}").choice([0, 0, 0, 0, 1, 3])  # noqa: S311 - dice, no secret
