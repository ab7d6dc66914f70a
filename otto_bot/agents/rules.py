"""The plain rules of a gate: what happens when no model decided, or none is needed."""

from __future__ import annotations

from otto_bot.core.decision import Action, Decider, Decision, Facts, PilotDecision, Strategy, expected_tasks, settle
from otto_bot.core.funds import QUESTION
from otto_bot.core.plan import Batches, batches


def default_moves(facts: Facts) -> tuple[Strategy, ...]:
    """One move for each open failure: the same again with its evidence, else afresh, else a person."""
    return tuple(_default_move(key, facts.open_failures[key]) for key in facts.plan.keys if key in facts.open_failures)


def _default_move(task: str, allowed: frozenset[Action]) -> Strategy:
    if Action.RETRY in allowed:
        return Strategy(task=task, action="retry", reason="attempts are left; its own evidence goes with it")
    if Action.RESTART_FRESH in allowed:
        return Strategy(task=task, action="restart_fresh", reason="going on from the last attempt brought no progress")
    return Strategy(
        task=task,
        action="ask",
        reason="no automatic move is left for this failure",
        question=f"What should {task} do differently? Reply `/otto retry {task} -- …` or `/otto skip {task}`",
    )


def with_order(facts: Facts, order: Batches) -> PilotDecision:
    """The default moves with an order, in the shape that every decision is validated in."""
    return PilotDecision(retry_strategies=default_moves(facts), batches=order)


def tasks_to_run(facts: Facts) -> frozenset[str]:
    """What runs after the default moves."""
    return expected_tasks(with_order(facts, ()), facts)


def money_decision(facts: Facts, why: str) -> Decision:
    """The decision where not even the replan could be paid: a retry could not be paid either, so people are asked."""
    moves = tuple(
        move if move.action == "ask" else Strategy(task=move.task, action="ask", reason=_BROKE, question=QUESTION)
        for move in default_moves(facts)
    )
    asked = PilotDecision(retry_strategies=moves)
    order = batches(facts.plan, expected_tasks(asked, facts))
    decision = settle(asked.model_copy(update={"batches": order}), facts, Decider.RULES)
    return decision.model_copy(update={"why": why})


_BROKE = "no money is left to read its failure or to write it again"


def rules_decision(facts: Facts, why: str, *, serial: bool = True) -> Decision:
    """The decision without any model: default moves, and every task that runs in a batch of its own.

    `serial=False` keeps the plan's own batches: for gates where no failure is open to judgement.
    """
    order = batches(facts.plan, tasks_to_run(facts))
    if serial:
        order = tuple((key,) for batch in order for key in batch)
    decision = settle(with_order(facts, order), facts, Decider.RULES)
    return decision.model_copy(update={"why": why})
