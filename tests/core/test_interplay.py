"""Commands, rests and kinds of runs that meet each other: what each leads to, in the moments in which they do."""

from __future__ import annotations

import pytest
from core_builders import fold, prepared, run_started, said
from core_journeys import applied, built, finding, posted, product, state, triaged, walked

from otto_bot.core.effects import scheduled
from otto_bot.core.run import Outcome, RunPhase


@pytest.mark.parametrize("kind", ["scope", "implementation"])
def test_a_yes_to_a_round_that_is_paused_is_carried_out(kind: str) -> None:
    run = posted(triaged(walked(built(), "j1"), finding("j1", kind)))
    run = fold(run, said("/otto pause"), said(f"/otto approve r{run.journeys[-1].revision}", seconds=60))

    assert (run.hold, state(run)) == (None, "approved")
    assert [effect.key for effect in scheduled(run) if "apply-journeys" in effect.key]
    assert applied(run, 60).journeys[-1].state.value == "applied"


@pytest.mark.parametrize("words", ["/otto retry", "/otto retry j1 -- so", "/otto replan -- more", "/otto skip j1"])
def test_a_run_that_only_certifies_refuses_what_would_change_something(words: str) -> None:
    run = walked(fold(None, run_started(kind="certify", subject=product()), prepared()), "j1")
    asked = fold(run, said(words))

    assert ([one.key for one in asked.replies], asked.journeys) == (["only_certifies"], run.journeys)
    over = applied(posted(asked))
    assert (over.phase, over.outcome, over.plan_number) == (RunPhase.DONE, Outcome.FAILED, 0)
