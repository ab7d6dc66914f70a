"""What people read where commits wait for their turn, where a run was cancelled, and where no workflow starts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from otto_bot.core.attempt import BASELINE, TaskState
from otto_bot.core.cancelled import CancelledBy
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.run import Run
from otto_bot.core.serial import held_back
from otto_bot.text.check import attempt_check
from otto_bot.text.decision import decision_comment
from otto_bot.text.links import Links
from otto_bot.text.pull import pull_body
from otto_bot.text.status import status_comment
from otto_bot.text.tasks_table import task_table
from otto_bot.text.trouble import Trouble, of_failure

Moment = Callable[[str], Run]


@pytest.fixture
def waiting(moment: Moment) -> Run:
    """Two tasks are written, and the base is still being verified."""
    run = moment("working").model_copy(update={"serial": "ci"})
    for task in run.tasks.values():
        if task.last is not None:
            last = task.last.model_copy(update={"sha": "a" * 40, "pushed": False})
            coding = {"state": TaskState.CODING, "attempts": (*task.attempts[:-1], last)}
            run = run.with_task(task.model_copy(update=coding))
    base = run.verifications[BASELINE].model_copy(update={"ending": None, "waiting": "waits for CI"})
    return run.with_verification(base)


def test_a_commit_that_waits_for_its_turn_is_named_in_the_status(waiting: Run, links: Links) -> None:
    key, *_ = held_back(waiting)
    said = status_comment(waiting, links, waiting.started_at)
    (line,) = [one for one in said.split("\n") if "Waits for Actions" in one]
    assert "baseline: waits for CI" in line
    assert f"{key}: its turn, as commits are verified one at a time" in line
    assert "#static-concurrency)" in line


def test_nothing_waits_for_its_turn_where_nothing_is_shared(waiting: Run, links: Links) -> None:
    run = waiting.model_copy(update={"serial": ""})
    assert held_back(run) == ()
    assert "its turn" not in status_comment(run, links, run.started_at)


@pytest.mark.parametrize(
    ("by", "trouble"), [("group", Trouble.STATIC_CONCURRENCY), ("person", None), ("unknown", None)]
)
def test_a_cancelled_run_leads_to_the_entry_about_groups(by: str, trouble: Trouble | None) -> None:
    found = CancelledBy.model_validate({"by": by, "who": "x"})
    why = Failure(task="t1", attempt=1, phase=Phase.VERIFY, cause=Cause.CANCELLED, conclusion=found.conclusion)
    assert of_failure(why) is trouble


def test_what_was_judged_alone_is_called_so_and_never_green(moment: Moment, links: Links) -> None:
    run = moment("finished")
    head = run.verifications["t3/a2"]
    run = run.with_verification(head.model_copy(update={"ending": "unwatched"}))
    check = attempt_check(run, "t3", 2, links)
    assert (check.status, check.conclusion) == ("completed", "neutral")
    assert check.title == "Judged alone: no workflow starts for these files"
    assert (
        "Actions: no workflow starts for these files, as path filters leave out all of them; judged alone"
        in check.summary
    )
    for text in (task_table(run, links), pull_body(run, links, None)):
        assert text.count("judged alone: path filters leave out all of its files, so no workflow ran.") == 1
        assert "#path-filter)" in text


def test_a_decision_says_that_commits_go_one_at_a_time_from_now_on(moment: Moment, links: Links) -> None:
    run = moment("rerun")
    gate = run.gates[-1]
    assert "one commit is verified at a time" not in decision_comment(run, gate, links, run.started_at)
    found = CancelledBy(by="group", who="ci").conclusion
    told = tuple(one.model_copy(update={"cause": Cause.CANCELLED, "conclusion": found}) for one in gate.failures[:1])
    gate = gate.model_copy(update={"failures": (*told, *gate.failures[1:])})
    said = decision_comment(run, gate, links, run.started_at)
    assert said.count("From now on one commit is verified at a time.") == 1
    assert "#static-concurrency)" in said
