"""The gate: facts first, then at most one structured call, and always a decision that may stand."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.pilot import PilotResult, decide, replan
from otto_bot.agents.pilot_prompt import GateRequest
from otto_bot.agents.rules import rules_decision
from otto_bot.core.effects import Effect
from otto_bot.core.events import DecisionMade, GateOpened, RunEvent
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.jobs.context import Context
from otto_bot.jobs.gate_request import gate_request
from otto_bot.jobs.learn import known_to, with_learnings
from otto_bot.jobs.money import budgeted, keep_records
from otto_bot.store.effect_rows import Ticket


async def run_pilot(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """GateOpened (once), then DecisionMade."""
    if run.gate is None:
        run = await context.record(run.id, GateOpened(at=context.now(), gate=effect.gate))
    gate = run.gate
    if gate is None or gate.number != effect.gate or gate.state is not GateState.OPENED:
        return []
    request = gate_request(context, run, gate, await known_to(context, run))
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
    return [await with_learnings(context, run, _made(context, run, gate, request, result))]


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
