"""What a gate is decided on: facts, numbered evidence, history, what passed tasks found out, what is left."""

from __future__ import annotations

from otto_bot.agents.evidence_pack import Reported, number_evidence
from otto_bot.agents.pilot_prompt import GateRequest, Past, Told
from otto_bot.core import policy
from otto_bot.core.evidence import Excerpt
from otto_bot.core.run import Gate, Run, TaskState
from otto_bot.jobs.context import Context, failures_before


def gate_request(context: Context, run: Run, gate: Gate, learnings: tuple[str, ...] = ()) -> GateRequest:
    """The request a gate is decided on, from the run and the failures frozen at it."""
    pack = number_evidence(gate.failures, _reported(run))
    facts = policy.facts_for(run, gate, pack.by_id)
    past = [
        Past(
            task=key, attempt=f.attempt, strategy=_strategy(run, key, f.attempt), result=f"{f.cause.value}: {f.detail}"
        )
        for key in gate.tasks
        for f in failures_before(run, run.task(key), 10_000)
    ]
    told = [
        Told(task=key, text="\n".join(filter(None, [attempt.handoff.summary, *attempt.handoff.facts])))
        for key, task in run.tasks.items()
        if (attempt := task.last) is not None and (attempt.handoff.summary or attempt.handoff.facts)
    ]
    return GateRequest(
        run=str(run.id),
        gate=gate.number,
        model=run.config.models.for_pilot,
        facts=facts,
        failures=gate.failures,
        history=tuple(past),
        handoffs=tuple(told),
        learnings=learnings,
        attempts_left={key: policy.attempts_left(run, run.task(key)) for key in gate.tasks},
        usd_left=run.money.left,
        cut=pack.cut,
        nonce=context.nonce(),
    )


def _strategy(run: Run, key: str, number: int) -> str:
    attempt = next((a for a in run.task(key).attempts if a.number == number), None)
    return attempt.strategy.value if attempt is not None and attempt.strategy is not None else "first attempt"


def _reported(run: Run) -> list[Reported]:
    """What passed tasks found out that others should know: quotable too."""
    found = []
    for key, task in run.tasks.items():
        attempt = task.last
        if task.state in (TaskState.VERIFIED, TaskState.MERGED) and attempt is not None and attempt.handoff.facts:
            text = "\n".join(attempt.handoff.facts)
            excerpt = Excerpt(kind="handoff", source=f"{key} · what its coder found out", text=text)
            found.append(Reported(task=key, attempt=attempt.number, excerpt=excerpt))
    return found
