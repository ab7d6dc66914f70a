"""Bugs that can be planted into the heart, one at a time: whoever simulates must find each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from otto_bot.bench.simulate.planting import Change, in_place

HEART = "otto_bot.core"


@dataclass(frozen=True)
class Bug:
    """A small change of one function: `right` stands in its source exactly once and becomes `wrong`."""

    name: str
    module: str
    function: str
    right: str
    wrong: str
    what: str


BUGS = (
    Bug("stop-forgets-the-coder", "following", "_stopped",
        "if not run.stopping or any(task.state is TaskState.CODING for task in run.tasks.values()):",
        "if not run.stopping:",
        "a cancelled run is over at once, whatever a coder still has to push"),
    Bug("verdict-of-another-commit", "machine", "_verified",
        " or verification.sha != event.sha", "",
        "what Actions said about an older head counts for the newest"),
    Bug("never-gives-up", "failing", "effect_failed",
        "if not trouble.final or", "if event.retry_at is not None or",
        "an effect that always fails is tried for ever, and nobody is asked"),
    Bug("minutes-run-while-waiting", "following", "_clock",
        '"idle_seconds": run.idle_seconds + waited', '"idle_seconds": run.idle_seconds',
        "the time in which people are waited for uses up the run's minutes"),
    Bug("merged-with-the-first", "integration", "tasks_merged",
        "for key in event.tasks:", "for key in (*event.tasks, *integration.todo):",
        "of attempts that are merged one by one all are called merged with the first"),
    Bug("blocked-for-ever", "tasks", "block",
        "if task.state in (TaskState.PENDING, TaskState.REOPENED, TaskState.BLOCKED):",
        "if task.state in (TaskState.PENDING, TaskState.REOPENED):",
        "a blocked task is not freed when what it depends on goes on"),
    Bug("verdict-of-an-older-attempt", "tasks", "_at_work",
        " or task.last.number != attempt", "",
        "what a job says about an attempt that is over counts for the newest"),
    Bug("revised-plan-needs-no-comment", "gates", "revise",
        '"state": GateState.DECIDED,\n            "deadline": None,',
        '"state": gate.state,\n            "deadline": gate.deadline,',
        "a retry plan that a person changed is applied before its new revision is posted"),
    Bug("grace-from-the-opening", "gates", "decision_posted",
        "deadline(run, gate.decision, event.at)", "deadline(run, gate.decision, gate.opened_at)",
        "the time to object begins before anybody could read what there is to object to"),
    Bug("reruns-without-end", "gates", "_rerun",
        "more = 0 if by is Decider.HUMAN else 1", "more = 0",
        "re-runs by the rules are not counted"),
    Bug("command-twice", "steering", "steer",
        '"seen": run.seen | {given.key}', '"seen": run.seen',
        "a command that is delivered again is carried out again"),
    Bug("resume-keeps-trouble", "steering", "awake",
        '"trouble": {}', '"trouble": run.trouble',
        "what had failed for good is not tried again after a person said so"),
    Bug("yes-to-another-revision", "steering", "_approve",
        "if wanted not in (None, gate.revision):", "if wanted is not None and wanted > gate.revision:",
        "a yes to an older revision of a retry plan counts for the newest"),
    Bug("lineage-forgets-open-calls", "budget", "inherited",
        "max(sum(money.own for money in runs), runs[-1].committed)",
        "max(sum(money.settled for money in runs), runs[-1].spent)",
        "the next run of an issue does not know of calls that may have been paid"),
    Bug("paid-twice-counted-once", "budget", "Money.reserve",
        "before = self.lost(call)", "before = self",
        "a call that is made again after a crash replaces the first, which may have been paid"),
    Bug("verdict-of-another-candidate", "integration", "candidate_verified",
        "if verification.target != candidate_target(integration.batch, integration.step):",
        'if not verification.target.startswith(f"b{integration.batch}/"):',
        "a candidate that was given up says that the next one is green"),
    Bug("candidate-on-an-old-head", "others", "run_branch_moved",
        "integration.rebuild(_moved(run, event))",
        "_moved(run, event)",
        "a candidate stays although somebody pushed to the run branch under it"),
    Bug("held-and-reopened-for-ever", "base", "_untried",
        "task.last.base_round < run.base_round", "task.last.base_round <= run.base_round",
        "a task that waits for a green base is tried again on the same base"),
    Bug("review-twice", "review_rounds", "review_given",
        "if known or review.empty", "if review.empty",
        "a review that is delivered again becomes tasks again"),
    Bug("journeys-of-another-head", "journey_rounds", "testing",
        " and one.head == head", "",
        "what was seen on an older head counts for the newest"),
    Bug("push-key-without-attempt", "effects", "_coding",
        'name = f"push/{task.key}/a{last.number}{said}', 'name = f"push/{task.key}{said}',
        "the pushes of all attempts of a task are one effect"),
    Bug("called-once-a-kind", "effects", "_call",
        "if wait is not None and wait.key not in run.called:",
        'if wait is not None and not any(key.startswith(wait.kind) for key in run.called):',
        "the second wait of a kind calls nobody"),
    Bug("tidies-what-lives", "effects", "_tidy",
        "if number not in run.closed_prs and (over or branch not in live):", "if number not in run.closed_prs:",
        "a verification pull request is closed while Actions is at it"),
    Bug("money-asked-for-last", "waits", "_affordable",
        "run.money.left >= max(MIN_USD, run.money.needed)", "run.money.left >= MIN_USD",
        "people are told to try again what the money left does not pay for"),
)  # fmt: skip
"""Written down before the simulator was run for the first time, but for two: `merged-with-the-first` stands
for two that a second guard of the heart hides completely, and the last one is what the heart really had."""


def bug_of(name: str) -> Bug:
    """A bug by its name. Raises KeyError."""
    return {bug.name: bug for bug in BUGS}[name]


@contextmanager
def planted(bug: Bug | None) -> Iterator[None]:
    """The heart with this bug in it, in every module that has the function; as it was afterwards."""
    if bug is None:
        yield
        return
    with in_place(Change(f"{HEART}.{bug.module}", bug.function, bug.right, bug.wrong)):
        yield
