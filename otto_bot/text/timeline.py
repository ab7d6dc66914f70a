"""Each event of a ledger in one plain line, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from otto_bot.core.events import RunEvent
from otto_bot.text.footer import usd
from otto_bot.text.spoken import line
from otto_bot.text.words import CAUSES, DECIDERS, ENDINGS, MOVES, clock, count, several

Say = Callable[[Any], str]


def event_words(event: RunEvent) -> str:
    """What happened, without a full stop."""
    say = _SAID.get(event.type)
    return say(event) if say is not None else _plain(event.type)


def about(event: RunEvent) -> tuple[str, int | None]:
    """Task and gate that an event belongs to; empty and None where it belongs to none."""
    task = getattr(event, "task", "") or ""
    target = getattr(event, "target", "") or ""
    if not task and re.fullmatch(r"t[0-9]+/a[0-9]+", target):
        task = target.partition("/")[0]
    return str(task), getattr(event, "gate", None)


def _plain(name: str) -> str:
    """`PullRequestClosed` → `pull request closed`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def _command(event: Any) -> str:
    given = event.given.command
    said = " ".join(["/otto", given.verb, *given.tasks, f"r{given.revision}" if given.revision else ""]).strip()
    more = f": {line(given.guidance, 200)}" if given.guidance else ""
    return f"{line(event.given.by.login, 60)} said `{said}`{more}"


def _decided(event: Any) -> str:
    moves = [f"{move.task} {MOVES[move.action]}" for move in event.decision.moves[:12]]
    return f"gate {event.gate} is decided by {DECIDERS[event.decision.decided_by]}: {several(moves) or 'nothing to do'}"


def _verified(event: Any) -> str:
    why = f": {CAUSES[event.failure.cause]}" if event.failure is not None else ""
    return f"Actions about {event.target}: {ENDINGS[event.ending]}{why}"


def _failed(event: Any) -> str:
    return f"{event.task} attempt {event.attempt} ended before a push: {CAUSES[event.failure.cause]}"


def _judged(event: Any) -> str:
    result = "every [must] criterion is met" if event.failure is None else CAUSES[event.failure.cause]
    return f"{event.task} attempt {event.attempt} was read against its criteria: {result}"


def _trouble(event: Any) -> str:
    again = f"next try {clock(event.retry_at)}" if event.retry_at else "a person is asked"
    return f"a step did not work ({line(event.key, 80)}): {line(event.message)}; {again}"


def _closed(event: Any) -> str:
    who = f" by {line(event.by, 60)}" if event.by else ""
    return f"the pull request was {'merged' if event.merged else 'closed'}{who}"


def _planned(event: Any) -> str:
    return f"a plan of {count(len(event.plan.tasks), 'task')}: {line(event.plan.summary, 200)}"


def _parked(event: Any) -> str:
    until = f", until {clock(event.until)}" if event.until else ""
    return f"held back{until}: {line(event.reason)}"


def _settled(event: Any) -> str:
    what = f"cost {usd(event.usage.usd)}" if event.usage is not None else "ended without a usage"
    return f"a call of a model {what} ({line(event.call, 100)})"


def _merged(event: Any) -> str:
    return f"{several(list(event.tasks))} merged into the run branch as {event.sha[:10]}"


_SAID: dict[str, Say] = {
    "RunStarted": lambda e: f"{line(e.actor.login, 60)} started the run",
    "Prepared": lambda e: f"configuration and workflows were read at {e.base_sha[:10]}",
    "Refused": lambda e: f"it cannot go on: {line(e.reason)}",
    "PlanMade": _planned,
    "PlanPosted": lambda e: f"plan r{e.revision} stands as a comment",
    "PullRequestOpened": lambda e: f"draft pull request #{e.number} is open",
    "PullRequestClosed": _closed,
    "AttemptStarted": lambda e: f"{e.task} attempt {e.attempt}: a coder starts on {line(e.branch, 120)}",
    "AttemptCoded": lambda e: f"{e.task} attempt {e.attempt}: a commit is made {line(e.stat, 100)}".rstrip(),
    "AttemptPushed": lambda e: f"{e.task} attempt {e.attempt} is pushed as {e.sha[:10]}",
    "AttemptFailed": _failed,
    "AttemptStopped": lambda e: f"{e.task} attempt {e.attempt} was stopped",
    "VerificationEnded": _verified,
    "JobsRerun": lambda e: f"the failed jobs of {e.target} run again, round {e.round}",
    "JudgeEnded": _judged,
    "CandidateBuilt": lambda e: f"{several(list(e.tasks))} squashed onto a candidate {e.sha[:10]}",
    "CandidateConflict": lambda e: f"{e.task} does not fit onto the run branch: {line(e.failure.detail, 200)}",
    "TasksMerged": _merged,
    "GateOpened": lambda e: f"gate {e.gate} opens: the batch stands still, and something failed",
    "DecisionMade": _decided,
    "DecisionPosted": lambda e: f"retry plan r{e.revision} of gate {e.gate} stands as a comment",
    "DecisionApplied": lambda e: f"retry plan r{e.revision} of gate {e.gate} is carried out",
    "CommandGiven": _command,
    "IssueChanged": lambda e: f"the issue was {e.what}" + (f" by {line(e.by, 60)}" if e.by else ""),
    "IssueEdited": lambda e: "the issue was edited" + (f" by {line(e.by, 60)}" if e.by else ""),
    "IssueRelabelled": lambda e: f"{line(e.by, 60)} put the label on again",
    "RunBranchMoved": lambda e: f"commits of {line(e.by, 60) or 'someone else'} are on the run branch: {e.sha[:10]}",
    "BaseMoved": lambda e: f"the default branch moved to {e.sha[:10]}",
    "BaseTaken": lambda e: f"the default branch at {e.base_sha[:10]} was taken in",
    "BaseConflict": lambda e: f"the default branch at {e.base_sha[:10]} conflicts with the run branch",
    "BaseRefused": lambda e: f"the default branch at {e.base_sha[:10]} asks for a person: {line(e.reason)}",
    "WorkflowsHeld": lambda e: f"a person is asked about workflow files: {line(e.reason)}",
    "EffectFailed": _trouble,
    "MoneyReserved": lambda e: f"at most {usd(e.usd)} put aside for a call ({line(e.call, 100)})",
    "MoneySettled": _settled,
    "TimeUsedUp": lambda _: "its minutes are used up",
    "PersonCalled": lambda e: f"a person was called ({line(e.wait, 80)})",
    "Parked": _parked,
    "Barred": lambda e: f"nothing can be done on GitHub: {e.by}",
    "Unbarred": lambda e: f"{e.by} no more: it goes on where it was",
    "RepositoryMoved": lambda e: f"the repository is {line(e.repo.full_name, 140)} now",
    "RightsAccepted": lambda _: "an owner accepted the rights that the App asks for",
    "Unparked": lambda _: "no limit holds it back any more",
    "JourneysTested": lambda e: f"round {e.round} of the journeys was walked at {e.head[:10]}",
    "JourneysSkipped": lambda e: f"journeys are not tested: {line(e.reason)}",
    "JourneysPosted": lambda e: f"round {e.round} of the journeys stands as a comment",
    "JourneysApplied": lambda e: f"what round {e.round} of the journeys decided is carried out",
    "ReviewGiven": lambda _: "a review asks for changes",
    "Published": lambda e: f"{line(e.surface, 80)} was brought up to date on GitHub",
    "Replied": lambda e: f"answer {e.number} was given",
}
