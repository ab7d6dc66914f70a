"""Small makers of plans, runs and events for the heart's tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from otto_bot.core import events as e
from otto_bot.core.attempt import Attempt, TaskState, target_of
from otto_bot.core.commands import Command, Given, parse_line
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.decision import Action, Decider, Decision, Move
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Cause, Failure, Phase
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.machine import reduce
from otto_bot.core.plan import Criterion, Plan, Relation, RelationSpec, TaskSpec
from otto_bot.core.run import Run
from otto_bot.core.values import Person, Repo
from otto_bot.core.verdict import Verdict

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
REPO = Repo(id=7, installation_id=3, owner="octo", name="app", default_branch="main")
ANNA = Person(id=11, login="anna")


def at(seconds: float = 0) -> datetime:
    return T0 + timedelta(seconds=seconds)


def spec(key: str, *needs: str) -> TaskSpec:
    return TaskSpec(key=key, title=f"task {key}", goal="g", criteria=(Criterion(id="c1", text="c"),), depends_on=needs)


def plan(*tasks: TaskSpec | str, apart: Iterable[tuple[str, str]] = (), kind: Relation = Relation.ADDITIVE) -> Plan:
    made = tuple(spec(task) if isinstance(task, str) else task for task in tasks)
    relations = tuple(RelationSpec(a=a, b=b, kind=kind) for a, b in apart)
    return Plan(summary="s", mode="decomposed" if len(made) > 1 else "single", tasks=made, relations=relations)


def config(**parts: Any) -> Config:
    return Config.model_validate(parts)


def run_started(**changes: Any) -> e.RunStarted:
    given: dict[str, Any] = {"at": T0, "run_id": 1, "repo": REPO, "issue": 4, "ordinal": 1, "title": "T", "body": "B"}
    return e.RunStarted(**{**given, "actor": ANNA, "caps": HostCaps(), **changes})


def prepared(settings: Config | None = None, exposed: Exposure | None = None) -> e.Prepared:
    return e.Prepared(
        scans=True,
        at=T0,
        config=settings or Config(),
        base_sha="base",
        lane=Lane(kind=LaneKind.PUSH, why="w"),
        exposure=exposed or Exposure(items=(), files_hash="h"),
        prefix="otto",
    )


def fold(run: Run | None, *events: RunEvent) -> Run:
    """The run after these events."""
    for event in events:
        run = reduce(run, event)
    assert run is not None
    return run


def failure(task: str, attempt: int = 1, cause: Cause = Cause.TEST, **changes: Any) -> Failure:
    given: dict[str, Any] = {"task": task, "attempt": attempt, "phase": Phase.VERIFY, "cause": cause}
    return Failure(**{**given, "fingerprint": f"{cause.value}:{task}", **changes})


def planned(made: Plan, settings: Config | None = None, **start: Any) -> Run:
    """A run whose plan waits to be posted."""
    return fold(None, run_started(**start), prepared(settings), e.PlanMade(at=T0, number=0, plan=made))


def executing(made: Plan, settings: Config | None = None, *, baseline: str = "green", **start: Any) -> Run:
    """A run whose pull request is open; the baseline has ended as told."""
    run = planned(made, settings, **start)
    run = fold(run, e.PlanPosted(at=T0, revision=1, comment_id=5))
    if not run.plan_approved_by:
        run = fold(run, said("/otto approve"))
    opened = e.PullRequestOpened(at=T0, number=2, node_id="n", head_sha="head", head_tree="tree-head")
    run = fold(run, opened)
    if baseline:
        run = fold(run, e.VerificationEnded.model_validate(
            {"at": T0, "target": "baseline", "sha": "head", "ending": baseline}
        ))  # fmt: skip
    return run


def started(key: str, number: int = 1, **changes: Any) -> e.AttemptStarted:
    given: dict[str, Any] = {
        "at": T0,
        "task": key,
        "attempt": number,
        "base_sha": "head",
        "branch": f"b-{key}-{number}",
    }
    return e.AttemptStarted(**{**given, **changes})


def coded(key: str, number: int = 1) -> e.AttemptCoded:
    sha = f"{key}-{number}"
    return e.AttemptCoded(at=T0, task=key, attempt=number, sha=f"sha-{sha}", tree=f"tree-{sha}")


def pushed(key: str, number: int = 1, pull: int | None = None) -> e.AttemptPushed:
    return e.AttemptPushed(at=T0, task=key, attempt=number, sha=f"sha-{key}-{number}", pull_request=pull)


def ended(key: str, number: int = 1, ending: str = "green", why: Failure | None = None) -> e.VerificationEnded:
    if ending != "green" and why is None:
        why = failure(key, number)
    given = {"at": T0, "target": target_of(key, number), "sha": f"sha-{key}-{number}", "ending": ending, "failure": why}
    return e.VerificationEnded.model_validate(given)


def judged(key: str, number: int = 1, why: Failure | None = None) -> e.JudgeEnded:
    return e.JudgeEnded(at=T0, task=key, attempt=number, verdict=Verdict(items=()), failure=why)


def to_verifying(key: str, number: int = 1) -> list[RunEvent]:
    return [started(key, number), coded(key, number), pushed(key, number)]


def to_verified(key: str, number: int = 1) -> list[RunEvent]:
    return [*to_verifying(key, number), ended(key, number), judged(key, number)]


def to_failed(key: str, number: int = 1, cause: Cause = Cause.TEST, **changes: Any) -> list[RunEvent]:
    return [*to_verifying(key, number), ended(key, number, "red", failure(key, number, cause, **changes))]


def merge_all(run: Run, sha: str = "m") -> Run:
    """Build the candidate, let it be green, fast-forward."""
    integration = run.integration
    assert integration is not None
    where: dict[str, Any] = {"batch": integration.batch, "step": integration.step, "tasks": integration.merging}
    name = f"{sha}-{integration.batch}-{integration.step}"
    run = fold(run, e.CandidateBuilt(at=T0, sha=name, tree=f"tree-{name}", branch="c", **where))
    target = f"b{integration.batch}/s{integration.step}"
    if run.integration is not None and not run.integration.ready:
        run = fold(run, e.VerificationEnded(at=T0, target=target, sha=name, ending="green"))
    return fold(run, e.TasksMerged(at=T0, sha=name, tree=f"tree-{name}", **where))


def said(line: str, key: str | None = None, seconds: float = 0) -> e.CommandGiven:
    """A command as if it stood in a comment. The line is its own key unless one is given."""
    command = parse_line(line)
    assert isinstance(command, Command), command
    return e.CommandGiven(at=at(seconds), given=Given(key=key or f"{line}@{seconds}", command=command, by=ANNA))


def decision(moves: dict[str, str], order: Sequence[Sequence[str]] | None = None, **changes: Any) -> Decision:
    """A pilot's decision: task → action."""
    made = []
    for key, action in moves.items():
        guidance = "do it so" if action == "retry_different" else ""
        question = "which?" if action == "ask" else ""
        by = Decider.RULES if action in ("rerun", "hold") else None
        words = {"guidance": guidance, "question": question, "reason": "because"}
        made.append(Move(task=key, action=Action(action), decided_by=by, **words))
    given: dict[str, Any] = {"decided_by": Decider.PILOT, "moves": tuple(made)}
    if order is not None:
        given["batches"] = tuple(tuple(batch) for batch in order)
    return Decision(**{**given, **changes})


