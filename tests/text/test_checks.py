"""Checks keep GitHub's limits and say the same as the comments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion

from otto_bot.core.run import Run
from otto_bot.text.body import size
from otto_bot.text.check import CheckText, attempt_check, run_check
from otto_bot.text.links import Links

Moment = Callable[[str], Run]
WORKING = ["working", "gate", "asking", "reopened", "finished", "stopped", "rerun", "by_hand"]


def every_check(run: Run, links: Links) -> list[CheckText]:
    """The run's check and one for each attempt."""
    attempts = [(key, attempt.number) for key, task in run.tasks.items() for attempt in task.attempts]
    return [run_check(run, links), *(attempt_check(run, key, number, links) for key, number in attempts)]


@pytest.mark.parametrize("name", WORKING)
def test_checks_keep_the_limits(name: str, moment: Moment, links: Links) -> None:
    for check in every_check(moment(name), links):
        assert (check.conclusion is None) == (check.status != "completed")
        assert size(check.summary) < 60_000
        assert size(check.text) < 60_000
        assert len(check.actions) <= 3
        assert len(check.annotations) <= 50
        for button in check.actions:
            assert len(button.identifier) <= 20
            assert len(button.label) <= 20
            assert len(button.description) <= 40
        for note in check.annotations:
            assert note.line >= 1
            assert not note.path.startswith("/")


@pytest.mark.parametrize(
    ("name", "conclusion"), [("working", "neutral"), ("asking", "neutral"), ("finished", "success")]
)
def test_the_run_check_is_neutral_while_work_is_open(name: str, conclusion: str, moment: Moment, links: Links) -> None:
    check = run_check(moment(name), links)
    assert check.name == "Otto"
    assert check.conclusion == conclusion


def test_a_failed_attempt(moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    check = attempt_check(moment("gate"), "t2", 1, links)
    assert check.name == "Otto / t2 attempt 1"
    assert (check.status, check.conclusion) == ("completed", "failure")
    assert [button.identifier for button in check.actions] == ["retry:t2", "skip:t2", "explain:t2"]
    assert [(note.path, note.line, note.level) for note in check.annotations] == [
        ("tests/test_cache.py", 12, "failure"),
        ("src/t2.py", 1, "warning"),
    ]
    assert f"# {check.title}\n\n{check.summary}\n\n---\n\n{check.text}" == shown


def test_a_reopened_attempt_says_what_it_was_told(moment: Moment, links: Links, shown: SnapshotAssertion) -> None:
    check = attempt_check(moment("finished"), "t3", 2, links)
    assert check.conclusion == "success"
    assert "add flask to [project.dependencies]" in check.text
    assert f"# {check.title}\n\n{check.summary}\n\n---\n\n{check.text}" == shown


def test_an_attempt_at_work_is_open(moment: Moment, links: Links) -> None:
    check = attempt_check(moment("working"), "t1", 1, links)
    assert (check.status, check.conclusion, check.actions) == ("in_progress", None, ())


def test_required_checks_that_are_left_to_people_are_named(moment: Moment, links: Links) -> None:
    run = moment("finished")
    head = run.verifications["t3/a2"]
    names = ("license/cla", "@octo/team", "fixes #7", *(f"check-{number}" for number in range(9)))
    check = attempt_check(run.with_verification(head.model_copy(update={"left": names})), "t3", 2, links)
    (line,) = [one for one in check.summary.split("\n") if one.startswith("Left to people")]
    assert line == (
        "Left to people, as main requires it: license/cla, `@octo/team`, fixes `#7`, check-0, check-1, check-2, "
        "check-3, check-4, check-5, check-6 and 2 more. GitHub holds the merge until it is green."
    )


def test_an_old_failure_stays_a_failure_without_buttons(moment: Moment, links: Links) -> None:
    check = attempt_check(moment("finished"), "t3", 1, links)
    assert (check.conclusion, check.actions) == ("failure", ())


def test_an_attempt_that_does_not_exist(moment: Moment, links: Links) -> None:
    with pytest.raises(KeyError, match="no attempt 9"):
        attempt_check(moment("working"), "t1", 9, links)


def test_paths_outside_the_repository_are_no_annotations(hostile: Callable[[str], Run], links: Links) -> None:
    run = hostile("x")
    task = run.tasks["t2"]
    assert task.failure is not None
    paths = ("/etc/passwd", "../up.py", "a\nb", "x" * 300, "ok.py")
    found = task.failure.model_copy(update={"suspected_files": paths, "failing_tests": ()})
    last = task.attempts[-1].model_copy(update={"failure": found})
    run = run.with_task(task.model_copy(update={"attempts": (last,)}))
    assert [note.path for note in attempt_check(run, "t2", 1, links).annotations] == ["ok.py"]
