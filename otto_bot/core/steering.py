"""What a person's command does to a run: granted, or refused with a reason in one reply."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from otto_bot.core import accepting, additions, allowing, edits, funds, journey_steering, learning_uses, policy
from otto_bot.core.answers import bounded
from otto_bot.core.attempt import TaskState
from otto_bot.core.commands import Command, Given
from otto_bot.core.decision import Action, Decider, Move
from otto_bot.core.funds import RETRYABLE, reopen
from otto_bot.core.gates import revise
from otto_bot.core.journeys import RoundState
from otto_bot.core.run import GateState, Hold, Outcome, Reply, Run, RunPhase
from otto_bot.core.tasks import still_saving

ANY_TIME = frozenset({"status", "help", "explain", "keep", "forget", "improve"})
"""Commands that mean something also after the run."""


def reply(run: Run, given: Given, key: str, detail: str = "") -> Run:
    """Owe the person one answer."""
    number = run.replies[-1].number + 1 if run.replies else 1
    answer = Reply(number=number, where=given.where or run.issue, comment_id=given.comment_id, key=key, detail=detail)
    return run.model_copy(update={"replies": (*run.replies, answer)})


def steer(run: Run, given: Given, at: datetime) -> Run:
    """The run after a command. A command seen before changes nothing."""
    if given.key in run.seen:
        return run
    run = _heard(run).model_copy(update={"seen": run.seen | {given.key}})
    if run.ended and given.command.verb not in ANY_TIME:
        return bounded(run, reply(run, given, "ended", run.outcome.value if run.outcome else ""), at)
    verb = _VERBS.get(given.command.verb)
    return run if verb is None else bounded(run, verb(run, given, at), at)


def _heard(run: Run) -> Run:
    """Whoever speaks is answered: replies that could not be written are tried again, and all else once it is over.

    That holds for work, too, that a run which was stopped could not push.
    """
    kept = {key: trouble for key, trouble in run.trouble.items() if "/reply/" not in key and not run.ended}
    if kept == run.trouble:
        return run
    run = run.model_copy(update={"trouble": kept})
    over = run.outcome is Outcome.CANCELLED or run.landed
    return run.model_copy(update={"stopping": True}) if over and still_saving(run) else run


def awake(run: Run) -> Run:
    """The run goes on: nothing holds it, and what failed is tried again."""
    stopping = run.stopping and run.outcome is Outcome.CANCELLED
    return run.model_copy(update={"hold": None, "trouble": {}, "stopping": stopping})


def _approve(run: Run, given: Given, at: datetime) -> Run:
    wanted = given.command.revision
    gate = run.gate
    if (one := journey_steering.at_journeys(run)) is not None:
        return _answered(run, given, journey_steering.approve(run, given, one, at))
    if run.phase is RunPhase.PLAN_REVIEW:
        if wanted not in (None, run.plan_revision):
            return reply(run, given, "stale_revision", f"r{run.plan_revision}")
        if run.plan_posted != run.plan_revision or _unread(given, run.plan_posted_at):
            return reply(run, given, "not_posted", f"r{run.plan_revision}")
        if run.plan_approved_by:
            return reply(run, given, "nothing_to_approve")
        run = allowing.plan_allowed(run, given.by.login, at)
        return awake(run).model_copy(update={"plan_approved_by": given.by.login, "plan_only": False})
    if gate is not None and gate.decision is not None:
        if wanted not in (None, gate.revision):
            return reply(run, given, "stale_revision", f"r{gate.revision}")
        if gate.state is GateState.APPROVED:
            return reply(run, given, "nothing_to_approve")
        if gate.state is not GateState.POSTED or _unread(given, gate.posted_at):
            return reply(run, given, "not_posted", f"r{gate.revision}")
        return awake(run).with_gate(
            gate.model_copy(
                update={"state": GateState.APPROVED, "approved_by": given.by.login, "approved_at": at, "deadline": at}
            )
        )
    return reply(run, given, "nothing_to_approve")


def _answered(run: Run, given: Given, after: Run | journey_steering.Refusal) -> Run:
    """What was granted goes on; what was refused is answered."""
    return awake(after) if isinstance(after, Run) else reply(run, given, *after)


def _unread(given: Given, posted_at: datetime | None) -> bool:
    """Whether a plain `approve` was written before what it would approve could be read. GitHub tells whole seconds."""
    if given.command.revision is not None or given.said_at is None or posted_at is None:
        return False
    return given.said_at < posted_at.replace(microsecond=0)


def _named(
    run: Run, command: Command, states: frozenset[TaskState], also: Collection[str] = ()
) -> tuple[tuple[str, ...], str]:
    """Tasks meant, and what is wrong with the names; a task of `also` is right in any state."""
    unknown = [key for key in command.tasks if key not in run.tasks]
    if unknown:
        return (), f"there is no task {unknown[0]}"
    wrong = [key for key in command.tasks if run.tasks[key].state not in states and key not in also]
    if wrong:
        return (), f"{wrong[0]} is {run.tasks[wrong[0]].state.value}"
    if command.tasks:
        return tuple(key for key in run.tasks if key in command.tasks), ""
    return tuple(key for key, task in run.tasks.items() if task.state in states & RETRYABLE), ""


def _retry(run: Run, given: Given, at: datetime) -> Run:
    command, gate = given.command, run.gate
    one = journey_steering.at_journeys(run)
    if one is not None and (run.hold is None or command.tasks or command.guidance):
        if run.money.left < policy.MIN_USD:
            return reply(run, given, "no_money", f"{run.money.cap:.2f}")
        return _answered(run, given, journey_steering.mend(run, given, one))
    dropped = {skip.task for skip in gate.decision.skips} if gate is not None and gate.decision is not None else set()
    tasks, problem = _named(run, command, RETRYABLE | {TaskState.SKIPPED}, dropped)
    if problem:
        return reply(run, given, "cannot_retry", problem)
    if run.money.left < policy.MIN_USD:
        return reply(run, given, "no_money", f"{run.money.cap:.2f}")
    if not tasks and run.outcome is Outcome.NEEDS_HUMAN:
        tasks = tuple(key for key, task in run.tasks.items() if task.state is TaskState.SKIPPED)
    if not tasks or (run.phase is RunPhase.PLANNING and run.hold is not None):
        return _wake(run, given, at)
    if run.phase is RunPhase.PLANNING:
        return reply(run, given, "cannot_retry", "the plan is being made anew")
    if gate is None and run.phase is RunPhase.PLAN_REVIEW:
        return _changed_plan(run, tasks, TaskState.PENDING, "")
    if gate is not None and gate.decision is None:
        return reply(run, given, "still_deciding")
    return awake(reopen(run, tasks, command.guidance, given.by.login, at))


def _changed_plan(run: Run, tasks: tuple[str, ...], state: TaskState, reason: str) -> Run:
    """A plan that someone changed before its work began is shown again under a new number."""
    for key in tasks:
        run = run.with_task(run.tasks[key].model_copy(update={"state": state, "question": reason}))
    if run.plan_approved_by:
        return run
    return run.model_copy(update={"revision": run.revision + 1, "plan_revision": run.revision + 1})


def _skip(run: Run, given: Given, at: datetime) -> Run:
    if (one := journey_steering.at_journeys(run)) is not None:
        return _answered(run, given, journey_steering.leave(run, given, one))
    states = RETRYABLE | {TaskState.PENDING, TaskState.REOPENED, TaskState.BLOCKED}
    tasks, problem = _named(run, given.command, states)
    if problem:
        return reply(run, given, "cannot_skip", problem)
    reason = f"@{given.by.login} asked for it"
    gate = run.gate
    if gate is not None and gate.decision is None:
        return reply(run, given, "still_deciding")
    if gate is not None:
        moves = {k: Move(task=k, action=Action.SKIP, reason=reason, decided_by=Decider.HUMAN) for k in tasks}
        return revise(run, gate, moves, given.by.login, at)
    if run.phase is RunPhase.PLAN_REVIEW:
        return _changed_plan(run, tasks, TaskState.SKIPPED, reason)
    for key in tasks:
        run = run.with_task(run.tasks[key].model_copy(update={"state": TaskState.SKIPPED, "question": reason}))
    failed = any(task.state is TaskState.FAILED for task in run.tasks.values())
    if run.phase is RunPhase.DONE or (run.phase is RunPhase.GATE and not failed):
        run = run.model_copy(update={"phase": RunPhase.EXECUTING, "outcome": None})
    return run


def _accept(run: Run, given: Given, at: datetime) -> Run:
    """Changed tests are right: said by someone who could read which."""
    tasks, gate = given.command.tasks, run.gate
    problem = next((why for key in tasks if (why := accepting.cannot_accept(run, key))), "")
    if problem:
        return reply(run, given, "cannot_accept", problem)
    if gate is not None and gate.decision is None:
        return reply(run, given, "still_deciding")
    if gate is not None and (gate.comment_id is None or _unread(given, gate.posted_at)):
        return reply(run, given, "not_posted", f"r{gate.revision}")
    return awake(accepting.accept(run, tasks, given.by.login, at))


def _replan(run: Run, given: Given, at: datetime) -> Run:
    if run.kind == "improve":
        return reply(run, given, "replan_review")
    if (one := journey_steering.at_journeys(run)) is not None:
        after = journey_steering.replan(run, given, one)
        return _answered(run, given, edits.read_again(after, given) if isinstance(after, Run) else after)
    if run.pull_request is not None and run.phase not in (RunPhase.PLANNING, RunPhase.PLAN_REVIEW):
        return reply(run, given, "replan_too_late")
    if run.pull_request is not None and run.phase is RunPhase.PLAN_REVIEW:
        run = additions.withdrawn(run)
    return edits.read_again(awake(run), given).model_copy(
        update={
            "phase": RunPhase.PLANNING,
            "plan_number": run.plan_number + 1,
            "plan_guidance": given.command.guidance,
            "plan_guided_by": given.by.login,
            "plan_approved_by": "",
        }
    )


def _pause(run: Run, given: Given, at: datetime) -> Run:
    if run.hold is not None or (run.outcome is not None and not run.reviewed):
        return reply(run, given, "already_resting")
    return rest(run, "paused", f"@{given.by.login} asked for a pause", at)


def rest(
    run: Run,
    kind: str,
    reason: str,
    at: datetime,
    say: str = "/otto resume",
    trouble: str = "",
    *,
    closed: bool = False,
) -> Run:
    """The run rests until someone speaks."""
    hold = Hold(
        kind="paused" if kind == "paused" else "needs_human",
        number=run.rests + 1,
        reason=reason[:1000],
        reply=say,
        since=at,
        trouble=trouble[:40],
        closed=closed,
    )
    return run.model_copy(update={"hold": hold, "rests": run.rests + 1})


def _resume(run: Run, given: Given, at: datetime) -> Run:
    if run.hold is None and run.outcome in (Outcome.NEEDS_HUMAN, Outcome.DONE_PARTIAL):
        return _retry(run, given, at)
    return _wake(run, given, at)


def _wake(run: Run, given: Given, at: datetime) -> Run:
    """Go on, or say what else would help."""
    if run.hold is not None:
        # What was asked about the new workflows is answered by going on.
        found = run.hold.exposure
        if found:
            run = allowing.with_yes(run, found, given.by.login, at)
        return awake(run).model_copy(update={"exposure_accepted": found or run.exposure_accepted})
    gate = run.gate
    if gate is not None and gate.state is GateState.POSTED and gate.decision is not None and gate.deadline is None:
        return reply(run, given, "use_approve", f"r{gate.revision}")
    if (one := journey_steering.at_journeys(run)) is not None and one.state is RoundState.POSTED:
        return reply(run, given, "use_approve", f"r{one.revision}")
    if run.outcome in (Outcome.NEEDS_HUMAN, Outcome.DONE_PARTIAL):
        return reply(run, given, "nothing_failed")
    return reply(run, given, "not_resting")


def _stop(run: Run, given: Given, at: datetime) -> Run:
    return cancel(run)


def cancel(run: Run) -> Run:
    """The run is over; a coder at work first pushes what it has."""
    ended = {"outcome": Outcome.CANCELLED, "phase": RunPhase.DONE, "hold": None}
    # One that waited for a word is tried once more: what it has needs no model to be saved.
    mine = (f"run/{run.id}/code/", f"run/{run.id}/push/")
    trouble = {key: one for key, one in run.trouble.items() if not key.startswith(mine)}
    run = run.model_copy(update={**ended, "trouble": trouble})
    return run.model_copy(update={"stopping": still_saving(run)})


def _budget(run: Run, given: Given, at: datetime) -> Run:
    more, money, longer = given.command.usd or 0.0, run.money, _longer(run, at)
    if (money.cap if run.prepared else money.granted) + more > run.caps.usd + 1e-9:
        if longer is run:
            return reply(run, given, "host_cap", f"{run.caps.usd:.2f}")
        # Money is not what is missing: the minutes that come with it do not cost any.
        return reply(_paid(longer, given, at), given, "minutes_raised", f"{longer.minutes:g}")
    # Before the repository's own budget is read the cap is the host's.
    cap = money.cap + more if run.prepared else money.cap
    run = longer.model_copy(update={"money": money.model_copy(update={"cap": cap, "granted": money.granted + more})})
    key, amount = ("budget_raised", cap) if run.prepared else ("budget_noted", more)
    return reply(_paid(run, given, at), given, key, f"{amount:.2f}")


def _longer(run: Run, at: datetime) -> Run:
    """The run with its minutes once more, where they are used up and the host allows it."""
    waiting = (at - run.idle_since).total_seconds() if run.idle_since else 0.0
    minutes = min(run.minutes + run.config.budget.minutes, run.caps.minutes)
    if at < run.over_at + timedelta(seconds=waiting) or minutes <= run.minutes:
        return run
    return run.model_copy(update={"minutes": minutes})


def _paid(run: Run, given: Given, at: datetime) -> Run:
    """Who pays has said yes: what rested for want of it goes on."""
    if run.hold is not None and run.hold.kind == "needs_human" and run.hold.reply.startswith(funds.COMMAND):
        late = {"paid_by": given.by.login} if run.stopping else {}
        run = awake(run).model_copy(update=late)
    return funds.go_on(run, given.by.login, at)


def _status(run: Run, given: Given, at: datetime) -> Run:
    return reply(run, given, "status")


def _help(run: Run, given: Given, at: datetime) -> Run:
    return reply(run, given, "help")


def _explain(run: Run, given: Given, at: datetime) -> Run:
    return reply(run, given, "explain", given.command.tasks[0] if given.command.tasks else "")


def _plan(run: Run, given: Given, at: datetime) -> Run:
    return reply(run, given, "already_planned")


def _certify(run: Run, given: Given, at: datetime) -> Run:
    """What works on an issue is not certified at the same time."""
    return reply(run, given, "active_run")


def _learning(run: Run, given: Given, at: datetime) -> Run:
    """Learnings belong to the repository: the word is carried out where they are kept, then answered."""
    return learning_uses.order(run, given)


def _improve(run: Run, given: Given, at: datetime) -> Run:
    """Reviews are read from GitHub: whoever does that tells what was found, or answers that nothing was."""
    return run


_VERBS: dict[str, Callable[[Run, Given, datetime], Run]] = {
    "approve": _approve,
    "retry": _retry,
    "skip": _skip,
    "accept": _accept,
    "replan": _replan,
    "plan": _plan,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "status": _status,
    "explain": _explain,
    "budget": _budget,
    "keep": _learning,
    "forget": _learning,
    "certify": _certify,
    "help": _help,
    "improve": _improve,
}

REPLIES = (
    "ended", "stale_revision", "not_posted", "nothing_to_approve", "cannot_retry", "no_money", "still_deciding",
    "not_in_plan", "cannot_skip", "replan_too_late", "already_resting", "use_approve", "nothing_failed", "not_resting",
    "host_cap", "budget_raised", "budget_noted", "status", "help", "explain", "already_planned",
    "minutes_raised", "active_run", "replan_review", "only_certifies",
    "nothing_learnt", "learning_kept", "learning_kept_already", "learning_dropped", "learning_dropped_already",
    "learning_unsafe", "cannot_accept", "enough",
)  # fmt: skip
"""Keys of every reply a run can owe; each has its words in `text/`."""
