"""Whose failure it is can only be said once the base commit has its own verdict."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from otto_bot.core.actions import Seen
from otto_bot.core.attempt import BASELINE, Ending, Verification
from otto_bot.core.budget import Money
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.pauses import HEARING
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.jobs.verify_head import EVENT_OF, _after_the_base, newest_of

T0 = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(ending: Ending | None) -> Run:
    base = Verification(target=BASELINE, branch="b", sha="s", tree="t", started_at=T0, next_at=T0, ending=ending)
    return Run(
        id=1, repo=Repo(id=1, installation_id=2, owner="o", name="r", default_branch="main"), issue=1, ordinal=1,
        title="T", body="", actor=Person(id=1, login="dev"), started_at=T0, money=Money(cap=1),
        verifications={BASELINE: base},
    )  # fmt: skip


@pytest.mark.parametrize("ending", ["red", "timed_out", "cancelled"])
def test_a_head_that_failed_waits_for_the_base(ending: Ending) -> None:
    seen = _after_the_base(run(None), "t1/a1", Seen(ending=ending))
    assert (seen.ending, seen.seconds) == (None, HEARING)
    assert "base commit" in seen.waiting


@pytest.mark.parametrize(
    ("base", "target", "seen"),
    [
        ("red", "t1/a1", Seen(ending="red")),
        ("cancelled", "t1/a1", Seen(ending="cancelled")),
        ("cancelled", "t1/a1", Seen(ending="no_ci")),
        ("cancelled", "t1/a1", Seen(ending="green")),
        ("cancelled", BASELINE, Seen(ending="red")),
        (None, "t1/a1", Seen(ending="green")),
        (None, BASELINE, Seen(ending="red")),
        (None, "t1/a1", Seen(waiting="CI", seconds=3)),
    ],
)
def test_everything_else_goes_on(base: Ending | None, target: str, seen: Seen) -> None:
    assert _after_the_base(run(base), target, seen) == seen


def test_a_head_that_failed_waits_for_a_base_that_was_kept_from_its_say() -> None:
    assert _after_the_base(run("cancelled"), "t1/a1", Seen(ending="red")).ending is None
    over = run("cancelled")
    again = over.with_verification(over.verifications[BASELINE].model_copy(update={"round": 2}))
    assert _after_the_base(again, "t1/a1", Seen(ending="red")).ending == "red"


def test_a_run_without_a_base_waits_for_nothing() -> None:
    bare = run(None).model_copy(update={"verifications": {}})
    assert _after_the_base(bare, "t1/a1", Seen(ending="red")).ending == "red"


@pytest.mark.parametrize("kind", list(EVENT_OF))
def test_what_was_said_of_the_same_commit_on_another_branch_is_no_answer(kind: LaneKind) -> None:
    """The first candidate was red; the next one is the same commit, and its run does not show yet."""
    lane = Lane(kind=kind, why="w", workflows=("ci.yml",))
    first, second, again = (
        WorkflowRun(id=number, path="ci.yml@refs/heads/x", event=EVENT_OF[kind], head_sha="s", head_branch=branch)
        for number, branch in ((1, "batch-1-1"), (2, "batch-1-2"), (3, "batch-1-1"))
    )
    assert newest_of([first], lane, "batch-1-2") == []
    assert newest_of([again, second, first], lane, "batch-1-2") == [second]
    assert newest_of([again, second, first], lane, "batch-1-1") == [again]
