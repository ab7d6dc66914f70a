"""Live progress gives way and is coalesced by how busy it is; what people wait for is neither."""

from __future__ import annotations

from datetime import timedelta

import pytest
from core_builders import (
    T0,
    applied,
    at,
    coded,
    executing,
    fold,
    gate,
    merge_all,
    plan,
    posted,
    pushed,
    run_started,
    said,
    started,
    to_failed,
    to_verified,
    to_verifying,
)

from otto_bot.core import events as e
from otto_bot.core.effects import Effect, EffectKind, scheduled
from otto_bot.core.parking import Parked
from otto_bot.core.run import Outcome, Run
from otto_bot.core.showing import EDIT_PAUSE, LONGEST_EDIT_PAUSE, behind, edit_at, edit_pause, gives_way
from otto_bot.core.surfaces import STATUS, surfaces
from otto_bot.text.links import Links
from otto_bot.text.status import status_comment

PLAN = plan("t1", "t2")
LINKS = Links("https://github.com", "octo", "app")


def status(run: Run) -> str:
    return status_comment(run, LINKS, at(5000))


def written(run: Run, seconds: float = 10) -> Run:
    """Every surface shows what it should at this moment."""
    for name, digest in surfaces(run).items():
        run = fold(run, e.Published(at=at(seconds), surface=name, digest=digest))
    return run


def shows(run: Run) -> dict[str, Effect]:
    return {one.target: one for one in scheduled(run) if one.kind is EffectKind.SHOW}


AT_WORK = written(fold(executing(PLAN), *to_verifying("t1")))
AT_GATE = written(posted(gate(fold(executing(PLAN), *to_failed("t1"), *to_failed("t2")), {"t1": "ask", "t2": "retry"})))


@pytest.mark.parametrize(
    ("run", "surface", "gives"),
    [
        pytest.param(AT_WORK, "status", True, id="status"),
        pytest.param(AT_WORK, "pull", True, id="body"),
        pytest.param(AT_WORK, "check/run", True, id="check"),
        pytest.param(AT_WORK, "check/t9/a1", True, id="the first check of an attempt"),
        pytest.param(AT_WORK, "labels", False, id="labels"),
        pytest.param(AT_WORK, "gate/g1", False, id="gate"),
        pytest.param(AT_WORK, "journeys/n1", False, id="journeys"),
        pytest.param(fold(None, run_started()), "status", False, id="the first word"),
        pytest.param(fold(AT_WORK, said("/otto stop")), "status", False, id="the end"),
        pytest.param(fold(AT_WORK, said("/otto pause")), "check/run", False, id="a rest"),
        pytest.param(fold(AT_WORK, e.Refused(at=T0, reason="no")), "pull", False, id="a hold"),
        pytest.param(AT_GATE, "status", False, id="a question to a person"),
    ],
)
def test_what_gives_way(run: Run, surface: str, gives: bool) -> None:
    assert gives_way(run, surface) is gives


def busy(edits: int, hours: float) -> Run:
    return AT_WORK.model_copy(
        update={
            "shown_count": {"status": edits},
            "shown_at": {**AT_WORK.shown_at, "status": AT_WORK.started_at + timedelta(hours=hours)},
            "shown": {**AT_WORK.shown, "status": "old"},
        }
    )


@pytest.mark.parametrize(
    ("edits", "hours", "seconds"),
    [
        (0, 0, 2.5),
        (30, 0.1, 2.5),
        (31, 0.1, 5),
        (61, 1, 10),
        (121, 1, 20),
        (241, 1, 30),
        (9999, 1, 30),
        (61, 3, 2.5),
        (300, 5, 5),
        (9999, 2.0, 30),
    ],
)
def test_the_busier_a_surface_the_longer_between_two_edits(edits: int, hours: float, seconds: float) -> None:
    run = busy(edits, hours)
    pause = timedelta(seconds=seconds)
    assert edit_pause(run, "status") == pause
    assert shows(run)["status"].not_before == run.shown_at["status"] + pause


def test_a_surface_that_always_changes_is_written_at_most_255_times_in_its_first_hour() -> None:
    run, edits = busy(0, 0), 0
    while run.shown_at["status"] - run.started_at < timedelta(hours=1):
        edits += 1
        run = busy(edits, (run.shown_at["status"] + edit_pause(run, "status") - run.started_at) / timedelta(hours=1))
    assert 200 < edits <= 255


def test_the_end_waits_no_longer_however_busy_it_was() -> None:
    """The row of the same edit that was given back has to change, or it would keep its later time."""
    run = busy(9999, 1)
    before, after = shows(run)["status"], shows(fold(run, said("/otto stop", seconds=3601)))["status"]
    assert before.key == after.key and before != after
    assert after.not_before == run.shown_at["status"] + EDIT_PAUSE < before.not_before
    quiet = busy(1, 0)
    before, after = shows(quiet)["status"], shows(fold(quiet, said("/otto stop", seconds=1)))["status"]
    assert before.not_before == after.not_before and before.model_dump_json() != after.model_dump_json()
    assert EDIT_PAUSE < LONGEST_EDIT_PAUSE


