"""Who looks on while a simulated run lives: rules that no single state shows, and what must be true at its rest."""

from __future__ import annotations

from otto_bot.core import base, journey_rounds
from otto_bot.core import events as e
from otto_bot.core.decision import REOPENING, Action
from otto_bot.core.edits import edited
from otto_bot.core.events import RunEvent
from otto_bot.core.gate_account import EndKind, moves_of
from otto_bot.core.run import Gate, GateState, Run, RunPhase
from otto_bot.core.surfaces import surfaces
from otto_bot.core.waits import Wait, waits_for

REFUSALS = frozenset({
    "stale_revision", "not_posted", "nothing_to_approve", "cannot_retry", "no_money", "still_deciding", "cannot_skip",
    "use_approve", "nothing_failed", "not_resting", "host_cap", "ended", "already_resting",
})  # fmt: skip
OUTSIDE = (
    e.CommandGiven, e.IssueChanged, e.PullRequestClosed, e.RunBranchMoved, e.BaseMoved, e.BaseTaken, e.BaseConflict,
    e.BaseRefused, e.ReviewGiven, e.ReviewPosted, e.IssueEdited,
)  # fmt: skip
"""What people do, and what the default branch does: these may end a wait that somebody was called for."""


class Watch:
    """Sees every step of one run: state before, event, state after."""

    def __init__(self) -> None:
        self.told: dict[int, int] = {}
        self.called: Wait | None = None

    def saw(self, before: Run, event: RunEvent, after: Run) -> None:
        if isinstance(event, e.DecisionPosted) and after is not before:
            self.told[event.gate] = event.revision
        self._attempts(before, after)
        self._reruns(before, event, after)
        self._kept(before, event, after)
        self._calls(before, event, after)
        self._input(before, event, after)

    def _stands(self, gate: Gate) -> bool:
        """Whether the comment that people saw is of the very revision that counts."""
        return gate.state is GateState.APPLIED and self.told.get(gate.number) == gate.revision

    def _attempts(self, before: Run, after: Run) -> None:
        for key, task in after.tasks.items():
            old = before.tasks.get(key)
            new = task.attempts[len(old.attempts) if old is not None else 0 :]
            for attempt in [one for one in new if one.number > 1]:
                gate = next(one for one in after.gates if one.number == attempt.gate)
                assert self._stands(gate), f"1: {key} a{attempt.number}: g{gate.number} r{gate.revision} {self.told}"
                move = gate.decision.move(key) if gate.decision is not None else None
                assert move is not None
                assert move.action in REOPENING, move

    def _reruns(self, before: Run, event: RunEvent, after: Run) -> None:
        for target, verification in after.verifications.items():
            old = before.verifications.get(target)
            if old is None or old.sha != verification.sha or verification.round <= old.round:
                continue
            assert isinstance(event, e.DecisionApplied), event
            gate = next(one for one in after.gates if one.number == event.gate)
            move = gate.decision.move(target.split("/")[0]) if gate.decision is not None else None
            assert self._stands(gate), f"1: {target} runs again: g{gate.number} r{gate.revision} {self.told}"
            assert move is not None
            assert move.action is Action.RERUN, move

    def _input(self, before: Run, event: RunEvent, after: Run) -> None:
        """What the run works on changes by a new plan alone; no rule says yes to a plan of an edited issue."""
        if (before.title, before.body) != (after.title, after.body):
            assert isinstance(event, e.CommandGiven), event
            assert event.given.command.verb == "replan"
            assert after.phase in (RunPhase.PLANNING, RunPhase.JOURNEYS)
        if after.phase is RunPhase.PLAN_REVIEW and after.plan_approved_by == "rule":
            assert edited(after) is None, "a rule said yes to a plan of an issue that was edited"
        if before.pull_request is None and after.pull_request is not None and edited(before) is not None:
            assert before.plan_approved_by not in ("", "rule"), "work began on an edited issue, and nobody said yes"

    def _kept(self, before: Run, event: RunEvent, after: Run) -> None:
        """Applied decisions and written failures stay as they were; only jobs that run again take one off its task."""
        for gate in before.gates:
            later = after.gates[gate.number - 1]
            assert later.failures[: len(gate.failures)] == gate.failures
            if gate.state is GateState.APPLIED:
                assert (later.decision, later.revision, later.failures) == (gate.decision, gate.revision, gate.failures)
                assert later.state is GateState.APPLIED
        for key, task in before.tasks.items():
            for old, new in zip(task.attempts, after.tasks[key].attempts if key in after.tasks else (), strict=False):
                if old.failure is not None and new.failure != old.failure:
                    assert new.failure is None
                    assert isinstance(event, e.DecisionApplied)

    def _calls(self, before: Run, event: RunEvent, after: Run) -> None:
        """Who was called is waited for until somebody acts: else they were called for nothing."""
        wait, now = waits_for(before), waits_for(after)
        if isinstance(event, e.PersonCalled) and wait is not None and event.wait == wait.key:
            self.called = wait
        gone = wait is not None and self.called is not None and wait.key == self.called.key
        if gone and wait is not None and (now is None or now.key != wait.key):
            self.called = None
            # What was still under way may end in a hold of its own: a second question, and the first comes after it.
            broken = after.outcome is not before.outcome or after.hold is not None
            by_people = isinstance(event, OUTSIDE) or base.waiting(before) or broken
            assert by_people, f"called for nothing: {wait} ended by {event.type}, now {now}"

    def answered(self, wait: Wait, before: Run, after: Run) -> None:
        """The exact reply that people were told leads on."""
        keys = {reply.key for reply in after.replies[len(before.replies) :]}
        now = waits_for(after)
        assert not keys & REFUSALS, f"{wait.reply!r} to {wait} is refused: {keys}"
        assert now is None or now.key != wait.key, f"{wait.reply!r} to {wait} changes nothing"

    def at_rest(self, run: Run) -> None:
        """Nothing is due and nobody acts: everything that has happened is told."""
        late = {name for name, digest in surfaces(run).items() if run.shown.get(name) != digest}
        late -= {key.split("/", 3)[3].rpartition("/")[0] for key in run.trouble if "/show/" in key}
        assert not late, f"shown as it was: {late}"
        answered = run.replied == len(run.replies) or any("/reply/" in key for key in run.trouble)
        assert answered, "someone waits for an answer"
        gate = run.gate
        if gate is not None and not run.ended:
            assert waits_for(run) is not None or run.hold is not None, "a decision that nobody will apply"
        self._outer_at_rest(run)
        if run.phase is RunPhase.DONE and run.outcome is not None and run.gate is None:
            for one in run.gates:
                assert one.decision is not None
                for key in moves_of(one.decision):
                    end = one.account.ends.get(key)
                    assert key in one.outcomes, f"no outcome of {key} at gate {one.number}: {one.decision.move(key)}"
                    assert end is None or not run.ended or end.kind is not EndKind.WAITING, (
                        f"{key} still waits in a run that is over"
                    )

    def _outer_at_rest(self, run: Run) -> None:
        """No round of journeys and no review is left where nobody will take it further."""
        if run.ended or run.hold is not None or run.trouble:
            return
        one = journey_rounds.current(run)
        assert one is None or run.phase is not RunPhase.JOURNEYS or waits_for(run) is not None, one
        if run.phase is RunPhase.DONE:
            assert not [review.id for review in run.reviews if review.state in ("given", "posted")], (
                "a review lies there"
            )
