"""Random gates for property tests: any relations and states, decisions that hold and decisions that do not."""

from __future__ import annotations

import random
from typing import Any

from core_builders import T0, executing, failure, fold, spec, with_state

from otto_bot.core import events as e
from otto_bot.core import policy
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Facts, PilotDecision, expected_tasks
from otto_bot.core.evidence import Cause, EvidenceItem, Excerpt, Phase, Progress
from otto_bot.core.plan import Plan, Relation, RelationSpec, batches
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.tasks import block, reorder

WORDS = "it broke here in line 7"
ACTIONS = ["retry", "retry_different", "restart_fresh", "skip", "ask"]


def random_plan(dice: random.Random) -> Plan:
    """Up to seven tasks, dependencies forward only, any relation between any two."""
    keys = [f"t{n}" for n in range(1, dice.randint(1, 7) + 1)]
    tasks = tuple(spec(key, *[need for need in keys[:n] if dice.random() < 0.25]) for n, key in enumerate(keys))
    pairs = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if dice.random() < 0.4]
    relations = tuple(RelationSpec(a=a, b=b, kind=dice.choice(list(Relation))) for a, b in pairs)
    return Plan(summary="s", mode="decomposed", tasks=tasks, relations=relations)


def random_gate(dice: random.Random) -> Run | None:
    """A run whose gate has just opened; None where nothing failed."""
    made = random_plan(dice)
    run = executing(made)
    needs = made.depends()
    for key in made.keys:
        if not all(run.tasks[need].state is TaskState.MERGED for need in needs[key]):
            continue
        state = dice.choice([TaskState.MERGED, TaskState.MERGED, TaskState.FAILED, TaskState.FAILED, TaskState.PENDING,
                             TaskState.ASKED, TaskState.HELD, TaskState.SKIPPED])  # fmt: skip
        run = with_state(run, key, state)
        if state is TaskState.FAILED:
            run = _failed(run, key, dice)
    if not any(task.state is TaskState.FAILED for task in run.tasks.values()):
        return None
    run = reorder(block(run).model_copy(update={"phase": RunPhase.GATE}), (), keep_current=False)
    run = fold(run, e.GateOpened(at=T0, gate=1))
    return run if run.gate is not None else None


def _failed(run: Run, key: str, dice: random.Random) -> Run:
    """The task's first attempt failed of anything, sometimes after as many attempts as there may be."""
    task = run.task(key)
    assert task.last is not None
    why = failure(
        key, 1, dice.choice(list(Cause)), phase=dice.choice(list(Phase)), progress=dice.choice(list(Progress)),
        pre_existing=dice.random() < 0.1,
    )  # fmt: skip
    attempt = task.last.model_copy(update={"failure": why})
    reruns = {why.cause.value: dice.randint(0, 2)}
    changes = {"attempts": (attempt,), "reruns": reruns, "rerun_count": sum(reruns.values())}
    return run.with_task(task.model_copy(update={**changes, "granted": dice.choice([0, 0, -2])}))


def facts_of(run: Run) -> Facts:
    """What a decision at the open gate is held against, with one log and one text a failure."""
    gate = run.gate
    assert gate is not None
    items = {}
    for number, why in enumerate(gate.failures, start=1):
        for offset, kind in ((0, "log"), (50, "spec")):
            excerpt = Excerpt.model_validate({"kind": kind, "source": "s", "text": WORDS})
            items[f"E{number + offset}"] = EvidenceItem(id=f"E{number + offset}", task=why.task, excerpt=excerpt)
    return policy.facts_for(run, gate, items)


def good_answer(facts: Facts, dice: random.Random) -> dict[str, Any]:
    """An answer that holds: any allowed move, skips with grounds, the order that follows."""
    items = {item.task: key for key, item in facts.evidence.items() if item.excerpt.kind == "log"}
    strategies = []
    for key, allowed in facts.open_failures.items():
        action = dice.choice(sorted(allowed))
        strategies.append({
            "task": key, "action": str(action), "reason": "because",
            "guidance": "use `{dicts}`" if action == "retry_different" else "",
            "question": "Tuples or dicts?" if action == "ask" else None,
        })  # fmt: skip
    cite = [{"evidence": next(iter(facts.evidence), "E1"), "quote": "broke here"}]
    skips = [{"task": key, "reason": "of no use"} for key in sorted(facts.pending) if dice.random() < 0.2]
    raw: dict[str, Any] = {
        "failure_analysis": [
            {"task": key, "class": "spec", "summary": "so", "citations": [{"evidence": items[key], "quote": WORDS}]}
            for key in facts.open_failures
        ],
        "cross_task": [{"tasks": [skip["task"] for skip in skips], "finding": "all", "citations": cite}],
        "retry_strategies": strategies,
        "skip_tasks": skips,
        "routed_context": [
            {"target_task": key, "context": "dicts", "citations": [{"evidence": e_id, "quote": "line 7"}]}
            for key in sorted(facts.pending) for e_id in [next(iter(facts.evidence), "E1")]
        ],
        "new_learnings": None,
    }  # fmt: skip
    order = batches(facts.plan, expected_tasks(PilotDecision.model_validate(raw), facts))
    return {**raw, "batches": [list(batch) for batch in order]}


def spoiled(good: dict[str, Any], facts: Facts, dice: random.Random) -> dict[str, Any]:
    """The same made wrong in one to three ways."""
    bad = {**good, "batches": [list(batch) for batch in good["batches"]]}
    keys = [*facts.plan.keys, "t99", "", "T1", "t1\n"]
    for _ in range(dice.randint(1, 3)):
        way = dice.randrange(9)
        if way == 0:
            bad["skip_tasks"] = [*bad["skip_tasks"], {"task": dice.choice(keys), "reason": "gone"}]
        elif way == 1:
            bad["batches"] = [*bad["batches"], [dice.choice(keys)]]
        elif way == 2:
            bad["batches"] = bad["batches"][::-1]
        elif way == 3:
            bad["batches"] = [[key for batch in bad["batches"] for key in batch]]
        elif way == 4:
            bad["retry_strategies"] = [*bad["retry_strategies"], {"task": dice.choice(keys), "action": "retry"}]
        elif way == 5:
            bad["retry_strategies"] = [
                {**s, "action": dice.choice([*ACTIONS, "boom"])} for s in bad["retry_strategies"]
            ]
        elif way == 6:
            bad["routed_context"] = [{"target_task": dice.choice(keys), "context": "x"}]
        elif way == 7:
            bad["batches"] = [[], *bad["batches"][1:]]
        else:
            bad["retry_strategies"] = bad["retry_strategies"][1:]
    return bad
