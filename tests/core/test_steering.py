"""Commands: each verb in each stage of a run is obeyed or answered with exactly one reply."""

import pytest
from core_builders import (
    applied,
    at,
    config,
    executing,
    fold,
    gate,
    plan,
    planned,
    posted,
    prepared,
    run_started,
    said,
    spec,
    started,
    states,
    to_failed,
)  # fmt: skip

from otto_bot.core import events as e
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.core.surfaces import surfaces

PLAN = plan("t1", "t2", spec("t3", "t1"))


def stage(name: str) -> Run:
    """A run in one of its stages."""
    always = config(plan={"approval": "always"})
    both_failed = fold(executing(PLAN), *to_failed("t1"), *to_failed("t2"))
    made = {
        "planning": lambda: fold(None, run_started(), prepared()),
        "waiting plan": lambda: fold(
            planned(PLAN, always), e.PlanPosted(at=run_started().at, revision=1, comment_id=1)
        ),
        "working": lambda: fold(executing(PLAN), started("t1"), *to_failed("t2")),
        "gate": lambda: fold(both_failed, e.GateOpened(at=run_started().at, gate=1)),
        "review": lambda: posted(gate(both_failed, {"t1": "ask", "t2": "retry"}, [["t2"]])),
        "asked": lambda: applied(fold(posted(gate(both_failed, {"t1": "ask", "t2": "ask"})), said("/otto approve"))),
        "paused": lambda: fold(executing(PLAN), said("/otto pause")),
        "refused": lambda: fold(None, run_started(), e.Refused(at=run_started().at, reason="no")),
        "stopped": lambda: fold(executing(PLAN), said("/otto stop")),
    }
    return made[name]()


OBEYED = ""
TABLE = {
    "planning": {"approve": "nothing_to_approve", "retry": "not_resting", "skip t1": "cannot_skip"},
    "waiting plan": {"approve r1": OBEYED, "approve r9": "stale_revision", "skip t2": OBEYED, "replan": OBEYED},
    "working": {"retry t2": OBEYED, "retry t1": "cannot_retry", "skip t1": "cannot_skip", "replan": "replan_too_late",
                "approve": "nothing_to_approve", "pause": OBEYED, "resume": "not_resting"},
    "gate": {"retry t1": "still_deciding", "skip t1": "still_deciding", "approve": "nothing_to_approve"},
    "review": {"approve r2": OBEYED, "approve": OBEYED, "retry t1": OBEYED, "skip t2": OBEYED, "skip t3": OBEYED,
               "resume": "use_approve", "retry t9": "cannot_retry"},
    "asked": {"retry": OBEYED, "resume": OBEYED, "retry t1": OBEYED, "skip t1": OBEYED, "pause": "already_resting"},
    "paused": {"resume": OBEYED, "pause": "already_resting", "retry": OBEYED, "stop": OBEYED},
    "refused": {"resume": OBEYED, "retry": OBEYED, "replan": OBEYED},
    "stopped": {"resume": "ended", "retry": "ended", "approve": "ended", "status": "status", "help": "help"},
}  # fmt: skip
EVERYWHERE = {"status": "status", "help": "help", "explain t1": "explain"}
CASES = [(name, line, want) for name, rows in TABLE.items() for line, want in {**rows, **EVERYWHERE}.items()]


@pytest.mark.parametrize(("name", "line", "want"), CASES)
def test_a_command_is_obeyed_or_answered(name: str, line: str, want: str) -> None:
    before = stage(name)
    after = fold(before, said(f"/otto {line}", key="now"))
    answers = [one.key for one in after.replies[len(before.replies) :]]

    assert answers == ([want] if want else [])
    if want:
        told = {"replies": before.replies, "seen": before.seen, "answered_at": before.answered_at}
        assert after.model_copy(update=told) == before
    assert fold(after, said(f"/otto {line}", key="now")) == after


@pytest.mark.parametrize("name", TABLE)
def test_a_stop_ends_every_stage(name: str) -> None:
    run = fold(stage(name), said("/otto stop", key="end"))
    assert (run.outcome, run.phase) == (Outcome.CANCELLED, RunPhase.DONE)


