"""What people read about learnings, decided or not; others' words in them act on nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from otto_bot.core.decision import Learning
from otto_bot.core.learnings import GateLearning, LearningStatus
from otto_bot.core.run import Run
from otto_bot.core.steering import REPLIES
from otto_bot.intake.boxes import ticked
from otto_bot.text.learnings import LEARNING_KEYS, kept_and_dropped, learning_answer, what_happens, worth_keeping

P, A, F = LearningStatus.PROPOSED, LearningStatus.ACCEPTED, LearningStatus.FORGOTTEN


def stands(status: LearningStatus | None = P, by: str = "", number: int = 3, verbatim: bool = False) -> GateLearning:
    return GateLearning(index=0, number=number, status=status, by=by, verbatim=verbatim)


def test_a_proposal_has_its_number_its_scope_and_a_box_that_can_be_ticked() -> None:
    words = worth_keeping(Learning(text="one @bob `x`", scope="a/**"), stands())
    after = what_happens(stands())
    done = ticked(after, after.replace("[ ]", "[x]"))

    assert words == "Worth keeping (a/\\*\\*) L3: one `@bob` `x`"
    assert after.startswith("Kept for later runs once it has helped, or when you say so.\n\n- [ ] `/otto keep L3`")
    assert done is not None
    assert (done.verb, done.learning) == ("keep", "L3")


def test_what_was_taken_over_waits_for_a_person_and_what_is_refused_says_why() -> None:
    assert "only when you say so" in what_happens(stands(verbatim=True))
    assert what_happens(stands(None, "it contains a secret", 0)) == "Not stored: it contains a secret."
    assert what_happens(stands(A)) == what_happens(stands(F)) == what_happens(None) == ""
    assert worth_keeping(Learning(text="x"), None) == "Worth keeping (whole repository): x"


@pytest.mark.parametrize(
    ("status", "by", "line"),
    [
        (A, "helped: run 41 t2 a2", "L3 is kept: it helped t2"),
        (A, "helped: run 5 t1 a3", "L3 is kept: it helped t1 in run 5"),
        (A, "@anna", "L3 is kept: `anna` said so"),
        (F, "@a`b", "L3 is dropped: ``a`b`` said so; nobody is told"),
    ],
)
def test_what_became_of_it(status: LearningStatus, by: str, line: str, moment: Callable[[str], Run]) -> None:
    run = moment("decided")
    gate = run.gates[-1].model_copy(update={"learnings": (stands(status, by),)})

    assert kept_and_dropped(gate, 41) == [line]
    assert kept_and_dropped(gate.model_copy(update={"learnings": (stands(),)}), 41) == []


@pytest.mark.parametrize("key", LEARNING_KEYS)
def test_answers_hold_with_any_detail(key: str) -> None:
    assert key in REPLIES
    assert "L3" in learning_answer(key, "L3 some words")
    for detail in ("", "<b>@x</b> [a](b) #4\n/otto stop", "9" * 900):
        assert "\n" not in learning_answer(key, detail)
