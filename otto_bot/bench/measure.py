"""What a run was worth: tasks recovered, attempts, money, skips, blame, people; and what its gates decided."""

from __future__ import annotations

import hashlib
from typing import Any

from otto_bot.bench.driver import Played
from otto_bot.bench.scenario import BenchScenario
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Decider, Decision
from otto_bot.core.events import DecisionMade
from otto_bot.core.evidence import CLASS_OF, Failure
from otto_bot.core.run import Gate, Run
from otto_bot.core.values import Frozen


class GateSeen(Frozen):
    """One gate: who decided, each task's cause, class and move, and the order."""

    number: int
    decided_by: str
    """Who decided first; `revised` says that a person changed it afterwards."""
    revised: bool = False
    why: str = ""
    causes: dict[str, str] = {}
    classes: dict[str, str] = {}
    hypotheses: tuple[str, ...] = ()
    first_moves: dict[str, str] = {}
    moves: dict[str, str] = {}
    """What was applied in the end."""
    movers: dict[str, str] = {}
    batches: tuple[tuple[str, ...], ...] = ()
    calls: int = 0
    usd: float = 0.0
    outcomes: dict[str, str] = {}


class Measured(Frozen):
    """The figures of one run. Money is US dollars; `evidence` maps each first failure to a hash of its excerpts."""

    scenario: str
    arm: str
    seed: int
    outcome: str
    states: dict[str, str]
    attempts_by_task: dict[str, int]
    recoverable: int
    recovered: int
    attempts: int
    wasted: int
    usd: float
    gate_usd: float
    gate_calls: int
    blamed: int
    blamed_right: int
    moved: int
    moved_right: int
    skips: tuple[str, ...]
    wrong_skips: tuple[str, ...]
    ask_needed: int
    asked_needed: int
    asked_needlessly: int
    gates: tuple[GateSeen, ...]
    evidence: dict[str, str]
    said: tuple[tuple[str, ...], ...] = ()
    """What the person answered, each time that one was called."""
    problems: tuple[str, ...] = ()
    events: tuple[dict[str, Any], ...] = ()


def measure(scenario: BenchScenario, played: Played) -> Measured:
    """The figures of a run at rest."""
    run, truth = played.run, scenario.bench.truth
    first = first_failures(run)
    blame = [(key, said) for key, said in first_classes(run).items() if key in truth.classes]
    gates = tuple(_seen(gate, _made(played, gate)) for gate in run.gates)
    moves = [(key, said) for key, said in first_moves(gates).items() if key in truth.actions]
    skips = tuple(key for key, task in run.tasks.items() if task.state is TaskState.SKIPPED)
    asked = {key for one in played.asked for key in one.tasks}
    return Measured(
        scenario=played.scenario,
        arm=played.variant.arm,
        seed=played.variant.seed,
        outcome=run.outcome.value if run.outcome else "none",
        states={key: task.state.value for key, task in run.tasks.items()},
        attempts_by_task={key: len(task.attempts) for key, task in run.tasks.items()},
        recoverable=len(truth.recoverable),
        recovered=sum(1 for key in truth.recoverable if run.tasks[key].state is TaskState.MERGED),
        attempts=sum(len(task.attempts) for task in run.tasks.values()),
        wasted=sum(1 for task in run.tasks.values() for a in task.attempts if a.number > 1 and a.failure is not None),
        usd=round(run.money.settled, 6),
        gate_usd=round(sum(gate.usd for gate in run.gates), 6),
        gate_calls=sum(gate.calls for gate in run.gates),
        blamed=len(blame),
        blamed_right=sum(1 for key, said in blame if said == truth.classes[key].value),
        moved=len(moves),
        moved_right=sum(1 for key, said in moves if said in truth.actions[key]),
        skips=skips,
        wrong_skips=tuple(key for key in skips if key not in truth.right_skips),
        ask_needed=len(truth.ask_needed),
        asked_needed=sum(1 for key in truth.ask_needed if key in asked),
        asked_needlessly=sum(1 for one in played.asked if not one.needed),
        gates=gates,
        evidence={key: _hash(failure) for key, failure in first.items()},
        said=tuple(one.said for one in played.asked),
        problems=played.problems,
        events=tuple({"seq": item.seq, **item.event.model_dump(mode="json", by_alias=True)} for item in played.events),
    )


def first_failures(run: Run) -> dict[str, Failure]:
    """Each task's first failure, as the first gate that saw it froze it."""
    found: dict[str, Failure] = {}
    for gate in run.gates:
        for failure in gate.failures:
            found.setdefault(failure.task, failure)
    return found


def first_classes(run: Run) -> dict[str, str]:
    """What each task's first failure was said to be: by the pilot, else by the facts alone."""
    found: dict[str, str] = {}
    for gate in run.gates:
        for failure in gate.failures:
            found.setdefault(failure.task, class_said(gate, failure))
    return found


def class_said(gate: Gate, failure: Failure) -> str:
    """The class shown for a failure; empty where nobody knows."""
    analysis = gate.decision.analysis if gate.decision is not None else ()
    said = next((one.class_ for one in analysis if one.task == failure.task), None)
    known = said or failure.class_hint or CLASS_OF[failure.cause]
    return known.value if known is not None else ""


def first_moves(gates: tuple[GateSeen, ...]) -> dict[str, str]:
    """What was first decided about each failed task by anything but a person."""
    found: dict[str, str] = {}
    for gate in gates:
        if gate.decided_by != Decider.HUMAN:
            for task, action in gate.first_moves.items():
                found.setdefault(task, action)
    return found


def _made(played: Played, gate: Gate) -> Decision | None:
    """The decision as it was made, before anyone changed it."""
    made = (item.event for item in played.events if isinstance(item.event, DecisionMade) and not item.refused)
    return next((event.decision for event in made if event.gate == gate.number), gate.decision)


def _seen(gate: Gate, made: Decision | None) -> GateSeen:
    decision = gate.decision
    if decision is None or made is None:
        return GateSeen(number=gate.number, decided_by="")
    return GateSeen(
        number=gate.number,
        decided_by=made.decided_by.value,
        revised=decision.decided_by is not made.decided_by,
        why=made.why,
        causes={failure.task: failure.cause.value for failure in gate.failures},
        classes={failure.task: class_said(gate, failure) for failure in gate.failures},
        hypotheses=tuple(one.task for one in made.analysis if one.hypothesis),
        first_moves={move.task: move.action.value for move in made.moves},
        moves={move.task: move.action.value for move in decision.moves},
        movers={move.task: (move.decided_by or decision.decided_by).value for move in decision.moves},
        batches=decision.batches,
        calls=gate.calls,
        usd=gate.usd,
        outcomes=gate.outcomes,
    )


def _hash(failure: Failure) -> str:
    text = "\n".join(f"{excerpt.kind}|{excerpt.source}|{excerpt.text}" for excerpt in failure.excerpts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
