"""In shadow mode the comment says both: what happens, and what the pilot would have done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syrupy.assertion import SnapshotAssertion

from otto_bot.core.decision import Action, Decider, Decision, Move, Routed, SkipTask
from otto_bot.core.gate_account import GateAccount, Shadow
from otto_bot.core.run import Run
from otto_bot.text.decision import decision_comment
from otto_bot.text.links import Links

WOULD = Decision(
    decided_by=Decider.PILOT,
    moves=(
        Move(task="t2", action=Action.RETRY_DIFFERENT, guidance="Use @everyone's `dicts`"),
        Move(task="t3", action=Action.RETRY),
    ),
    routed=(Routed(target_task="t4", context="the clock counts milliseconds"),),
    skips=(SkipTask(task="t4", reason="pointless"),),
)
DOES = Decision(
    decided_by=Decider.REPLAN,
    why="the pilot runs in shadow: its analysis is shown, the plain replan decides",
    moves=(Move(task="t2", action=Action.RETRY), Move(task="t3", action=Action.RETRY)),
    batches=(("t2", "t3"), ("t4",)),
)


def in_shadow(run: Run, would: Decision) -> Run:
    gate = run.gates[-1].model_copy(update={"decision": DOES, "account": GateAccount(shadow=Shadow(decision=would))})
    return run.with_gate(gate)


def test_the_comment_says_both(
    moment: Callable[[str], Run], links: Links, now: datetime, shown: SnapshotAssertion
) -> None:
    run = in_shadow(moment("grace"), WOULD)
    body = decision_comment(run, run.gates[-1], links, now)
    assert body == shown
    assert "#### In shadow\nThe pilot only looks on here. The same moves as this plan: 1 of 3." in body
    assert "- t2: retry differently (this plan: retry)" in body
    assert "- t4: skip (this plan: it runs in its turn)" in body
    assert "@everyone" not in body.replace("`@everyone", "")


def test_a_pilot_without_a_plan_that_could_stand_is_told(
    moment: Callable[[str], Run], links: Links, now: datetime
) -> None:
    fallen = WOULD.model_copy(update={"decided_by": Decider.RULES, "why": "the pilot's answer was rejected twice: x"})
    run = in_shadow(moment("grace"), fallen)
    body = decision_comment(run, run.gates[-1], links, now)
    assert "had no plan that could stand: the pilot's answer was rejected twice: x" in body
    assert "would have" not in body


def test_without_a_shadow_nothing_is_said_of_one(moment: Callable[[str], Run], links: Links, now: datetime) -> None:
    run = moment("grace")
    assert "In shadow" not in decision_comment(run, run.gates[-1], links, now)


def test_two_hundred_tasks_fit(huge: Callable[[], Run], links: Links, now: datetime) -> None:
    run = huge()
    would = WOULD.model_copy(update={"moves": tuple(WOULD.moves[0].model_copy(update={"task": k}) for k in run.tasks)})
    gate = run.gates[-1].model_copy(update={"account": GateAccount(shadow=Shadow(decision=would))})
    body = decision_comment(run.with_gate(gate), gate, links, now)
    assert len(body) < 60_000
    assert "#### In shadow" in body
