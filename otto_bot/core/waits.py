"""Whom a run waits for, why, and the exact words that make it go on."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core import funds, journey_steering
from otto_bot.core.asks import NO_MORE, reply_for
from otto_bot.core.attempt import TaskState
from otto_bot.core.changed import remembered
from otto_bot.core.edits import stale
from otto_bot.core.journeys import Next, RoundState
from otto_bot.core.policy import MIN_USD, plan_wait
from otto_bot.core.run import GateState, Hold, Outcome, Run, RunPhase
from otto_bot.core.values import Frozen


class Wait(Frozen):
    """One wait for a person. The key is one occurrence: each is called out once."""

    key: str
    kind: str
    question: str
    reply: str
    since: datetime | None = None


def waits_for(run: Run) -> Wait | None:
    """What the run waits for a person to say; None = it works, sleeps until a time, or is over."""
    return remembered(run, "waits_for", (run.money,), _waits_for) if waiting(run) else None


def _waits_for(run: Run) -> Wait | None:
    if run.ended or run.outcome is Outcome.CANCELLED:
        return None
    if run.hold is not None:
        if run.hold.kind == "paused":
            return _closed(run.hold)
        return Wait(
            key=f"hold/{run.hold.number}",
            kind="hold",
            question=run.hold.reason,
            reply=run.hold.reply,
            since=run.hold.since,
        )
    wait = _plan(run) or _gate(run) or _journeys(run) or _tasks(run)
    return wait if wait is None else _capped(run, _affordable(run, wait))


def _closed(hold: Hold) -> Wait | None:
    """Whoever closed a pull request may not know what follows. Who said `/otto pause` does; nobody is reminded."""
    if not hold.closed:
        return None
    return Wait(key=f"hold/{hold.number}", kind="closed", question=hold.reason, reply=hold.reply)


def waiting(run: Run) -> bool:
    """Whether it waits for anyone: `waits_for` without the words, which change with the money."""
    if run.ended or run.outcome is Outcome.CANCELLED:
        return False
    if run.hold is not None:
        return run.hold.kind != "paused" or run.hold.closed
    return _plan_waits(run) or _gate_waits(run) or _journeys_wait(run) or _tasks_wait(run)


def _capped(run: Run, wait: Wait) -> Wait:
    """Nobody is asked how much more may be spent where the host allows no more."""
    if wait.question != funds.QUESTION or funds.reply_for(run) is not None:
        return wait
    return wait.model_copy(update={"question": NO_MORE})


def _affordable(run: Run, wait: Wait) -> Wait:
    """The money first, where what would be said next could not be paid: it would only lead back to here."""
    if not wait.reply.startswith("/otto retry") or run.money.left >= max(MIN_USD, run.money.needed):
        return wait
    words = funds.reply_for(run)
    if words is not None:
        return wait.model_copy(update={"key": f"{wait.key}/money", "question": funds.QUESTION, "reply": words})
    task = wait.reply.split()[2:3]
    reply = f"/otto skip {task[0]}" if task else "/otto stop"
    if wait.kind == "journeys":  # what is built can be taken as it is
        reply = f"/otto approve {wait.key.rpartition('/')[2]}"
    return wait.model_copy(update={"question": funds.QUESTION, "reply": reply})


def _plan_waits(run: Run) -> bool:
    if run.phase is not RunPhase.PLAN_REVIEW or run.plan_approved_by or run.plan_posted < run.plan_revision:
        return False
    return plan_wait(run) is not None


def _plan(run: Run) -> Wait | None:
    wait = plan_wait(run) if _plan_waits(run) else None
    if wait is None:
        return None
    reply = f"/otto approve r{run.plan_revision}"
    question = "Is the plan right? It waits because " + "; ".join(wait.reasons) + "."
    if stale(run) is not None:
        question += " `/otto replan` reads the issue as it is now."
    return Wait(key=f"plan/r{run.plan_revision}", kind="plan", question=question, reply=reply, since=run.idle_since)


def _gate_waits(run: Run) -> bool:
    gate = run.gate
    return gate is not None and gate.state is GateState.POSTED and gate.deadline is None and gate.decision is not None


def _gate(run: Run) -> Wait | None:
    gate = run.gate
    if gate is None or gate.decision is None or not _gate_waits(run):
        return None
    asked = [move for move in gate.decision.moves if move.question]
    question = asked[0].question if asked else f"Is retry plan r{gate.revision} right?"
    reply = _answer(run, asked[0].task) if asked else f"/otto approve r{gate.revision}"
    return Wait(
        key=f"gate/g{gate.number}/r{gate.revision}", kind="gate", question=question, reply=reply, since=run.idle_since
    )


def gate_call(run: Run, number: int) -> Wait | None:
    """The wait that the comment of this gate asks about, if the run waits for nothing else: one comment is enough."""
    wait = waits_for(run)
    return wait if wait is not None and wait.kind == "gate" and run.gates[-1].number == number else None


def _journeys_wait(run: Run) -> bool:
    one = journey_steering.at_journeys(run)
    return one is not None and one.state is RoundState.POSTED and one.deadline is None


def _journeys(run: Run) -> Wait | None:
    one = journey_steering.at_journeys(run)
    if one is None or not _journeys_wait(run):
        return None
    reply = "/otto retry -- your answer" if one.next is Next.ASK else f"/otto approve r{one.revision}"
    return Wait(
        key=f"journeys/n{one.number}/r{one.revision}",
        kind="journeys",
        question=journey_steering.question_of(one),
        reply=reply,
        since=run.idle_since,
    )


def _answer(run: Run, key: str) -> str:
    """What to say so that a task goes on."""
    if funds.waits_for_money(run, key):
        return funds.reply_for(run) or f"/otto skip {key}"
    return reply_for(key, run.tasks[key].failure)


def _tasks_wait(run: Run) -> bool:
    """With a gate open, somebody has spoken: what they said is on its way."""
    return run.outcome is Outcome.NEEDS_HUMAN and run.gate is None


def _tasks(run: Run) -> Wait | None:
    if not _tasks_wait(run):
        return None
    open_tasks = [t for t in run.tasks.values() if t.state in (TaskState.ASKED, TaskState.HELD)]
    question = open_tasks[0].question if open_tasks else "No task could be finished. What should happen?"
    reply = _answer(run, open_tasks[0].key) if open_tasks else "/otto retry"
    return Wait(key=f"rest/{run.rests}", kind="tasks", question=question, reply=reply, since=run.idle_since)
