"""The pilot: one structured call at a gate, held against the rules; then one repair, the plain replan, the rules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from otto_bot.agents.pilot_prompt import (
    PROMPT_VERSION,
    GateRequest,
    pilot_prompt,
    pilot_system,
    replan_prompt,
    replan_system,
)
from otto_bot.agents.rules import money_decision, rules_decision, with_order
from otto_bot.agents.structured import Asks, Record, ask_for, failed_record, repair, total
from otto_bot.core.decision import (
    Decider,
    Decision,
    PilotDecision,
    Rejection,
    ReplanOrder,
    settle,
)
from otto_bot.core.validation import validate
from otto_bot.core.values import Frozen, Usage
from otto_bot.model.calls import Block, ModelCall, Role
from otto_bot.model.errors import BudgetSpent, ModelError

Mode = Literal["decide", "shadow", "off"]
"""Whose word counts at a gate: the pilot's; the plain replan's, with the pilot beside it; the plain replan's alone."""
Keep = Callable[[Record], Awaitable[None]]
"""Stores a call the moment it has ended, whatever came of it."""

SHADOW_WHY = "the pilot runs in shadow: its analysis is shown, the plain replan decides"
OFF_WHY = "the pilot is off in this repository"
FIXED_WHY = "every cause has exactly one move; no model was needed"


