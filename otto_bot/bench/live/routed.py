"""The model of a live run: first attempts from the script, all else from the real one, within the purse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal

from otto_bot.bench.live.purse import BenchPurse
from otto_bot.core.redact import Redactor
from otto_bot.core.values import Frozen, Usage
from otto_bot.model.budgeted import Asks
from otto_bot.model.calls import ModelCall, ModelReply
from otto_bot.model.errors import ProviderError
from otto_bot.model.prices import Prices

PAUSES = (5.0, 20.0, 60.0)
"""Seconds between tries of a call that the provider could not answer; a time that it names counts instead."""
LONGEST_PAUSE = 180.0
TURN_SECONDS = 0.5
MOST_TURNS = 1200
"""How often money is asked for again that other open calls still hold."""
WORDS_KEPT = frozenset({"planner", "pilot", "replan", "judge"})
"""Roles whose replies are kept whole; what the coder did is kept as diffs."""

BrokenBy = Literal["cap", "auth", "provider", "bench", "unpaired"]


class CallMade(Frozen):
    """One paid call. `usage.usd` are US dollars at the table's prices; `seconds` without waiting for other tries."""

    key: str
    role: str
    model: str
    usage: Usage
    seconds: float
    stop_reason: str
    request_id: str = ""
    reply: str = ""


class Broken(Frozen):
    """Why a run cannot go on: its pair does not count."""

    by: BrokenBy
    why: str


class RoutedModel:
    """One for each run; mutable. `scripted` answers first attempts and what judges them; None = everything is live.

    Once a call could not be made `broken` says why, `gone` is set, and nothing more is asked.
    """

    def __init__(
        self, scripted: Asks | None, live: Asks, purse: BenchPurse, prices: Prices, redactor: Redactor, name: str,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:  # fmt: skip
        self._scripted, self._live = scripted, live
        self._purse, self._prices, self._redactor = purse, prices, redactor
        self._name = name
        self._sleep = sleep
        self.calls: list[CallMade] = []
        self.spent = 0.0
        """US dollars, of failed calls too."""
        self.broken: Broken | None = None
        self.gone = asyncio.Event()

    async def ask(self, call: ModelCall) -> ModelReply:
        """One reply. Raises ProviderError, which ends the run."""
        if self._scripted is not None and recorded(call):
            # The first attempt is a given: it costs neither arm anything.
            return replace(await self._given(self._scripted, call), usage=Usage(), usage_known=True)
        for pause in (*PAUSES, None):
            if self.broken is not None:
                raise ProviderError("connection", self.broken.why)
            try:
                return await self._paid(call)
            except ProviderError as error:
                if not error.retryable or pause is None or self.broken is not None:
                    raise self._break("auth" if error.kind == "auth" else "provider", str(error)) from error
                await self._sleep(min(LONGEST_PAUSE, pause if error.retry_after is None else error.retry_after))
        raise AssertionError("the last try has no pause")

    async def _given(self, scripted: Asks, call: ModelCall) -> ModelReply:
        try:
            return await scripted.ask(call)
        except ProviderError as error:
            raise self._break("bench", f"the recorded first attempt cannot be played: {error}") from error

    def _break(self, by: BrokenBy, why: str) -> ProviderError:
        if self.broken is None:
            self.broken = Broken(by=by, why=why)
            self.gone.set()
        return ProviderError("connection", self.broken.why)

    async def _paid(self, call: ModelCall) -> ModelReply:
        worst = self._prices.worst_case(call)
        name = await self._reserve(call, worst)
        try:
            reply = await self._live.ask(call)
        except ProviderError as error:
            self._settle(name, worst if error.may_be_paid else 0.0)
            raise
        except BaseException:  # cancelled in the middle: it may be paid
            self._settle(name, worst)
            raise
        usage = self._prices.reply_cost(call, reply) if reply.usage_known else Usage(usd=worst)
        self._settle(name, usage.usd)
        words = self._redactor.text(reply.raw) if call.role in WORDS_KEPT else ""
        made = CallMade(
            key=call.key, role=call.role, model=reply.model, usage=usage, seconds=round(reply.latency_seconds, 3),
            stop_reason=reply.stop_reason, request_id=reply.request_id, reply=words,
        )  # fmt: skip
        self.calls.append(made)
        return reply

    async def _reserve(self, call: ModelCall, worst: float) -> str:
        for _ in range(MOST_TURNS):
            found = self._purse.reserve(f"{self._name}/{call.key}", worst)
            if found.state == "held":
                return found.name
            if found.state == "full":
                break
            await self._sleep(TURN_SECONDS)
        said = f"a {call.role} call may cost up to ${worst:.2f}, and ${self._purse.left:.2f} of the cap are left"
        raise self._break("cap", said)

    def _settle(self, name: str, usd: float) -> None:
        self._purse.settle(name, usd)
        self.spent += usd


def recorded(call: ModelCall) -> bool:
    """Whether a call belongs to a first attempt: the same in both arms, so that both start from the same failures."""
    return call.role in ("coder", "judge") and call.attempt == 1
