"""Rules about what comes too late: news of what is over changes nothing, and a base is tried once."""

from __future__ import annotations

from otto_bot.bench.simulate.rules import hold
from otto_bot.core import events as e
from otto_bot.core.attempt import BASELINE, TaskState
from otto_bot.core.decision import Decider
from otto_bot.core.events import RunEvent
from otto_bot.core.integration import candidate_target
from otto_bot.core.run import Run

OF_ATTEMPT = (
    e.AttemptCoded, e.AttemptPushed, e.AttemptFailed, e.AttemptStopped, e.AttemptRenewed, e.JudgeEnded, e.PushWaits,
)  # fmt: skip


def stale(before: Run, event: RunEvent, after: Run) -> None:
    """7, 6: what is said about something that is over changes no task, no head and no verification."""
    old = ""
    if isinstance(event, OF_ATTEMPT):
        task = before.tasks.get(event.task)
        if task is None or task.last is None or task.last.number != event.attempt:
            old = f"{event.task} a{event.attempt}"
    elif isinstance(event, e.VerificationEnded | e.VerificationPolled):
        seen = before.verifications.get(event.target)
        sha = getattr(event, "sha", None)
        if seen is None or seen.ending is not None or (sha is not None and sha != seen.sha):
            old = f"{event.target} at {sha}"
        elif isinstance(event, e.VerificationEnded) and event.target.startswith("b") and event.target != BASELINE:
            made = before.integration
            if made is None or event.target != candidate_target(made.batch, made.step):
                # It may be written down, and changes nothing that is still to come.
                same = before.tasks == after.tasks and before.integration == after.integration
                hold(6, same, f"the verdict on {event.target}, which was given up, counts")
    elif isinstance(event, e.JourneysTested | e.JourneysDispatched | e.JourneysPolled):
        one = before.journeys[-1] if before.journeys else None
        if one is None or (one.number, one.head) != (event.round, event.head):
            old = f"round {event.round} on {event.head[:7]}"
    if old:
        same = before.tasks == after.tasks and before.verifications == after.verifications
        hold(7, same and before.journeys == after.journeys, f"{event.type} of {old} is over and counts")


class Bases:
    """On which base each task was tried last: one that waits for a green base is not tried again on the same."""

    def __init__(self) -> None:
        self._tried: dict[tuple[int, str], str] = {}

    def saw(self, before: Run, event: RunEvent, after: Run) -> None:
        """10: raises Broken where rules alone try a task again on the base that it was held for."""
        if isinstance(event, e.AttemptStarted | e.AttemptRenewed):
            self._tried[before.id, event.task] = _base(before)
        if not isinstance(event, e.DecisionApplied) or after.tasks is before.tasks:
            return
        gate = next(one for one in after.gates if one.number == event.gate)
        for key, task in after.tasks.items():
            held = key in before.tasks and before.tasks[key].state is TaskState.HELD
            move = gate.decision.move(key) if gate.decision is not None else None
            if held and task.state is TaskState.REOPENED and move is not None and move.decided_by is Decider.RULES:
                same = self._tried.get((before.id, key)) == _base(before)
                hold(10, not same, f"{key} was held for base {_base(before)[:7]}, and is tried on it again")


def _base(run: Run) -> str:
    seen = run.verifications.get(BASELINE)
    return "" if seen is None else seen.sha
