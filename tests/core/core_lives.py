"""Lives of the simulator for the heart's tests: one of a plan and a seed, or one that goes on from an old run."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from otto_bot.bench.simulate.github import Pull
from otto_bot.bench.simulate.ledger import Kept
from otto_bot.bench.simulate.lives import Faults, Life, plain_life
from otto_bot.bench.simulate.makers import T0
from otto_bot.bench.simulate.refs import Commit
from otto_bot.bench.simulate.world import World, calm
from otto_bot.core.decision import Decision
from otto_bot.core.plan import Plan
from otto_bot.core.reviewing import gate_surface
from otto_bot.core.run import Run


def lived(seed: int, plan: Plan, **changes: Any) -> World:
    """A short, troubled life of one run that builds, until it rests."""
    faults = Faults(work=0.4, lost=0.05, late=0.1, twice=0.1, crash=0.003)
    given: dict[str, Any] = {"kind": "build", "runs": 1, "plan": plan, "faults": faults, "kind_after": 150, **changes}
    world = World(replace(plain_life(seed), **given))
    world.live()
    return world


def run_of(world: World) -> Run:
    """The first run of a life."""
    return world.ledger.runs[1].run


def adopted(run: Run, at: datetime) -> World:
    """A calm world whose GitHub has everything that a run of an old ledger believes to be there."""
    assert run.plan is not None
    life: Life = calm(replace(plain_life(1), plan=run.plan, config=run.config, caps=run.caps, runs=1, workers=1))
    assert run.lane is not None
    world = World(replace(life, lane=run.lane.kind, base_moves=0))
    world.clock.seconds = (at - T0).total_seconds() + 1.0
    refs, github = world.github.refs, world.github
    refs.add(Commit(run.base_sha, (), frozenset({"base"}), "bob"))
    refs.heads["main"] = run.base_sha
    parts = {"base"} | {f"{run.id}/{key}/merged" for key, task in run.tasks.items() if task.merged_sha}
    if run.pull_request is not None:
        refs.add(Commit(run.head, (run.base_sha,), frozenset(parts), "otto[bot]", run.head_tree))
        refs.heads[run.run_branch] = run.head
        github.pulls[run.pull_request] = _pull(run)
    for task in run.tasks.values():
        for attempt in task.attempts:
            own = frozenset({*parts, f"{run.id}/{task.key}/a{attempt.number}"})
            if attempt.sha is not None:
                refs.add(Commit(attempt.sha, (run.head,), own, "otto[bot]", attempt.tree or ""))
                refs.heads.setdefault(attempt.branch, attempt.sha)
    every = frozenset({*parts, *(f"{run.id}/{key}/a" for key in run.tasks)})
    for seen in run.verifications.values():
        refs.add(Commit(seen.sha, (run.head,), every, "otto[bot]", seen.tree))
        refs.heads.setdefault(seen.branch, seen.sha)
    for branch, number in run.verification_prs.items():
        github.pulls[number] = Pull(number, branch, open=number not in run.closed_prs)
    github.actions.green.update(dict.fromkeys(run.green_trees, run.started_at))
    github.upsert(f"{run.id}/plan", run.issue, {"plan": run.plan_revision})
    for gate in run.gates:
        if gate.comment_id is not None and gate.decision is not None:
            github.upsert(f"{run.id}/{gate_surface(gate)}", run.pull_request or 0,
                          {f"g{gate.number}": (gate.revision, _moves(gate.decision))})  # fmt: skip
    world.purse.granted("before", run.money.cap)
    world.ledger.runs[run.id] = Kept(run, "label/1")
    world.ledger.look(run.id, world.clock.now)
    return world


def _moves(decision: Decision) -> dict[str, str]:
    return {move.task: move.action.value for move in decision.moves}


def _pull(run: Run) -> Pull:
    return Pull(run.pull_request or 0, run.run_branch)
