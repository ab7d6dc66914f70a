"""What the pages of Mission Control say by themselves: words for states, advice, and the one next action of a run."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from otto_bot.core.attempt import MOVING, TaskState
from otto_bot.core.run import Gate, GateState, Outcome, Run
from otto_bot.core.waits import waits_for
from otto_bot.text.call import CLOSED_WAY
from otto_bot.text.moved import gone_words, shut_by, what_to_do
from otto_bot.text.parked import SURE, why_parked
from otto_bot.text.spoken import capital, line, spoken
from otto_bot.text.status import new_run, next_step, waits_for_actions
from otto_bot.text.tasks_table import without_at
from otto_bot.text.words import CAUSES, STATES, clock, count, phase_words

STANDINGS = {
    "working": "at work",
    "waiting": "waits for a person, paused, or shut out of its repository",
    "over": "over",
}
FIRST_RUN = (
    "No run yet. Put the label `otto` on an issue of a repository where the App is installed: its plan appears here.",
    "To see one without an account, start `make demo` in a copy of Otto's repository.",
)
OUTCOMES = {
    Outcome.DONE: "done",
    Outcome.DONE_PARTIAL: "done in part",
    Outcome.NEEDS_HUMAN: "needs a person",
    Outcome.CANCELLED: "cancelled",
    Outcome.FAILED: "failed",
}
GATE_STATES = {
    GateState.OPENED: "nobody has decided yet",
    GateState.DECIDED: "decided; its comment is being written",
    GateState.POSTED: "its comment stands",
    GateState.APPROVED: "approved",
    GateState.APPLIED: "carried out",
}
SHORT_STATES: dict[TaskState, str] = {
    TaskState.PENDING: "to do",
    TaskState.CODING: "being written",
    TaskState.VERIFYING: "in Actions now",
    TaskState.JUDGING: "being judged",
    TaskState.VERIFIED: "verified",
    TaskState.MERGED: "merged",
    TaskState.FAILED: "failed",
    TaskState.REOPENED: "to do again",
    TaskState.HELD: "on hold",
    TaskState.ASKED: "asks a person",
    TaskState.SKIPPED: "skipped",
    TaskState.BLOCKED: "blocked",
}
"""Of a task in a box: the words of `STATES` have no room there, and stand in the table below."""
ROLES = {
    "planner": "planning",
    "coder": "coding",
    "judge": "judging",
    "pilot": "gates: pilot",
    "replan": "gates: replan",
    "shadow": "gates: shadow",
    "journeys": "journeys",
    "triage": "journeys: triage",
}
"""What a model's call was for."""
MONEY_PARTS = {
    "work": "planning and coding",
    "check": "judging and journeys",
    "gates": "gates",
    "other": "earlier runs and unknown usage",
    "held": "put aside for calls under way",
}
DELIVERIES = {
    "received": "wait to be worked in",
    "failed": "failed, and come again",
    "dead": "failed for good",
    "done": "worked in",
}
EFFECTS = {
    "due": "due now or later",
    "running": "in hand",
    "done": "done",
    "lost": "given up",
    "dropped": "not wanted any more",
}
RUNS = {
    "working": "at work",
    "waiting": "wait for their turn",
    "resting": "wait for a person, paused, or shut out of their repository",
}
PARKED = {
    "github_limit": "held back by a limit of GitHub.",
    "runs": "wait for their turn: so many runs may be at work at once.",
    "agents": "wait for their turn: so many agents may be at work at once.",
    "day": "wait for the next day: the money or the runs of this one are used up.",
}
BARRED = {
    "archived": ("the repository is archived: GitHub refuses every write", "Take the repository out of the archive."),
    "suspended": ("the App is suspended", "An owner lets the App work again, in GitHub's settings of installed Apps."),
    "removed": ("the App may not use the repository any more", "An owner gives the App this repository again."),
}
"""What keeps a run from its repository, and what lets it go on."""
NO_MOVE = "its turn"
"""Of a task that nobody decided about: it runs when it is due."""
SHADOW = "The pilot decided in shadow; it cost {usd} and {seconds} s, and changed nothing."
SHADOW_NONE = "The pilot was asked in shadow and gave nothing that may stand ({why}); it cost {usd} and {seconds} s."
FOUND_GOOD = "The decision that stands was held against the facts, rule by rule, and nothing was found against it."
FOUND_AFTER = "Before the decision that stands an answer was rejected, for these reasons:"
NOT_DECIDED = "There is no decision to check yet."
CALM = "Nothing needs you now: it goes on by itself."
NO_RUN = ("There is no run {id} here.", "Its number stands at the end of each of Otto's comments; the list has all.")
NO_TASK = ("Run {id} has no task {key}.", "A plan that was made anew may have other tasks; the run's page has them.")
NO_GATE = ("Run {id} has no gate {number}.", "The run's page lists its gates.")
NO_PAGE = ("There is no such page.", "The list of runs leads to all there is.")
NEWER = ("A newer version of Otto works on run {id}.", "Use the pages of that version; this one would misread it.")
UNREADABLE = ("This run was stored in a form that this version cannot read.", "Use the version that wrote it.")
NO_STORE = ("The database does not answer.", "Nothing is lost. Look at the log of the host, then reload this page.")