def gate(run: Run, moves: dict[str, str], order: Sequence[Sequence[str]] | None = None, **changes: Any) -> Run:
    """Open the gate and let the pilot decide."""
    number = len(run.gates) + 1
    made = decision(moves, order, **changes)
    return fold(run, e.GateOpened(at=T0, gate=number), e.DecisionMade(at=T0, gate=number, decision=made))


def posted(run: Run, seconds: float = 0) -> Run:
    """The waiting decision's comment stands."""
    made = run.gates[-1]
    return fold(run, e.DecisionPosted(at=at(seconds), gate=made.number, revision=made.revision, comment_id=90))


def applied(run: Run, seconds: float = 3600) -> Run:
    """Grace has passed (or someone said yes)."""
    made = run.gates[-1]
    return fold(run, e.DecisionApplied(at=at(seconds), gate=made.number, revision=made.revision))


def states(run: Run) -> dict[str, str]:
    return {key: task.state.value for key, task in run.tasks.items()}


def with_state(run: Run, key: str, state: TaskState, **changes: Any) -> Run:
    """The run with one task put into a state by hand; it gets an attempt where the state needs one."""
    attempt = Attempt(number=1, branch="b", base_sha="head", sha=f"sha-{key}-1", tree=f"tree-{key}-1")
    if state is TaskState.FAILED:
        attempt = attempt.model_copy(update={"failure": failure(key)})
    without = {TaskState.PENDING, TaskState.BLOCKED, TaskState.SKIPPED}
    given = {"state": state, "attempts": () if state in without else (attempt,), **changes}
    if state is TaskState.MERGED:
        run = run.model_copy(update={"green_trees": run.green_trees | {f"tree-{key}-1"}})
    return run.with_task(run.task(key).model_copy(update=given))
