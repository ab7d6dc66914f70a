"""An effect: one external action with a stable key."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from otto_bot.core.run import Run
from otto_bot.core.values import Frozen


class EffectKind(StrEnum):
    """One external action each; one job file each."""

    PREPARE = "prepare"
    PLAN = "plan"
    POST_PLAN = "post_plan"
    OPEN_PULL_REQUEST = "open_pull_request"
    REOPEN = "reopen"
    CODE = "code"
    PUSH = "push"
    VERIFY = "verify"
    RERUN = "rerun"
    JUDGE = "judge"
    CANDIDATE = "candidate"
    MERGE = "merge"
    GATE = "gate"
    POST_DECISION = "post_decision"
    APPLY = "apply"
    SHOW = "show"
    CALL = "call"
    REPLY = "reply"
    TIDY = "tidy"
    TIME_UP = "time_up"
    TAKE_BASE = "take_base"
    LEARN = "learn"
    JOURNEYS = "journeys"
    TRIAGE = "triage"
    POST_JOURNEYS = "post_journeys"
    APPLY_JOURNEYS = "apply_journeys"
    POST_REVIEW = "post_review"
    ANSWER_REVIEW = "answer_review"


class Effect(Frozen):
    """One external action with a stable key. Effects of one `lane` never run side by side."""

    key: str
    kind: EffectKind
    run: int
    lane: str
    not_before: datetime | None = None
    task: str = ""
    attempt: int = 0
    target: str = ""
    gate: int = 0
    number: int = 0


_BLANK = Effect(key="", kind=EffectKind.PREPARE, run=0, lane="")


def effect_of(run: Run, kind: EffectKind, name: str, *, lane: str = "", **fields: object) -> Effect:
    """An effect of a run; `fields` as in Effect. Dozens are made at each event: a copy is not validated again."""
    key = f"run/{run.id}/{name}"
    # The same step before and after a rest: what is still at work from before is waited for.
    lane = lane or key.removesuffix(f"/h{run.rests}")
    return _BLANK.model_copy(update={"key": key, "kind": kind, "run": run.id, "lane": lane, **fields})


def run_of(key: str) -> int:
    """The run that an effect's key belongs to. Raises ValueError for anything else."""
    return int(key.split("/", 2)[1])
