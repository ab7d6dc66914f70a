"""The lineage's purse over the ledger: every reservation and settlement is an event."""

from __future__ import annotations

import asyncio
from itertools import count

from otto_bot.agents.structured import Keep, Record
from otto_bot.core.events import MoneyReserved, MoneySettled, Refused
from otto_bot.core.funds import reply_for
from otto_bot.core.run import Run
from otto_bot.core.values import Usage
from otto_bot.jobs.context import Context
from otto_bot.jobs.outcomes import Later, NeedsPerson
from otto_bot.model.budgeted import BudgetedModel
from otto_bot.model.errors import BudgetSpent
from otto_bot.store.allowance import DayUsedUp
from otto_bot.text import refusals
from otto_bot.text.problems import Rest

PATIENCE = 30
"""How often a crowded purse is looked into before the answer is no: one reply of a model rarely takes longer."""


class LedgerPurse:
    """Purse of one run. A call that only other open calls crowd out waits up to PATIENCE times `pause` seconds."""

    def __init__(self, context: Context, run_id: int, pause: float = 1.0) -> None:
        self._context = context
        self._run_id = run_id
        self._pause = pause

    async def reserve(self, call_id: str, usd: float) -> bool:
        """Put money aside; the state machine says whether the cap allows it.

        Raises Later where the host's day has too little left, and NeedsPerson where no day has enough.
        """
        for _ in range(PATIENCE):
            if not await self._crowded(call_id, usd):
                break
            await asyncio.sleep(self._pause)
        try:
            run = await self._context.record(self._run_id, MoneyReserved(at=self._context.now(), call=call_id, usd=usd))
        except DayUsedUp as error:
            # The run's row says until when; the engine starts no step of it that calls a model before.
            raise _not_today(error) from error
        return run.money.reserved.get(call_id) == usd

    async def _crowded(self, call_id: str, usd: float) -> bool:
        """Whether the call would fit if the open calls of other tasks cost nothing in the end."""
        run = await asyncio.to_thread(self._context.ledger.load, self._run_id)
        money = run.money.lost(call_id)
        return not run.resting and money.left < usd <= money.cap - money.spent

    async def settle(self, call_id: str, usage: Usage | None) -> None:
        """Replace the reservation by what was used."""
        await self._context.record(self._run_id, MoneySettled(at=self._context.now(), call=call_id, usage=usage))


def _not_today(error: DayUsedUp) -> Later | NeedsPerson:
    if error.shut.until is None:
        return NeedsPerson(error.shut.why, "day")
    return Later(None, error.shut.why)


def budgeted(context: Context, run: Run) -> BudgetedModel:
    """The model within the run's budget."""
    return BudgetedModel(context.model(), LedgerPurse(context, run.id), context.prices, context.redactor)


async def out_of_money(context: Context, run: Run, error: BudgetSpent) -> Refused:
    """The run rests and asks for as much as the call needs; where the host allows no more, it says that."""
    now = await asyncio.to_thread(context.ledger.load, run.id)
    words = reply_for(now)
    reason = refusals.money_used_up(now, error.usd, words is not None)
    return Refused(at=context.now(), reason=reason, reply=words or "/otto stop", money=True, trouble=Rest.BUDGET)


async def keep_records(context: Context, run: Run, effect_key: str, records: tuple[Record, ...]) -> None:
    """Store every reply as it came: raw body by content, and one usage row a call."""
    for number, record in enumerate(records, start=1):
        await asyncio.to_thread(_keep, context, run.id, f"{effect_key}/{number}", record)


def keeper(context: Context, run: Run, effect_key: str) -> Keep:
    """Stores each reply of an effect as soon as it has come, so that none is lost where the next call fails."""
    numbers = count(1)

    async def keep(record: Record) -> None:
        await asyncio.to_thread(_keep, context, run.id, f"{effect_key}/{next(numbers)}", record)

    return keep


def _keep(context: Context, run_id: int, call: str, record: Record) -> None:
    raw = context.redactor.text(record.raw or record.text)
    now = context.now()
    context.archive.spent(
        call=call,
        run=run_id,
        role=record.role,
        model=record.model,
        usage=record.usage,
        seconds=record.latency_seconds,
        reply=context.archive.keep("reply", raw.encode(), now),
        at=now,
    )
