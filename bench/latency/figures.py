"""What one played scenario tells: seconds until the reaction, until the pilot's comment, and what Otto added to tasks.

All times come from records of the three sides, on one clock: the ledger's events, the stand-in's log (requests,
deliveries, workflow runs, comments, reactions) and the model server's log.

* Reaction: from the moment the delivery of the label is sent until the request that makes the reaction is answered.
* Pilot's comment: from the end of the last job of any workflow run before it until the ledger has that the decision's
  comment stands (a gate may write into the comment before it), without the model calls in between. `whole` holds
  the configured `verify.settle_seconds`, in which Otto waits whether more workflows start; `own` does not.
* Overhead of a task: its window goes from its first AttemptStarted to the TasksMerged that names it (where
  it is the plan's only one: to its last JudgeEnded). Taken off is the union (no moment twice) of
    - model calls as the server timed them, transport not included;
    - git transfers: every request of the git protocol;
    - Actions: each workflow run, from created to its last update;
    - configured waits: `settle_seconds` after each workflow run's end, and from a posted decision until grace is over.
  While an attempt of the task is coded, verified and judged, only its own model calls and workflow runs are taken off,
  so that what goes on beside it hides nothing; at other times those of the whole run are, for it waits for its batch.
  Commands that a coder runs are none of these: they count as Otto's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bench.latency.spans import Json, Span, covered, left, moment, span

GIT = ("/git-upload-pack", "/git-receive-pack", "/info/refs")


class Waits(NamedTuple):
    """What the repository's configuration makes Otto wait, in seconds."""

    settle: float
    grace: float


class Comment(NamedTuple):
    """Seconds from the last job to a pilot's comment."""

    whole: float
    model: float
    settle: float

    @property
    def own(self) -> float:
        """Without model calls and the configured wait."""
        return self.whole - self.model - self.settle


class Task(NamedTuple):
    """A merged task: seconds of its window, and those in which nothing but Otto was at work."""

    name: str
    whole: float
    own: float


def reaction(report: Json) -> float:
    """Seconds from the delivery of the label to the answered reaction. Raises LookupError where one is not there."""
    sent = [
        moment(row["created_at"])
        for row in report["deliveries"]
        if row["event"] == "issues" and row["action"] == "labeled" and not row["redelivery"]
    ]
    seen = [
        span(row["at"], row["seconds"]).end
        for row in report["requests"]
        if (row["method"], row["status"]) == ("POST", 201) and row["path"].endswith("/issues/1/reactions")
    ]
    if not sent or not seen:
        raise LookupError("the label was not delivered, or the issue has no reaction")
    return (min(seen) - min(sent)).total_seconds()


def comments(report: Json, waits: Waits) -> list[Comment]:
    """One for each gate, its first comment; empty where no gate was opened."""
    ends = sorted(
        moment(job["completed_at"]) for run in report["workflow_runs"] for job in run["jobs"] if job["completed_at"]
    )
    calls, settling = list(_calls(report)), list(_settling(report, waits))
    posted: dict[int, datetime] = {}
    for event in _events(report, "DecisionPosted"):
        posted.setdefault(event["gate"], moment(event["at"]))
    found = []
    for at in posted.values():
        within = Span(max(end for end in ends if end <= at), at)
        model = covered(calls, within)
        settle = covered([*calls, *settling], within) - model
        found.append(Comment(left(within, ()), model, settle))
    return found


def tasks(report: Json, waits: Waits) -> list[Task]:
    """One for each merged task."""
    # The branch of a plan's only task is the run's own: it is merged when it is judged, and nothing else is told.
    judged = {event["task"]: moment(event["at"]) for event in _events(report, "JudgeEnded") if not event["failure"]}
    merged = {name: at for name, at in judged.items() if report["tasks"][name]["state"] == "merged"}
    merged |= {name: moment(event["at"]) for event in _events(report, "TasksMerged") for name in event["tasks"]}
    return [_task(report, waits, name, at) for name, at in merged.items()]


def _task(report: Json, waits: Waits, name: str, merged: datetime) -> Task:
    attempts = list(_attempts(report, name, merged))
    window = Span(attempts[0].begin, merged)
    heads = {e["sha"] for e in _events(report, "AttemptPushed") if e["task"] == name}
    always = [*_git(report), *_grace(report, waits)]
    own = [*always, *_calls(report, name), *_actions(report, heads), *_settling(report, waits, heads)]
    all_of_run = [*always, *_calls(report), *_actions(report), *_settling(report, waits)]
    between = left(window, all_of_run) - sum(left(part, all_of_run) for part in attempts)
    alone = sum(left(part, own) for part in attempts) + between
    return Task(name, (window.end - window.begin).total_seconds(), alone)


def _attempts(report: Json, name: str, merged: datetime) -> Iterator[Span]:
    """Each attempt, from its start until the last that was said of it: coded in vain, verified or judged."""
    for start in _events(report, "AttemptStarted"):
        if start["task"] == name:
            number, begin = start["attempt"], moment(start["at"])
            ends = [moment(event["at"]) for event in report["events"] if _ends(event, name, number)]
            yield Span(begin, min(max([begin, *ends]), merged))


def _ends(event: Json, name: str, number: int) -> bool:
    if event["type"] == "VerificationEnded":
        return bool(event["target"] == f"{name}/a{number}")
    ending = event["type"] in ("JudgeEnded", "AttemptFailed")
    return ending and event["task"] == name and event["attempt"] == number


def _events(report: Json, kind: str) -> Iterator[dict[str, Any]]:
    return (event for event in report["events"] if event["type"] == kind)


def _calls(report: Json, task: str | None = None) -> Iterator[Span]:
    for call in report["model_calls"]:
        if task is None or call["task"] == task:
            yield span(call["at"], call["seconds"])


def _git(report: Json) -> Iterator[Span]:
    for row in report["requests"]:
        if row["path"].endswith(GIT):
            yield span(row["at"], row["seconds"])


def _actions(report: Json, heads: set[str] | None = None) -> Iterator[Span]:
    for run in report["workflow_runs"]:
        if heads is None or run["head_sha"] in heads:
            yield Span(moment(run["created_at"]), moment(run["updated_at"]))


def _settling(report: Json, waits: Waits, heads: set[str] | None = None) -> Iterator[Span]:
    for run in _actions(report, heads):
        yield Span(run.end, run.end + timedelta(seconds=waits.settle))


def _grace(report: Json, waits: Waits) -> Iterator[Span]:
    for event in _events(report, "DecisionPosted"):
        yield span(event["at"], waits.grace)
