"""Plain words for every state, cause and move: what people read instead of our own names."""

from __future__ import annotations

from datetime import datetime

from otto_bot.core.attempt import Ending, TaskState
from otto_bot.core.decision import Action, Decider
from otto_bot.core.evidence import CLASS_OF, Cause, Failure, FailureClass, Phase, Progress
from otto_bot.core.lanes import LaneKind
from otto_bot.core.plan import Relation
from otto_bot.core.run import Outcome, Run, RunPhase
from otto_bot.text.markdown import inline

PHASES: dict[RunPhase, str] = {
    RunPhase.PLANNING: "reading the repository and planning",
    RunPhase.PLAN_REVIEW: "the plan is written",
    RunPhase.EXECUTING: "working on the tasks",
    RunPhase.INTEGRATING: "putting verified tasks onto the run branch",
    RunPhase.GATE: "looking at what failed",
    RunPhase.GATE_REVIEW: "a retry plan is written",
    RunPhase.JOURNEYS: "testing the product by its user journeys",
    RunPhase.DONE: "finished",
}
OUTCOMES: dict[Outcome, str] = {
    Outcome.DONE: "done: every task is verified and merged into the run branch",
    Outcome.DONE_PARTIAL: "done in part: some tasks were left out",
    Outcome.NEEDS_HUMAN: "stopped at a question that only a person can answer",
    Outcome.CANCELLED: "cancelled",
    Outcome.FAILED: "failed",
}
CERTIFY: dict[Outcome | None, str] = {
    None: "holding the default branch against the plan",
    Outcome.DONE: "certified: every journey passes and every [must] criterion holds",
    Outcome.FAILED: "not certified: something does not hold",
}
"""The same of a run that only certifies."""
UNTESTED = "not certified: nothing was tested"
STATES: dict[TaskState, str] = {
    TaskState.PENDING: "to do",
    TaskState.CODING: "being written",
    TaskState.VERIFYING: "verified by Actions now",
    TaskState.JUDGING: "read against its criteria",
    TaskState.VERIFIED: "verified",
    TaskState.MERGED: "merged into the run branch",
    TaskState.FAILED: "failed",
    TaskState.REOPENED: "to be written again",
    TaskState.HELD: "on hold",
    TaskState.ASKED: "waits for an answer",
    TaskState.SKIPPED: "skipped",
    TaskState.BLOCKED: "blocked by another task",
}
CAUSES: dict[Cause, str] = {
    Cause.NEVER_STARTED: "its jobs never started",
    Cause.BILLING: "GitHub did not start the jobs: billing or spending limit",
    Cause.INFRA: "the machines or the network failed, not the code",
    Cause.CANCELLED: "its workflow was cancelled",
    Cause.TIMEOUT: "it ran out of time",
    Cause.ACTION_REQUIRED: "the workflow waits for someone's approval",
    Cause.BASE_RED: "the base commit fails in the same way",
    Cause.SYSTEMIC: "every branch fails in the same way at once",
    Cause.FLAKY: "a test that sometimes fails without a reason in the code",
    Cause.PERMISSION: "a right is missing",
    Cause.PUSH_REJECTED: "GitHub refused the push",
    Cause.BUDGET: "the money is used up",
    Cause.AGENT_LIMIT: "the coder reached its limit before it had finished",
    Cause.PROVIDER_ERROR: "the model's service failed",
    Cause.NO_CI: "no workflow ran for this commit",
    Cause.NO_CHANGES: "the coder changed nothing",
    Cause.HELD_BY_DIFF_GATE: "the gate before the push held the change, and nothing is pushed",
    Cause.TESTS_WEAKENED: "the change weakens tests",
    Cause.DEPENDENCY: "a dependency is missing or cannot be installed",
    Cause.BUILD: "it does not build",
    Cause.LINT: "a linter or type checker refuses it",
    Cause.TEST: "tests fail",
    Cause.QA_FAILED: "tests pass, but a [must] criterion is not met",
    Cause.MERGE_CONFLICT: "it conflicts with what is on the run branch now",
    Cause.INTEGRATION: "green alone, red together with the other tasks",
    Cause.UNKNOWN: "the cause is not known",
}
MOVES: dict[Action, str] = {
    Action.RETRY: "retry",
    Action.RETRY_DIFFERENT: "retry differently",
    Action.RESTART_FRESH: "start again from scratch",
    Action.SKIP: "skip",
    Action.ASK: "ask",
    Action.RERUN: "run the failed jobs again",
    Action.HOLD: "hold",
    Action.ACCEPT: "accept it as it is",
}
DECIDERS: dict[Decider, str] = {
    Decider.PILOT: "pilot",
    Decider.REPLAN: "replan",
    Decider.RULES: "rules",
    Decider.HUMAN: "human",
}
DECIDED_HOW: dict[Decider, str] = {
    Decider.PILOT: "a model read all failures together; its quotes were checked against the evidence",
    Decider.REPLAN: "a model only ordered the tasks; failed ones are retried with their evidence",
    Decider.RULES: "fixed rules; no model was asked",
    Decider.HUMAN: "a person said so",
}
CLASSES: dict[FailureClass, str] = {
    FailureClass.CODE: "code",
    FailureClass.ENVIRONMENT: "environment",
    FailureClass.INFRASTRUCTURE: "infrastructure",
    FailureClass.SPEC: "spec",
}
PHASE_OF_FAILURE: dict[Phase, str] = {
    Phase.CODING: "while it was written",
    Phase.PUSH: "at the push",
    Phase.VERIFY: "in Actions",
    Phase.QA: "when it was read against its criteria",
    Phase.MERGE: "when it was merged",
    Phase.INTEGRATION: "together with the other tasks",
}
PROGRESS: dict[Progress, str] = {
    Progress.FIRST: "first failure",
    Progress.BETTER: "fewer failures than before",
    Progress.SAME: "same failure, no progress",
    Progress.NEW: "a new failure",
    Progress.OSCILLATING: "going back and forth between two failures",
}
RELATIONS: dict[Relation, str] = {
    Relation.INDEPENDENT: "side by side",
    Relation.ADDITIVE: "touch the same file, so they run one after the other",
    Relation.DEPENDENT: "needs the other one first",
    Relation.CONTRADICTORY: "contradict each other",
    Relation.UNCERTAIN: "may get in each other's way, so they run one after the other",
}
LANES: dict[LaneKind, str] = {
    LaneKind.DISPATCH: "a workflow that Otto starts on each branch",
    LaneKind.PUSH: "workflows that a push to the branch starts",
    LaneKind.PULL_REQUEST: "pull-request workflows, on a draft verification pull request for each task",
    LaneKind.NONE: "nothing: no workflow can verify a branch",
}
ENDINGS: dict[Ending, str] = {
    "green": "green",
    "red": "red",
    "timed_out": "timed out",
    "blocked": "blocked: someone has to approve something on GitHub",
    "neutral": "neither green nor red: every job was skipped or neutral",
    "no_ci": "no workflow ran",
    "cancelled": "cancelled",
    "unwatched": "no workflow starts for these files, as path filters leave out all of them; judged alone",
}


