"""`otto-bot replay`: decide a stored gate once more, by today's rules or by someone else. It writes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TextIO

from otto_bot.agents.pilot import PilotResult, decide, replan, settled
from otto_bot.agents.pilot_prompt import GateRequest
from otto_bot.agents.rules import rules_decision
from otto_bot.core.budget import Money
from otto_bot.core.compare import Cost, How, Replayed, differences
from otto_bot.core.decision import Decider
from otto_bot.core.events import DecisionMade
from otto_bot.core.redact import Redactor
from otto_bot.core.values import Usage
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.client import ModelClient
from otto_bot.model.prices import Prices
from otto_bot.replay_check import CannotReplay, checked, recorded_side, stored
from otto_bot.settings import SettingsError, read_store_settings
from otto_bot.store.database import open_existing
from otto_bot.store.gate_records import GateRecord, GateRecords
from otto_bot.store.ledger import NoSuchRun
from otto_bot.text.replay import replay_lines
from otto_bot.text.screen import Look

SCHEMA = 1
EXIT_SAME = 0
EXIT_DIFFERS = 1
EXIT_CANNOT = 2
CALL_SECONDS = 600.0

_SILENT: dict[How, frozenset[str]] = {
    "check": frozenset(),
    "model": frozenset({"decider"}),
    "replan": frozenset({"decider", "class"}),
    "rules": frozenset({"decider", "class"}),
}
"""What says nothing where the decider is another one: who it is, and classes where it gives none."""


class Wish(NamedTuple):
    """What someone asked for. `gate` None = every gate; `usd` is the cap of all model calls of this command."""

    run_id: int
    gate: int | None = None
    how: How = "check"
    model: str = ""
    usd: float = 1.0
    as_json: bool = False


class Purse:
    """The money of one replay: the same rules as a lineage's, in memory."""

    def __init__(self, cap: float) -> None:
        self.money = Money(cap=cap)
        self.refused = 0.0

    async def reserve(self, call_id: str, usd: float) -> bool:
        """Whether the call's worst case fits."""
        held = self.money.reserve(call_id, usd)
        if held is None:
            self.refused = usd
            return False
        self.money = held
        return True

    async def settle(self, call_id: str, usage: Usage | None) -> None:
        """Replace the reservation by what was used."""
        self.money = self.money.settle(call_id, usage)


def replay(wish: Wish, out: TextIO, environment: Mapping[str, str]) -> int:
    """The command; returns the exit code. Raises SettingsError, StoreUnavailable and NoSuchRun."""
    settings = read_store_settings(environment)
    needs_model = wish.how in ("replan", "model")
    if needs_model and not (environment.get("ANTHROPIC_API_KEY") or environment.get("ANTHROPIC_AUTH_TOKEN")):
        raise SettingsError(
            "a model is called and there is no key: set ANTHROPIC_API_KEY, and ANTHROPIC_BASE_URL where another "
            "address than the provider's answers (a server of your own may take any key)"
        )
    engine = open_existing(settings.database)
    try:
        records = _wanted(GateRecords(engine).of_run(wish.run_id), wish)
    finally:
        engine.dispose()
    prices = Prices.published().plus_json(settings.prices) if settings.prices else Prices.published()
    found = asyncio.run(replayed(records, wish, environment, prices))
    code = exit_code(found)
    if wish.as_json:
        print(json.dumps(_json(wish, found, code), indent=1), file=out)
    else:
        print("\n".join(replay_lines(found, Look())), file=out)
    return code


def _wanted(records: Sequence[GateRecord], wish: Wish) -> list[GateRecord]:
    wanted = [record for record in records if wish.gate in (None, record.gate.number)]
    if not wanted:
        which = "no gate" if wish.gate is None else f"no gate {wish.gate}; it has {len(records)}"
        raise NoSuchRun(f"run {wish.run_id} has {which}")
    return wanted


def exit_code(found: Sequence[Replayed]) -> int:
    """1 where anything differs, else 2 where anything cannot be told, else 0."""
    states = {one.state for one in found}
    return EXIT_DIFFERS if "differs" in states else EXIT_CANNOT if "cannot" in states else EXIT_SAME


