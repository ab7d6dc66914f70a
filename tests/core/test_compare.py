"""What differs between two decisions, and what of it changes anything."""

import pytest
from core_builders import decision

from otto_bot.core.compare import Difference, differences
from otto_bot.core.decision import Analysis, Decider, Decision, Routed, SkipTask
from otto_bot.core.evidence import FailureClass

READ = Analysis(task="t1", class_=FailureClass.CODE, summary="it is wrong")
BASE = decision({"t1": "retry", "t2": "ask"}, [["t1"], ["t3"]], analysis=(READ,))


def changed(**changes: object) -> Decision:
    return BASE.model_copy(update=changes)


def guided(words: str) -> Decision:
    moves = (BASE.moves[0].model_copy(update={"guidance": words}), BASE.moves[1])
    return changed(moves=moves)


def test_the_same_decision_differs_in_nothing_whatever_its_why() -> None:
    assert differences(BASE, changed(why="another word")) == ()


@pytest.mark.parametrize(
    ("other", "kind", "task", "before", "after"),
    [
        (decision({"t1": "skip", "t2": "ask"}, [["t1"], ["t3"]], analysis=(READ,)), "move", "t1", "retry", "skip"),
        (decision({"t2": "ask"}, [["t1"], ["t3"]], analysis=(READ,)), "move", "t1", "retry", ""),
        (changed(skips=(SkipTask(task="t3", reason="x"),)), "skip", "t3", "", "skip"),
        (changed(analysis=(READ.model_copy(update={"class_": FailureClass.SPEC}),)), "class", "t1", "code", "spec"),
        (changed(analysis=(READ.model_copy(update={"hypothesis": True}),)), "class", "t1", "code", "code (hypothesis)"),
        (changed(routed=(Routed(target_task="t3", context="c"),)), "routed", "t3", "", "1"),
        (changed(batches=(("t1", "t3"),)), "batches", "", "t1 · t3", "t1, t3"),
        (changed(batches=()), "batches", "", "t1 · t3", "nothing runs"),
        (changed(decided_by=Decider.RULES), "decider", "", "pilot", "rules"),
    ],
)
def test_what_changes_what_happens(other: Decision, kind: str, task: str, before: str, after: str) -> None:
    found = [one for one in differences(BASE, other) if one.counts]
    assert found == [Difference.model_validate({"kind": kind, "task": task, "before": before, "after": after})]
    back = [one for one in differences(other, BASE) if one.counts]
    assert [(one.before, one.after) for one in back] == [(after, before)]


def test_other_words_for_the_same_are_told_and_do_not_count() -> None:
    [one] = differences(guided("use dicts"), guided("use a dict"))
    assert (one.kind, one.task, one.counts) == ("words", "t1", False)
    assert "use dicts" in one.before