class Headline(NamedTuple):
    """The one thing to know of a run: why it stands where it does, what follows, and the one thing to do.

    `reply` is what to write on GitHub, `gate` the number of the gate that tells more; where there is one.
    """

    why: str
    next: str
    can: str
    reply: str = ""
    tone: str = "work"
    gate: int | None = None


def headline(run: Run, now: datetime) -> Headline:
    """What a person who just came should read first."""
    after = spoken(next_step(run))
    following = capital(after)
    wait = waits_for(run)
    if (by := shut_by(run)) is not None:
        why, can = BARRED[by]
        return Headline(f"It rests: {why}.", SURE if wait is None and run.hold is None else following, can, tone="wait")
    if run.parked is not None:
        return Headline(spoken(why_parked(run)), SURE, CALM, tone="wait")
    if wait is not None and wait.kind == "closed":
        why = f"Paused: {line(without_at(wait.question), 600)}."
        return Headline(why, following, spoken(CLOSED_WAY), wait.reply, "wait")
    open_gate = run.gate.number if run.gate is not None and run.gate.decision is not None else None
    if wait is not None:
        return Headline(line(wait.question, 2_000), following, "Answer.", wait.reply, "wait", open_gate)
    if run.hold is not None:
        why = f"Paused: {line(without_at(run.hold.reason), 600)}"
        return Headline(why, following, "Let it go on.", run.hold.reply, "wait")
    if run.outcome is not None:
        return _over(run, following)
    gate = run.gate
    if gate is not None and gate.state is GateState.POSTED and gate.deadline is not None and gate.deadline > now:
        why = f"{_failed(gate)} Retry plan r{gate.revision} stands; anyone may object until {clock(gate.deadline)}."
        reply = f"/otto approve r{gate.revision}"
        return Headline(why, following, "Nothing, or do not wait for it.", reply, gate=gate.number)
    return Headline(_at_work(run), following, CALM, gate=open_gate)


def _failed(gate: Gate) -> str:
    """Which tasks failed, and why."""
    said = [f"{failure.task}: {CAUSES[failure.cause]}" for failure in gate.failures[:6]]
    more = f"; and {count(len(gate.failures) - 6, 'more task')}" if len(gate.failures) > 6 else ""
    return f"Batch {gate.batch} failed ({'; '.join(said)}{more})." if said else f"Batch {gate.batch} stands still."


def _over(run: Run, following: str) -> Headline:
    done = run.outcome in (Outcome.DONE, Outcome.DONE_PARTIAL)
    words = phase_words(run)
    why, can = f"{capital(words)}.", capital(new_run(run))
    if done and run.pull_request is not None and not run.landed:
        can = f"Review and merge pull request #{run.pull_request}."
    elif run.landed:
        can = "Nothing: people merged the pull request."
    elif run.issue_gone is not None:
        can = capital(spoken(what_to_do(run, run.issue_gone)))
    elif any(bar.by == "removed" for bar in run.bars):
        shut, opens = BARRED["removed"]
        why, can = f"{why} {capital(shut)}.", f"{opens} Then: {new_run(run)}"
    if run.issue_gone is not None and run.issue_gone.at_work:
        why = f"{why} {spoken(gone_words(run.issue, run.issue_gone))}"
    tone = "done" if run.outcome is Outcome.DONE else "wait" if done else "off"
    return Headline(why, following, can, tone="bad" if words == "failed" else tone)


def _at_work(run: Run) -> str:
    troubles = [one for one in run.trouble.values() if one.retry_at is not None]
    if troubles:
        worst = max(troubles, key=lambda one: one.count)
        again = f"; next try {clock(worst.retry_at)}" if worst.retry_at else ""
        return f"Trouble, tried {count(worst.count, 'time')}{again}: {line(worst.message)}"
    waiting = waits_for_actions(run)
    if waiting:
        return f"Waits for Actions: {'; '.join(line(one, 120) for one in waiting)}"
    if run.gate is not None:
        return _failed(run.gate)
    moving = [f"{key} is {STATES[task.state]}" for key, task in run.tasks.items() if task.state in MOVING]
    if moving:
        return f"{'; '.join(moving[:8])}{'; …' if len(moving) > 8 else ''}."
    words = phase_words(run)
    return f"{capital(words)}."
