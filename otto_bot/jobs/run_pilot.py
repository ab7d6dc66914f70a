"""The gate: facts first, then at most one structured call, and always a decision that may stand."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.agents.pilot import GateResult, Mode, PilotResult, decide_gate, settled
from otto_bot.agents.pilot_prompt import GateRequest
from otto_bot.core.config import PilotConfig
from otto_bot.core.effects import Effect
from otto_bot.core.events import DecisionMade, GateOpened, RunEvent
from otto_bot.core.gate_account import GateReply, Shadow
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.jobs.context import Context
from otto_bot.jobs.gate_ledger import GateLedger, kept_form
from otto_bot.jobs.gate_request import gate_request
from otto_bot.jobs.learn import known_to, with_learnings
from otto_bot.jobs.money import budgeted
from otto_bot.jobs.outages import PatientModel
from otto_bot.store.effect_rows import Ticket


async def run_pilot(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """GateOpened (once), then DecisionMade."""
    if run.gate is None:
        run = await context.record(run.id, GateOpened(at=context.now(), gate=effect.gate))
    gate = run.gate
    if gate is None or gate.number != effect.gate or gate.state is not GateState.OPENED:
        return []
    asked = await gate_request(context, run, gate, await known_to(context, run))
    request = kept_form(asked, context.redactor)
    ledger = GateLedger(context, run.id, ticket)
    stored = await ledger.keep_request(request)
    if not request.facts.open_failures:
        made = GateResult(result=settled(request))
    else:
        trouble = run.trouble.get(effect.key)
        model = PatientModel(budgeted(context, run), trouble.count if trouble is not None else 0)
        made = await decide_gate(model, request, mode_of(run.config.pilot), ledger.keep)
    event = _made(context, gate, request, stored, made, tuple(ledger.replies))
    return [await with_learnings(context, run, event)]


def mode_of(config: PilotConfig) -> Mode:
    """Whose word counts in this repository."""
    if not config.enabled:
        return "off"
    return "shadow" if config.mode == "shadow" else "decide"


def _made(
    context: Context, gate: Gate, request: GateRequest, stored: str, made: GateResult, replies: tuple[GateReply, ...]
) -> DecisionMade:
    result, shadow = made.result, made.shadow
    return DecisionMade(
        at=context.now(),
        gate=gate.number,
        decision=result.decision.model_copy(update={"decided_by": result.decided_by, "why": result.why}),
        evidence=tuple(request.facts.evidence.values()),
        cut="; ".join(request.cut)[:1000],
        model=request.model if replies else "",
        prompt_hash=(shadow or result).prompt_hash,
        calls=len(replies),
        usd=round(sum(reply.usage.usd for reply in replies), 6),
        rejections=tuple(f"{r.field}: {r.reason}" for r in (shadow or result).rejections)[:20],
        request=stored,
        prompt_version=result.prompt_version if replies else "",
        replies=replies,
        shadow=None if shadow is None else _shadow(shadow),
    )


def _shadow(result: PilotResult) -> Shadow:
    """Costs are those of the pilot's own calls: a replan after them is the one that decides."""
    own = [record for record in result.records if record.role == "pilot"]
    return Shadow(
        decision=result.decision.model_copy(update={"decided_by": result.decided_by, "why": result.why}),
        usd=round(sum(record.usage.usd for record in own), 6),
        seconds=round(sum(record.latency_seconds for record in own), 3),
    )
