"""Runs as pages show them: at work, at a gate, finished."""

from __future__ import annotations

from datetime import timedelta

from core_builders import (
    T0,
    at,
    config,
    executing,
    fold,
    gate,
    judged,
    plan,
    posted,
    to_failed,
    to_verified,
    to_verifying,
)

from otto_bot.core import events as e
from otto_bot.core.run import Run
from otto_bot.text.links import Links

LINKS = Links("https://github.com", "octo", "app")
FREE = config(plan={"approval": "never"}, verify={"exposure": "accept"}, qa={"enabled": False})
ASKED = config(plan={"approval": "always"}, verify={"exposure": "accept"})
NOW = T0 + timedelta(minutes=1)


def two() -> Run:
    return executing(plan("t1", "t2"), FREE)


def lost() -> Run:
    """t1 has failed, t2 is verified."""
    return fold(two(), *to_failed("t1"), *to_verified("t2"))


def at_the_gate() -> Run:
    one = executing(plan("t1"), FREE)
    return posted(gate(fold(one, *to_failed("t1")), {"t1": "retry"}))


def finished() -> Run:
    return fold(executing(plan("t1"), FREE), *to_verified("t1"), judged("t1"))


def told_to_wait(run: Run) -> Run:
    polled = e.VerificationPolled(at=T0, target="t1/a1", next_at=at(60), waiting="2 jobs of CI")
    return fold(run, *to_verifying("t1"), polled)