def class_word(failure: Failure) -> str:
    """Whose problem a failure is, or that it is not known."""
    found = failure.class_hint or CLASS_OF[failure.cause]
    return CLASSES[found] if found else "not known"


def phase_words(run: Run) -> str:
    """Where the run stands, in one sentence without a full stop."""
    if run.kind == "certify" and run.hold is None and run.outcome is not Outcome.CANCELLED:
        untested = run.outcome is Outcome.FAILED and bool(run.journeys) and bool(run.journeys[-1].skipped)
        return UNTESTED if untested else CERTIFY[run.outcome]
    if run.hold is not None:
        return "paused" if run.hold.kind == "paused" else "waits for a person"
    if run.outcome is not None:
        return OUTCOMES[run.outcome]
    return PHASES[run.phase]


def name(run: Run, key: str) -> str:
    """A task's key and title, ready for a line of Markdown."""
    title = title_of(run, key)
    return f"{key} {inline(title, 120)}" if title else key


def title_of(run: Run, key: str) -> str:
    """A task's title as the planner wrote it; empty where there is none."""
    if run.plan is None or key not in run.plan.keys:
        return ""
    return run.plan.task(key).title


def count(number: int, noun: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def several(words: list[str] | tuple[str, ...], most: int = 0) -> str:
    """`a`, `a and b`, `a, b and c`; of more than `most`, where that is given: `a, b and 3 more`."""
    if 0 < most < len(words):
        words = [*words[:most], f"{len(words) - most} more"]
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


def minutes(amount: float) -> str:
    """A span people read: `2 min`, `30 s`."""
    return f"{amount:g} min" if amount >= 1 else f"{round(amount * 60)} s"


def clock(at: datetime) -> str:
    """A moment, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M UTC")
