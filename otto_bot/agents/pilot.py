"""The pilot: one structured call at a gate, held against the rules; then one repair, the plain replan, the rules."""

from __future__ import annotations

from otto_bot.agents.pilot_prompt import (
    PROMPT_VERSION,
    GateRequest,
    pilot_prompt,
    pilot_system,
    replan_prompt,
    replan_system,
)
from otto_bot.agents.rules import rules_decision, with_order
from otto_bot.agents.structured import Record, ask_for, failed_record, repair, total
from otto_bot.core.decision import (
    Decider,
    Decision,
    PilotDecision,
    Rejection,
    ReplanOrder,
    settle,
    validate,
)
from otto_bot.core.values import Frozen, Usage
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.calls import Block, ModelCall, Role
from otto_bot.model.errors import ModelError


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

    def __init__(self, model: BudgetedModel, request: GateRequest) -> None:
        self.model = model
        self.request = request.bounded()
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


async def decide(model: BudgetedModel, request: GateRequest) -> PilotResult:
    """What happens after a gate. Always ends in a decision that may stand: pilot, else replan, else rules."""
    gate = _Gate(model, request)
    if not gate.request.facts.open_failures:
        why = "each failure has exactly one move; no model was asked"
        return gate.result(rules_decision(gate.request.facts, why, serial=False), why)
    messages: list[Block] = [{"role": "user", "content": pilot_prompt(gate.request)}]
    for tries in (1, 2):
        decision, text, reasons = await _pilot_call(gate, tries, messages)
        if decision is not None:
            return gate.result(decision, "" if tries == 1 else "accepted after one repair")
        if text is None:
            return await _replan(gate, f"the pilot's call failed: {reasons[0]}")
        messages = repair(messages, text, reasons)
    return await _replan(gate, f"the pilot's answer was rejected twice: {'; '.join(reasons[:3])}")


async def replan(model: BudgetedModel, request: GateRequest, why: str) -> PilotResult:
    """The plain replan: default moves, the order by one simple call, else by the rules. `why` is told to people."""
    gate = _Gate(model, request)
    return await _replan(gate, why)


async def _pilot_call(
    gate: _Gate, tries: int, messages: list[Block]
) -> tuple[Decision | None, str | None, tuple[str, ...]]:
    """The decision, or the answer's text and why it was rejected; no text = the call itself failed."""
    call = gate.call("pilot", tries, pilot_system(gate.request.nonce), messages)
    try:
        answer = await ask_for(gate.model, call, PilotDecision, gate.request.nonce)
    except ModelError as error:
        gate.records.append(failed_record(call, gate.request.nonce, error))
        return None, None, (str(error),)
    if answer.value is None:
        found = tuple(Rejection(field="answer", reason=problem) for problem in answer.problems)
    else:
        found = validate(answer.value, gate.request.facts)
    if answer.value is not None and not found:
        gate.records.append(answer.record)
        return settle(answer.value, gate.request.facts, Decider.PILOT), answer.record.text, ()
    reasons = tuple(f"{rejection.field}: {rejection.reason}" for rejection in found)
    gate.rejections = found
    gate.records.append(answer.record.model_copy(update={"problems": reasons}))
    return None, answer.record.text, reasons


async def _replan(gate: _Gate, why: str) -> PilotResult:
    facts = gate.request.facts
    messages: list[Block] = [{"role": "user", "content": replan_prompt(gate.request)}]
    call = gate.call("replan", 1, replan_system(gate.request.nonce), messages)
    try:
        answer = await ask_for(gate.model, call, ReplanOrder, gate.request.nonce)
    except ModelError as error:
        gate.records.append(failed_record(call, gate.request.nonce, error))
        why = f"{why}; the replan's call failed: {error}"
        return gate.result(rules_decision(facts, why), why)
    problems = answer.problems
    if answer.value is not None:
        raw = with_order(facts, answer.value.batches)
        problems = tuple(f"{rejection.field}: {rejection.reason}" for rejection in validate(raw, facts))
        if not problems:
            gate.records.append(answer.record)
            return gate.result(settle(raw, facts, Decider.REPLAN), why)
    gate.records.append(answer.record.model_copy(update={"problems": problems}))
    why = f"{why}; the replan's order was rejected: {'; '.join(problems[:3])}"
    return gate.result(rules_decision(facts, why), why)
