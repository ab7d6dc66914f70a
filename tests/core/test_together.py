"""Where one rule of the run meets another: money and people, rests and decisions, jobs that come late."""

from core_builders import (
    applied,
    executing,
    fold,
    gate,
    plan,
    posted,
    said,
    to_failed,
)  # fmt: skip

from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.run import Outcome, Run
from otto_bot.core.surfaces import labels
from otto_bot.core.waits import waits_for


def resting(action: str = "ask", **start: object) -> Run:
    """A run whose only task waits for a person."""
    run = fold(executing(plan("t1"), **start), *to_failed("t1"))
    run = applied(fold(posted(gate(run, {"t1": action})), said("/otto approve r2", seconds=1)))
    assert run.outcome is Outcome.NEEDS_HUMAN
    return run


def kinds(run: Run) -> set[EffectKind]:
    return {effect.kind for effect in scheduled(run)}


def test_nobody_is_called_while_their_answer_is_on_its_way() -> None:
    """Not before its decision is posted either, and not by the label."""
    run = resting()
    assert EffectKind.CALL in kinds(run)
    run = fold(run, said("/otto retry t1 -- dicts", seconds=2))
    assert waits_for(run) is None
    assert EffectKind.CALL not in kinds(run)
    assert labels(run)["otto:needs-human"] is False
    assert EffectKind.POST_DECISION in kinds(run)
