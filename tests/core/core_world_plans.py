"""Random plans and configurations for simulated runs."""

from __future__ import annotations

import random

from core_builders import config, plan, spec

from otto_bot.core.config import Config, HostCaps
from otto_bot.core.plan import Plan, Relation


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


def any_config(dice: random.Random, caps: HostCaps) -> Config:
    """Every switch of a repository, and budgets that are soon used up; lowered to the host's caps as they would be."""
    return config(
        plan={"approval": dice.choice(["auto", "always", "never"])},
        pilot={
            "approval": dice.choice(["auto", "auto", "always"]),
            "enabled": dice.random() < 0.85,
            "mode": dice.choice(["decide", "decide", "shadow"]),
            "grace_minutes": dice.choice([0, 0.2, 2]),
        },
        qa={"enabled": dice.random() < 0.7},
        attempts={"per_task": dice.choice([1, 2, 3])},
        budget={
            "usd": min(caps.usd, dice.choice([0.3, 1, 3, 10])),
            "minutes": min(caps.minutes, dice.choice([2, 5, 240])),
        },
    )