async def replayed(
    records: Sequence[GateRecord], wish: Wish, environment: Mapping[str, str], prices: Prices
) -> list[Replayed]:
    """Every wanted gate, in order. Gates that no request was stored for are left out unless they were asked for."""
    every = wish.gate is None
    chosen = [one for one in records if not every or one.made is not None] or list(records)
    if wish.how in ("check", "rules"):
        return [result for record in chosen for result in await _gate(record, wish, None, Purse(0))]
    redactor, purse = Redactor(), Purse(wish.usd)
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        redactor.register(environment.get(name, ""))
    key, address = environment.get("ANTHROPIC_API_KEY") or None, environment.get("ANTHROPIC_BASE_URL") or None
    async with ModelClient(key, address, CALL_SECONDS) as client:
        model = BudgetedModel(client, purse, prices, redactor)
        return [result for record in chosen for result in await _gate(record, wish, model, purse)]


async def _gate(record: GateRecord, wish: Wish, model: BudgetedModel | None, purse: Purse) -> list[Replayed]:
    try:
        made, request = stored(record)
        if wish.how == "check":
            return await checked(record, made, request)
        return [await _decided(record, made, request, wish, model, purse)]
    except CannotReplay as reason:
        return [Replayed(gate=record.gate.number, how=wish.how, state="cannot", why=str(reason))]


async def _decided(
    record: GateRecord, made: DecisionMade, request: GateRequest, wish: Wish, model: BudgetedModel | None, purse: Purse
) -> Replayed:
    """Another decider on the same request, held against what is recorded."""
    as_shadow = wish.how == "model" and made.shadow is not None
    before = made.shadow.decision if as_shadow and made.shadow is not None else made.decision
    base = recorded_side(record, made, before, "shadow" if as_shadow else "decision", wish.how)
    if wish.how == "model":
        request = request.model_copy(update={"model": wish.model})
    result = await _result(request, wish.how, model)
    used = Usage() if not result.records else result.usage
    cost = Cost(
        calls=result.calls,
        usd=round(used.usd, 6),
        seconds=round(sum(record.latency_seconds for record in result.records), 3),
    )
    if why := _failed(result, wish, purse):
        return base.model_copy(update={"why": why, "after_cost": cost})
    after = result.decision.model_copy(update={"decided_by": result.decided_by})
    found = tuple(one for one in differences(before, after) if one.kind not in _SILENT[wish.how])
    notes = [f"its answer to call {r.tries} was rejected: {'; '.join(r.problems[:3])}"
             for r in result.records if r.problems]  # fmt: skip
    state: Literal["same", "differs"] = "differs" if any(one.counts for one in found) else "same"
    return base.model_copy(
        update={"state": state, "after": after, "after_cost": cost, "differences": found,
                "notes": (*base.notes, *notes)}
    )  # fmt: skip


async def _result(request: GateRequest, how: How, model: BudgetedModel | None) -> PilotResult:
    if how == "rules" or model is None:
        if not request.facts.open_failures:
            return settled(request)
        decision = rules_decision(request.facts, "the rules alone")
        return PilotResult(decision=decision, decided_by=Decider.RULES, why=decision.why)
    if not request.facts.open_failures:
        return settled(request)
    if how == "replan":
        return await replan(model, request, "the plain replan alone")
    return await decide(model, request)


def _failed(result: PilotResult, wish: Wish, purse: Purse) -> str:
    """Why this is not the word of who was asked: no money, no reply. A rejected answer is an answer."""
    asked = "pilot" if wish.how == "model" else "replan"
    errors = [record.error for record in result.records if record.role == asked and record.error]
    if not errors:
        return ""
    if purse.refused:
        return (
            f"a call may cost up to ${purse.refused:.2f} and ${purse.money.left:.2f} of ${wish.usd:.2f} are left; "
            "give more with --usd"
        )
    return errors[0]


def _json(wish: Wish, found: Sequence[Replayed], code: int) -> dict[str, object]:
    gates = [one.model_dump(mode="json", by_alias=True) for one in found]
    return {"schema": SCHEMA, "run": wish.run_id, "exit_code": code, "gates": Redactor().json(gates)}


def run(wish: Wish) -> int:
    """The command in this process."""
    try:
        return replay(wish, sys.stdout, os.environ)
    except NoSuchRun as error:
        print(f"otto-bot: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_CANNOT
