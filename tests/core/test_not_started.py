"""What GitHub keeps from starting: what is named to people, and what follows from it."""

from __future__ import annotations

from typing import Any

import core_builders as b
import pytest

from otto_bot.core import asks, policy
from otto_bot.core.attempt import Attempt, Task
from otto_bot.core.decision import Action
from otto_bot.core.evidence import Cause, Failure
from otto_bot.core.gates import human_move
from otto_bot.core.lanes import Workflow
from otto_bot.core.pinning import NOT_STARTED, unpinned

CI, CALLED = ".github/workflows/ci.yml", ".github/workflows/called.yml"
SHA = "08c6903cd8c0fde910a37f88322edcfb5dd907a8"


def file(path: str, *uses: str, calls: str = "") -> Workflow:
    jobs: dict[str, Any] = {"a": {"steps": [{"uses": one} for one in uses] + [{"run": "make"}]}}
    return Workflow(path=path, data={"jobs": jobs | ({"b": {"uses": calls}} if calls else {})})


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ([file(CI, "actions/checkout@v5")], ("actions/checkout@v5",)),
        ([file(CI, f"actions/checkout@{SHA}", f"a/b/c@{SHA[:7]}", "a/d@main")], (f"a/b/c@{SHA[:7]}", "a/d@main")),
        ([file(CI, "./.github/actions/own", "docker://alpine:3")], ()),
        ([file(CI, "a/b@v1", "a/b@v1", calls="o/r/.github/workflows/x.yml@v2")],
         ("o/r/.github/workflows/x.yml@v2", "a/b@v1")),
        ([file(CI, calls=f"./{CALLED}"), file(CALLED, "a/b@v1", calls=f"./{CALLED}")], ("a/b@v1",)),
        ([file(CI), file(CALLED, "a/b@v1")], ()),
        ([Workflow(path=CI, problem="it is no mapping")], ()),
        ([Workflow(path=CI, data={"jobs": [1]})], ()),
    ],
)  # fmt: skip
def test_what_is_not_pinned_to_a_commit(files: list[Workflow], found: tuple[str, ...]) -> None:
    assert set(unpinned(files, [CI])) == set(found)


def not_started(*signals: str) -> Failure:
    return b.failure("t1", cause=Cause.PERMISSION, conclusion=NOT_STARTED, signals=signals)


def asked(failure: Failure) -> str:
    return asks.ask_for_help("t1", failure) or ""


def test_a_run_that_ended_before_any_job_is_asked_about_and_never_run_again() -> None:
    failure = not_started(f"{asks.UNPINNED}actions/checkout@v5")
    task = Task(key="t1", attempts=(Attempt(number=1, branch="x", base_sha="s", failure=failure),))
    move = policy.fixed_move(task, failure)
    assert move is not None
    assert move.action is Action.ASK
    assert "`actions/checkout@v5`" in move.question
    assert move.question.endswith("Then reply `/otto retry t1`.")
    assert policy.charged(task) == 0
    assert not asks.again_on_the_same_commit(failure)


def test_a_plain_retry_of_it_codes_nothing_and_is_no_rerun() -> None:
    move = human_move("t1", "", "anna", not_started())
    assert (move.action, "nothing is coded again" in move.reason) == (Action.RETRY, True)
    assert human_move("t1", "use a hash", "anna", not_started()).action is Action.RETRY_DIFFERENT
    assert "pinned" not in asked(not_started())


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        ((f"{asks.WAITS_FOR}staging", f"{asks.MAY}rita", f"{asks.MAY}Web team"), "(`rita`, `Web team`)"),
        ((f"{asks.WAITS_FOR}staging",), "Can one of its reviewers open"),
        ((f"{asks.WAITS_FOR}`@all` [x](http://e)",), "A job waits for an environment's approval."),
        ((), "A job waits for an environment's approval."),
    ],
)
def test_the_reviewers_of_an_environment_are_named_as_far_as_that_is_safe(signals: tuple[str, ...], words: str) -> None:
    failure = b.failure("t1", cause=Cause.ACTION_REQUIRED, fingerprint="blocked:environment", signals=signals)
    assert words in asked(failure)
    assert "@all" not in asked(failure)


def test_a_rejected_deployment_is_no_run_that_waits() -> None:
    words = "The deployment was rejected or didn't satisfy other protection rules."
    assert "rejected" in asked(b.failure("t1", cause=Cause.ACTION_REQUIRED, detail=words))
