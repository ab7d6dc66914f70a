"""The gate: facts first, then at most one structured call, and always a decision that may stand."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.evidence_pack import Reported, number_evidence
from otto_bot.agents.pilot import PilotResult, decide, replan
from otto_bot.agents.pilot_prompt import GateRequest, Past, Told
from otto_bot.agents.rules import rules_decision
from otto_bot.core import policy
from otto_bot.core.effects import Effect
from otto_bot.core.events import DecisionMade, GateOpened, RunEvent
from otto_bot.core.evidence import Excerpt
from otto_bot.core.run import Gate, GateState, Run, TaskState
from otto_bot.jobs.context import Context, failures_before
from otto_bot.jobs.money import budgeted, keep_records
from otto_bot.store.effect_rows import Ticket


async def run_pilot(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """GateOpened (once), then DecisionMade."""
    if run.gate is None:
        run = await context.record(run.id, GateOpened(at=context.now(), gate=effect.gate))
    gate = run.gate
    if gate is None or gate.number != effect.gate or gate.state is not GateState.OPENED:
        return []
    request = _request(context, run, gate)
    if not request.facts.open_failures:
        why = "every cause has exactly one move; no model was needed"
        decision = rules_decision(request.facts, why, serial=False)
        items = tuple(request.facts.evidence.values())
        return [DecisionMade(at=context.now(), gate=gate.number, decision=decision, evidence=items)]
    model = budgeted(context, run)
    if run.config.pilot.enabled and run.config.pilot.mode == "decide":
        result = await decide(model, request)
    else:
        result = await _without_pilot(context, run, request)
    await keep_records(context, run, effect.key, result.records)
    return [_made(context, run, gate, request, result)]


async def _without_pilot(context: Context, run: Run, request: GateRequest) -> PilotResult:
    """`pilot: false`: the plain replan. `mode: shadow`: the analysis is shown, the plain replan decides."""
    model = budgeted(context, run)
    if not run.config.pilot.enabled:
        return await replan(model, request, "the pilot is off in this repository")
    shadow = await decide(model, request)
    plain = await replan(model, request, "the pilot runs in shadow: its analysis is shown, the plain replan decides")
    shown = {"analysis": shadow.decision.analysis, "cross_task": shadow.decision.cross_task}
    decision = plain.decision.model_copy(update=shown)
    return plain.model_copy(update={"decision": decision, "records": (*shadow.records, *plain.records)})


def _request(context: Context, run: Run, gate: Gate) -> GateRequest:
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


def _made(context: Context, run: Run, gate: Gate, request: GateRequest, result: PilotResult) -> DecisionMade:
    return DecisionMade(
        at=context.now(),
        gate=gate.number,
        decision=result.decision.model_copy(update={"decided_by": result.decided_by, "why": result.why}),
        evidence=tuple(request.facts.evidence.values()),
        cut="; ".join(request.cut)[:1000],
        model=run.config.models.for_pilot,
        prompt_hash=result.prompt_hash,
        calls=len(result.records),
        usd=round(result.usage.usd, 6),
        rejections=tuple(f"{r.field}: {r.reason}" for r in result.rejections)[:20],
    )
