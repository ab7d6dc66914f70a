"""Simulated jobs that write what people see: comments, checks, labels, calls, answers."""

from __future__ import annotations

from otto_bot.bench.simulate.jobs.case import Case, Steps
from otto_bot.bench.simulate.makers import ISSUE, OTTO
from otto_bot.core import events as e
from otto_bot.core.events import RunEvent
from otto_bot.core.reviewing import told_by, told_together
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.core.surfaces import LABELS, PULL, labels, surfaces
from otto_bot.core.waits import waits_for


def gate_says(case: Case, run: Run, gate: Gate) -> dict[str, object]:
    """What the comment of a gate tells: of each gate in it the revision and its moves."""
    says: dict[str, object] = {"text": case.world.words(run, f"gate/g{gate.shares or gate.number}")}
    for one in (*told_together(run, gate), gate):
        moves = {} if one.decision is None else {move.task: move.action.value for move in one.decision.moves}
        says[f"g{one.number}"] = (one.revision, moves)
    return says


def show(case: Case) -> Steps[list[RunEvent]]:
    """Each surface as it should be now."""
    run, name = case.run, case.effect.target
    digest = surfaces(run).get(name)
    if digest is None or run.shown.get(name) == digest:
        return []
    number = yield from case.write(lambda: _written(case, run, name))
    return [e.Published(at=case.now, surface=name, digest=digest, github_id=number)]


def _written(case: Case, run: Run, name: str) -> int | None:
    """The surface on GitHub; its id."""
    github, kind = case.github, name.partition("/")[0]
    marker, words = f"{run.id}/{name}", case.world.words(run, name)
    if name == LABELS:
        github.labels.update(labels(run))
        return None
    if kind == "check":
        sha = run.head if name == "check/run" else _head_of(run, name)
        return None if sha is None else github.check(sha, marker, words)
    if name == PULL:
        return run.pull_request
    if kind == "label":
        return None
    if kind == "gate":
        gate: Gate | None = told_by(run).get(name)
        if gate is None or run.pull_request is None:
            return None
        return github.upsert(marker, run.pull_request, gate_says(case, run, gate))
    says: dict[str, object] = {"text": words}
    if kind == "journeys":
        one = run.journeys[int(name.rpartition("/n")[2]) - 1]
        says |= {"revision": one.posted_revision}
    if name == "plan":
        says |= {"plan": run.plan_revision}
    return github.upsert(marker, (run.pull_request or ISSUE) if kind == "journeys" else ISSUE, says)


def _head_of(run: Run, name: str) -> str | None:
    _, key, number = name.split("/")
    return next(one.sha for one in run.task(key).attempts if one.number == int(number.removeprefix("a")))


def call(case: Case) -> Steps[list[RunEvent]]:
    """One new comment for each wait, with the words that help."""
    run, target = case.run, case.effect.target
    wait = waits_for(run)
    if wait is None or wait.key != target.removesuffix("/reminder"):
        return []
    where = run.pull_request if wait.kind in ("gate", "tasks", "journeys", "closed") and run.pull_request else ISSUE
    says: dict[str, object] = {"wait": wait}
    yield from case.write(lambda: case.github.upsert(f"{run.id}/call/{target}", where, says))
    case.world.people.called(run.id, wait)
    return [e.PersonCalled(at=case.now, wait=target)]


def reply(case: Case) -> Steps[list[RunEvent]]:
    """One reply for each command that owes one."""
    owed = next((one for one in case.run.replies if one.number == case.effect.number), None)
    if owed is None:
        return []
    says: dict[str, object] = {"to": owed.comment_id, "key": owed.key}
    marker = f"{case.run.id}/reply/{owed.number}"
    yield from case.write(lambda: case.github.upsert(marker, owed.where, says))
    return [e.Replied(at=case.now, number=owed.number)]


def tidy(case: Case) -> Steps[list[RunEvent]]:
    """A verification pull request that has served is closed."""
    number = case.effect.number

    def close() -> None:
        case.world.watch.tidied(case.latest(), case.github.pulls[number].branch)
        case.github.close_pull(number, False, OTTO)

    if case.github.pulls[number].open:
        yield from case.write(close)
    return [e.Tidied(at=case.now, number=number)]


def time_up(case: Case) -> Steps[list[RunEvent]]:
    """The run's minutes are over."""
    yield 0.1
    return [e.TimeUsedUp(at=case.now)]


def says_gate(says: dict[str, object], gate: Gate) -> bool:
    """Whether a comment's content tells of this gate in the revision that counts."""
    told = says.get(f"g{gate.number}")
    return isinstance(told, tuple) and told[0] == gate.revision and gate.state is not GateState.OPENED