class PilotResult(Frozen):
    """A decision that may stand, who made it and why not someone before it; every call made on the way.

    `rejections` are those of the last answer of the pilot that was rejected; the records hold each answer's own.
    """

    decision: Decision
    decided_by: Decider
    why: str
    records: tuple[Record, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    prompt_version: str = PROMPT_VERSION
    prompt_hash: str = ""

    @property
    def usage(self) -> Usage:
        """What all calls used together."""
        return total(self.records)

    @property
    def calls(self) -> int:
        """Calls that reached the model."""
        return sum(1 for record in self.records if not record.error)


class _Gate:
    """One gate being decided: the request, the model, and every call so far."""

    def __init__(self, model: Asks, request: GateRequest, keep: Keep | None) -> None:
        self.model = model
        self.request = request.bounded()
        self._keep = keep
        self.records: list[Record] = []
        self.rejections: tuple[Rejection, ...] = ()

    def result(self, decision: Decision, why: str) -> PilotResult:
        return PilotResult(
            decision=decision.model_copy(update={"why": why}),
            decided_by=decision.decided_by,
            why=why,
            records=tuple(self.records),
            rejections=self.rejections,
            prompt_hash=self.records[0].prompt_hash if self.records else "",
        )

    async def note(self, record: Record) -> None:
        """One more call has ended."""
        self.records.append(record)
        if self._keep is not None:
            await self._keep(record)

    def call(self, role: Role, tries: int, system: str, messages: list[Block]) -> ModelCall:
        request = self.request
        return ModelCall(
            role=role,
            run=request.run,
            gate=request.gate,
            tries=tries,
            model=request.model,
            system=system,
            messages=messages,
            max_tokens=request.max_tokens,
            timeout=request.timeout,
            schema=PilotDecision if role == "pilot" else ReplanOrder,
        )


class GateResult(Frozen):
    """What a gate comes to: the result that counts, and in shadow mode the one that would have."""

    result: PilotResult
    shadow: PilotResult | None = None


async def decide_gate(model: Asks, request: GateRequest, mode: Mode, keep: Keep | None = None) -> GateResult:
    """The whole way of a gate in a mode. A gate whose causes all have one move reaches no model in any mode."""
    if mode == "decide" or not request.facts.open_failures:
        return GateResult(result=await decide(model, request, keep))
    if mode == "off":
        return GateResult(result=await replan(model, request, OFF_WHY, keep))
    shadow = await decide(model, request, keep)
    if shadow.decided_by is not Decider.PILOT:
        # The pilot had no decision that may stand, so the plain replan, or the rules, were asked already.
        plain = shadow.model_copy(update={"why": f"{SHADOW_WHY}; {shadow.why}"})
        return GateResult(result=plain, shadow=shadow)
    plain = await replan(model, request, SHADOW_WHY, keep)
    shown = {"analysis": shadow.decision.analysis, "cross_task": shadow.decision.cross_task}
    return GateResult(
        result=plain.model_copy(update={"decision": plain.decision.model_copy(update=shown)}), shadow=shadow
    )


def settled(request: GateRequest) -> PilotResult:
    """What the rules alone say, in the plan's own order: where no failure is open to judgement."""
    decision = rules_decision(request.facts, FIXED_WHY, serial=False)
    return PilotResult(decision=decision, decided_by=decision.decided_by, why=FIXED_WHY)


async def decide(model: Asks, request: GateRequest, keep: Keep | None = None) -> PilotResult:
    """What happens after a gate. Always ends in a decision that may stand: pilot, else replan, else rules."""
    if not request.facts.open_failures:
        return settled(request)
    gate = _Gate(model, request, keep)
    messages: list[Block] = [{"role": "user", "content": pilot_prompt(gate.request)}]
    for tries in (1, 2):
        decision, text, reasons = await _pilot_call(gate, tries, messages)
        if decision is not None:
            return gate.result(decision, "" if tries == 1 else "accepted after one repair")
        if text is None:
            return await _replan(gate, f"the pilot's call failed: {reasons[0]}")
        messages = repair(messages, text, reasons)
    return await _replan(gate, f"the pilot's answer was rejected twice: {'; '.join(reasons[:3])}")


async def replan(model: Asks, request: GateRequest, why: str, keep: Keep | None = None) -> PilotResult:
    """The plain replan: default moves, the order by one simple call, else by the rules. `why` is told to people."""
    gate = _Gate(model, request, keep)
    return await _replan(gate, why)


async def _pilot_call(
    gate: _Gate, tries: int, messages: list[Block]
) -> tuple[Decision | None, str | None, tuple[str, ...]]:
    """The decision, or the answer's text and why it was rejected; no text = the call itself failed."""
    call = gate.call("pilot", tries, pilot_system(gate.request.nonce), messages)
    try:
        answer = await ask_for(gate.model, call, PilotDecision, gate.request.nonce)
    except ModelError as error:
        await gate.note(failed_record(call, gate.request.nonce, error))
        return None, None, (str(error),)
    if answer.value is None:
        found = tuple(Rejection(field="answer", reason=problem) for problem in answer.problems)
    else:
        found = validate(answer.value, gate.request.facts)
    if answer.value is not None and not found:
        await gate.note(answer.record)
        return settle(answer.value, gate.request.facts, Decider.PILOT), answer.record.text, ()
    reasons = tuple(f"{rejection.field}: {rejection.reason}" for rejection in found)
    gate.rejections = found
    await gate.note(answer.record.model_copy(update={"problems": reasons}))
    return None, answer.record.text, reasons


async def _replan(gate: _Gate, why: str) -> PilotResult:
    facts = gate.request.facts
    messages: list[Block] = [{"role": "user", "content": replan_prompt(gate.request)}]
    call = gate.call("replan", 1, replan_system(gate.request.nonce), messages)
    try:
        answer = await ask_for(gate.model, call, ReplanOrder, gate.request.nonce)
    except ModelError as error:
        await gate.note(failed_record(call, gate.request.nonce, error))
        why = f"{why}; the replan's call failed: {error}"
        broke = isinstance(error, BudgetSpent)
        return gate.result(money_decision(facts, why) if broke else rules_decision(facts, why), why)
    problems = answer.problems
    if answer.value is not None:
        raw = with_order(facts, answer.value.batches)
        problems = tuple(f"{rejection.field}: {rejection.reason}" for rejection in validate(raw, facts))
        if not problems:
            await gate.note(answer.record)
            return gate.result(settle(raw, facts, Decider.REPLAN), why)
    await gate.note(answer.record.model_copy(update={"problems": problems}))
    why = f"{why}; the replan's order was rejected: {'; '.join(problems[:3])}"
    return gate.result(rules_decision(facts, why), why)