def test_a_decision_is_never_late() -> None:
    failed = fold(executing(PLAN), *to_failed("t1"), *to_failed("t2"))
    run = applied(written(posted(gate(failed, {"t1": "retry", "t2": "retry"}))))
    assert shows(run)["gate/g1"].not_before is None and shows(run)["gate/g1"].number == 0


def at_a_decision() -> Run:
    """A gate has decided and its comment is not written yet; the status shows what was before."""
    run = gate(written(fold(executing(plan("t1")), *to_failed("t1"))), {"t1": "retry"}, [["t1"]])
    assert run.shown[STATUS] != surfaces(run)[STATUS]
    return run


def test_the_decision_is_written_before_progress() -> None:
    run = at_a_decision()
    assert EffectKind.POST_DECISION in {effect.kind for effect in scheduled(run)}
    assert shows(run)[STATUS].not_before == behind(run) > edit_at(run, STATUS)
    assert not [surface for surface in shows(run) if surface.startswith("gate/")]
    assert shows(posted(run))[STATUS].not_before == edit_at(posted(run), STATUS)


def test_a_step_that_takes_long_does_not_silence_the_run() -> None:
    run = fold(written(executing(PLAN), 10), started("t1"), coded("t1"))
    assert behind(run) == at(10) + LONGEST_EDIT_PAUSE
    assert behind(fold(None, run_started())) == T0 + LONGEST_EDIT_PAUSE


def test_whoever_merges_it_is_told_that_nothing_more_can_be_asked_of_it() -> None:
    partly = fold(executing(plan("t1", "t2")), *to_verified("t1"), *to_failed("t2"))
    run = applied(fold(posted(gate(merge_all(partly), {"t2": "skip"})), said("/otto approve r2")))
    assert run.outcome is Outcome.DONE_PARTIAL
    before = written(run, 4000)
    merged = fold(before, e.PullRequestClosed(at=at(4001), merged=True, by="maintainer"))
    assert "/otto retry" in status(before)
    assert "/otto retry" not in status(merged)
    assert STATUS in shows(merged)


def test_the_label_of_a_verification_pull_request_holds_up_nothing() -> None:
    run = fold(executing(PLAN), started("t1"), coded("t1"), pushed("t1", pull=7))
    assert gives_way(run, "label/7")
    marked = fold(run, e.Published(at=at(1), surface="label/7", digest=surfaces(run)["label/7"]))
    assert "label/7" in shows(run)
    assert "label/7" not in shows(fold(marked, e.Tidied(at=at(2), number=7)))


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        pytest.param([started("t1"), coded("t1")], EffectKind.PUSH, id="push"),
        pytest.param([*to_verified("t1"), *to_verified("t2")], EffectKind.CANDIDATE, id="candidate"),
    ],
)
def test_progress_waits_for_a_short_step_that_writes(events: list[e.RunEvent], kind: EffectKind) -> None:
    """At one write a second each edit before it would cost a second of the task's time."""
    run = fold(written(executing(PLAN)), *events)
    assert kind in {effect.kind for effect in scheduled(run)}
    late = [one.not_before for surface, one in shows(run).items() if gives_way(run, surface)]
    assert late
    assert set(late) == {behind(run)}
    [key] = [effect.key for effect in scheduled(run) if effect.kind is kind]
    failed = fold(run, e.EffectFailed(at=T0, key=key, kind="x", message="no", retry_at=T0 + timedelta(minutes=5)))
    assert shows(failed)[STATUS].not_before == edit_at(failed, STATUS), "a step that cannot write is not waited for"
    parked = fold(run, Parked(at=T0, why="github_limit", reason="GitHub limits it", until=T0 + timedelta(minutes=5)))
    assert shows(parked)[STATUS].not_before == edit_at(parked, STATUS), "and a run that is held back says so"


def test_progress_does_not_wait_for_a_decision_that_cannot_be_written_now() -> None:
    run = at_a_decision()
    [key] = [effect.key for effect in scheduled(run) if effect.kind is EffectKind.POST_DECISION]
    later = T0 + timedelta(minutes=5)
    run = fold(run, e.EffectFailed(at=T0, key=key, kind="github", message="GitHub is down", retry_at=later))
    assert STATUS in shows(run)


@pytest.mark.parametrize("surface", ["pull", "check/run", "status"])
def test_a_surface_is_written_again_after_a_write_that_failed(surface: str) -> None:
    """It may have been written all the same: a run that is back where it was is not shown as it was in between."""
    assert surface not in shows(AT_WORK)
    failed = e.EffectFailed(at=at(20), key=f"run/1/show/{surface}/1", kind="outside", message="502", retry_at=at(22))
    run = fold(AT_WORK, failed)
    assert surface in shows(run)
    assert set(shows(run)) - set(shows(AT_WORK)) <= {surface, "status"}, "the status tells of the failure"
    assert surface not in shows(written(run, 30))


def test_no_other_failure_makes_a_surface_uncertain() -> None:
    for key in ("run/1/reply/1", "run/1/show/pull", "run/1/show/gate/g9/1", "run/1/verify/t1/a1/n1/p0"):
        failed = e.EffectFailed(at=at(20), key=key, kind="outside", message="502", retry_at=at(22))
        assert fold(AT_WORK, failed).shown == AT_WORK.shown
