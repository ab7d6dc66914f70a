"""What a word about a run rests on, in a few letters that a form can carry: whoever says it meant exactly that.

Only what a decision depends on is in it: not polls, reports or money spent, and of work under way not how far it is.
A word is held to the parts that it rests on: who pauses a run does not care which of its tasks passed meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from otto_bot.core.attempt import MOVING
from otto_bot.core.commands import Command
from otto_bot.core.events import CommandGiven
from otto_bot.core.invariants import InvariantBroken
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run

TASKS = "tasks"
PARTS = ("plan", "gate", "code", "money", "rest", TASKS)
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "approve": ("plan", "gate", "code", "rest"),
    "retry": ("plan", "gate", "rest", TASKS),
    "skip": ("plan", "gate", "rest", TASKS),
    "accept": ("plan", "gate", "code", "rest", TASKS),
    "replan": ("plan", "gate", "rest", TASKS),
    "pause": ("rest",),
    "resume": ("gate", "rest"),
    "stop": ("plan", "gate", "rest"),
    "budget": ("money",),
}
"""The words that pages have, and what each of them rests on; `tasks` = those that it names, or all of them."""
GRANTING = frozenset({"budget_raised", "budget_noted", "minutes_raised"})
"""Answers to those words that do not mean a no."""
BROKEN = "broken"
"""A word that would break a rule of the house: nobody says so in a comment, and here nothing may stay silent."""
_LETTERS = 8
_ONE = re.compile(r"([a-z][a-z0-9]{0,5})\.([0-9a-f]{8})", re.ASCII)
_MOST = 400
"""Parts that are read of a form."""


class No(NamedTuple):
    """Why a word makes no sense now: the key of an answer, and its detail."""

    key: str
    detail: str = ""


def on_screen(run: Run) -> dict[str, str]:
    """Each part of the run as a few letters, also each task; equal letters = nothing of it has moved."""
    tasks = {key: _task(run, key) for key in run.tasks}
    values: dict[str, object] = {
        "plan": (run.plan_revision, run.plan_number, run.plan_approved_by),
        "gate": _decided(run),
        "code": (run.head, run.pull_request, run.pull_closed, run.landed),
        # A number may be 240 in memory and 240.0 once it was stored.
        "money": tuple(f"{value:.4f}" for value in (run.money.cap, run.money.granted, run.minutes)),
        "rest": (run.hold.number if run.hold is not None else 0, run.outcome, run.ended),
        TASKS: tasks,
    }
    return {name: _letters(value) for name, value in {**values, **tasks}.items()}


def _task(run: Run, key: str) -> tuple[object, ...]:
    """How far work under way is changes by itself; that it is under way, and which attempt it is, does not."""
    task = run.tasks[key]
    if task.state in MOVING:
        return "moving", len(task.attempts)
    return task.state, len(task.attempts), task.attempts[-1].sha if task.attempts else None


def _decided(run: Run) -> tuple[object, ...]:
    gate = run.gates[-1] if run.gates else None
    one = run.journeys[-1] if run.journeys else None
    gates = () if gate is None else (gate.number, gate.revision, gate.state)
    rounds = () if one is None else (one.number, one.revision, one.state)
    return (*gates, "journeys", *rounds)


def _letters(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:_LETTERS]


def rests_on(command: Command) -> tuple[str, ...]:
    """The parts that this very word rests on."""
    named = tuple(key for key in command.tasks if key.startswith("t"))
    parts = RESTS_ON.get(command.verb, PARTS)
    return tuple(part for part in parts if part != TASKS) + (named or (TASKS,)) if TASKS in parts else parts


def shown(run: Run, verb: str, tasks: Iterable[str] = ()) -> str:
    """What a form for this word carries; `tasks` are those that may be named in it."""
    now = on_screen(run)
    return " ".join(f"{part}.{now[part]}" for part in (*RESTS_ON.get(verb, PARTS), *tasks) if part in now)


def moved(run: Run, command: Command, carried: str) -> tuple[str, ...]:
    """Parts that are not as they were on the screen; none = whoever said it meant the run as it stands."""
    seen = dict(_ONE.findall(carried)[:_MOST])
    now = on_screen(run)
    return tuple(part for part in rests_on(command) if seen.get(part) != now.get(part))


def refusal(run: Run, event: CommandGiven) -> No | None:
    """Why the run would not do what it is told; None = it would. The state machine itself is asked."""
    calm = run.model_copy(update={"answered_at": ()})  # so that no answer is left out for being one too many
    try:
        after = reduce(calm, event)
    except InvariantBroken:
        return No(BROKEN)
    assert after is not None
    answers = after.replies[len(run.replies) :]
    return next((No(one.key, one.detail) for one in answers if one.key not in GRANTING), None)