def test_a_changed_plan_gets_a_new_number() -> None:
    run = fold(stage("waiting plan"), said("/otto skip t2"))
    assert (run.plan_revision, states(run)["t2"]) == (2, "skipped")
    assert EffectKind.POST_PLAN in {one.kind for one in scheduled(run)}
    assert fold(run, said("/otto approve r1")).replies[-1].key == "stale_revision"


def test_an_approval_lets_what_failed_be_tried_again() -> None:
    run = fold(planned(PLAN), e.PlanPosted(at=run_started().at, revision=1, comment_id=1))
    broken = e.EffectFailed(at=run.started_at, key=f"run/{run.id}/pull-request", kind="x", message="no")
    run = fold(run, broken)
    assert EffectKind.OPEN_PULL_REQUEST not in {one.kind for one in scheduled(run)}
    run = fold(run, said("/otto resume"))
    assert EffectKind.OPEN_PULL_REQUEST in {one.kind for one in scheduled(run)}


def test_waiting_for_people_does_not_use_up_the_minutes() -> None:
    run = stage("waiting plan")
    before = run.over_at
    run = fold(run, said("/otto approve", seconds=7200))
    assert (run.over_at - before).total_seconds() == 7200


def test_the_host_caps_what_a_command_may_add() -> None:
    run = fold(stage("working"), said("/otto budget +100"))
    assert (run.money.cap, run.replies[-1].key) == (10, "host_cap")
    run = fold(run, said("/otto budget +5"))
    assert (run.money.cap, run.replies[-1].key) == (15, "budget_raised")


def test_nothing_starts_after_people_merged_the_pull_request() -> None:
    run = fold(stage("review"), e.PullRequestClosed(at=run_started().at, merged=True, by="bob"))
    assert (run.outcome, run.ended) == (Outcome.DONE_PARTIAL, True)
    assert fold(run, said("/otto retry t1")).replies[-1].key == "ended"


@pytest.mark.parametrize(
    ("line", "written", "answer"),
    [
        ("/otto approve", 8, "not_posted"),
        ("/otto approve", 9, ""),
        ("/otto approve", 30, ""),
        ("/otto approve", None, ""),
        ("/otto approve r2", 8, ""),
    ],
)
def test_a_plain_yes_counts_only_for_what_could_be_read(line: str, written: float | None, answer: str) -> None:
    """A comment that was written before the plan stood, but arrived after it, meant something else."""

    def yes(words: str) -> e.CommandGiven:
        event = said(words)
        said_at = None if written is None else at(written)
        return event.model_copy(update={"given": event.given.model_copy(update={"said_at": said_at})})

    shown = e.PlanPosted(at=at(11), revision=1, comment_id=1, begun_at=at(9.7))
    run = fold(planned(PLAN, config(plan={"approval": "always"})), shown)
    run = fold(run, yes(line.replace("r2", "r1")))
    assert [reply.key for reply in run.replies] == ([answer] if answer else [])
    assert bool(run.plan_approved_by) == (not answer)

    run = gate(fold(executing(PLAN), *to_failed("t1"), *to_failed("t2")), {"t1": "ask", "t2": "retry"}, [["t2"]])
    shown_gate = e.DecisionPosted(at=at(11), gate=1, revision=2, comment_id=90, begun_at=at(9.7))
    run = fold(run, shown_gate, yes(line))
    assert [reply.key for reply in run.replies] == ([answer] if answer else [])
    assert bool(run.gates[-1].approved_by) == (not answer)


def test_a_label_put_on_again_is_kept_for_the_status_comment() -> None:
    run = executing(PLAN)
    again = fold(run, e.IssueRelabelled(at=at(1), by="anna"))
    assert again.relabelled_by == "anna"
    assert surfaces(again)["status"] != surfaces(run)["status"]
    over = fold(run, said("/otto stop"))
    assert fold(over, e.IssueRelabelled(at=at(1), by="anna")) == over
