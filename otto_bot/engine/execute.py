"""One execution of one effect: act, then commit events and the effect's end in one transaction. Errors are events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from otto_bot.core.barring import Barred
from otto_bot.core.effects import Effect, EffectKind, run_of
from otto_bot.core.events import EffectFailed, RunEvent
from otto_bot.core.run import Run
from otto_bot.core.trouble import TROUBLE_LIMIT
from otto_bot.engine.patience import PATIENCE, patiently
from otto_bot.jobs.outcomes import Later, NeedsPerson, Retry, ShutOut, Superseded
from otto_bot.observe.context import Value, bound
from otto_bot.observe.spans import span_of_run
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.ledger import Ledger
from otto_bot.store.versions import NewerVersion

log = logging.getLogger(__name__)

Job = Callable[[Run, Effect, Ticket], Awaitable[Sequence[RunEvent]]]
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0
"""Seconds between tries of a failing effect: doubled each time, never above the longest."""
OUTAGE_GROWTH = 4
LONGEST_OUTAGE_PAUSE = 900.0
"""The same where the other side is down: eight tries spread over some forty minutes, then a person is called."""


START_SECONDS = 60.0
"""How long a claimed effect may take to begin on a host that is overloaded; then its start counts as lost."""


class Meter(Protocol):
    """Counts executions."""

    def begun(self, waited: float) -> None:
        """One began so many seconds after it was taken."""

    def executed(self, kind: str, result: str, seconds: float) -> None:
        """One is over."""


class Running(NamedTuple):
    """An execution that is at work."""

    ticket: Ticket
    effect: Effect
    work: asyncio.Future[None]


class Executor:
    """Runs tickets with the table of jobs; knows nothing of what they do."""

    def __init__(
        self,
        ledger: Ledger,
        rows: EffectRows,
        jobs: Mapping[EffectKind, Job],
        translate: Callable[[Exception], Later | Retry | NeedsPerson | ShutOut | None],
        now: Callable[[], datetime],
        pauses: Sequence[float] = PATIENCE,
        meter: Meter | None = None,
    ) -> None:
        self._ledger = ledger
        self._rows = rows
        self._jobs = jobs
        self._translate = translate
        self._now = now
        self._pauses = pauses
        self._meter = meter
        self.running: dict[str, Running] = {}
        self.claimed: dict[str, Ticket] = {}
        """By id: what the loop has claimed for this worker, whether it is at work yet or not."""
        self._since: dict[str, float] = {}
        self._let_go: set[str] = set()
        self._ending = False
        self.progressed = asyncio.Event()
        """Set whenever an effect has ended or a delivery is worked in: more may be due."""

    async def __call__(self, ticket: Ticket) -> None:
        """Execute a ticket; a stale one does nothing. Only a database that is away leaves it to the reaper."""
        with bound(effect=ticket.key, generation=ticket.generation):
            await self._execute(ticket)

    async def _execute(self, ticket: Ticket) -> None:
        ours = ticket.id in self.claimed
        try:
            effect = await asyncio.to_thread(self._rows.begin, ticket, self._now())
            if effect is None or self._ending:
                return
            ours = True
            if self._meter is not None and (since := self._since.get(ticket.id)) is not None:
                self._meter.begun(asyncio.get_running_loop().time() - since)
            self.take([ticket])
            work = asyncio.ensure_future(self._watched(effect, ticket))
            self.running[ticket.key] = Running(ticket, effect, work)
            await work
        except asyncio.CancelledError:
            if ticket.id not in self._let_go:
                raise
            log.info("%s was cancelled", ticket.id)
        except StoreUnavailable as error:
            log.warning("%s is left to the reaper: %s", ticket.id, error)
        finally:
            try:
                # One that comes late was lost, and a later try of the same key may be at work here.
                if ours:
                    await self._release(ticket)
            finally:
                if (last := self.running.get(ticket.key)) is not None and last.ticket == ticket:
                    del self.running[ticket.key]
                self._let_go.discard(ticket.id)
                self._drop(ticket)
                self.progressed.set()

    def take(self, tickets: Sequence[Ticket]) -> None:
        """Claimed for this worker, and about to begin."""
        since = asyncio.get_running_loop().time()
        for ticket in tickets:
            self.claimed[ticket.id] = ticket
            self._since[ticket.id] = since

    def untake(self, tickets: Sequence[Ticket]) -> None:
        """They were given back before they began."""
        for ticket in tickets:
            self._drop(ticket)

    def in_hand(self) -> list[str]:
        """Keys of what is at work or will be in a moment; a start that was lost is not waited for."""
        early = asyncio.get_running_loop().time() - START_SECONDS
        at_work = {running.ticket.id for running in self.running.values()}
        for name in [one for one, since in self._since.items() if since <= early and one not in at_work]:
            self._drop(self.claimed[name])  # whoever reaps it, its slot is free
        return sorted({*self.running, *(one.key for one in self.claimed.values())})

    def _drop(self, ticket: Ticket) -> None:
        self.claimed.pop(ticket.id, None)
        self._since.pop(ticket.id, None)

    def cancel(self, ticket: Ticket) -> None:
        """Stop a try at its next await: its process, request or command ends with it."""
        running = self.running.get(ticket.key)
        if running is not None and running.ticket == ticket:
            self._let_go.add(ticket.id)
            running.work.cancel()

    def let_go(self) -> None:
        """Cancel all that is at work, and leave it to whoever finds its lease over."""
        for running in list(self.running.values()):
            self.cancel(running.ticket)

    async def give_back(self, seconds: float) -> None:
        """Cancel all that is at work; what has ended within that time is due again at once. Nothing failed.

        Nothing begins after this: what is given back is another worker's from then on.
        """
        self._ending = True
        works = {running.ticket.id: running.work for running in self.running.values()}
        tickets = list(self.claimed.values())
        self.let_go()
        if works:
            await asyncio.wait(works.values(), timeout=seconds)
        for ticket in tickets:
            if ticket.id not in works or works[ticket.id].done():
                await asyncio.to_thread(self._rows.give_back, ticket, self._now(), self._now())

    async def ended(self) -> None:
        """Wait until nothing is at work or about to be."""
        while self.claimed:
            self.progressed.clear()
            await self.progressed.wait()

    async def _release(self, ticket: Ticket) -> None:
        """Nothing of this try is at work any more; a lane that cannot be freed now is free when its lease is over."""
        try:
            await asyncio.to_thread(self._rows.release, ticket)
        except StoreUnavailable as error:
            log.warning("the lane of %s is free after its lease: %s", ticket.id, error)

    async def lost(self, tickets: Sequence[Ticket]) -> None:
        """Look again at the runs of lost tries: a step that takes its workers along each time is a person's at once."""
        for ticket in tickets:
            self._drop(ticket)
        for run_id in sorted({run_of(ticket.key) for ticket in tickets}):
            try:
                await asyncio.to_thread(self._ledger.append, run_id, [], self._now())
            except NewerVersion as error:
                log.info("%s", error)
            except ValueError:
                log.exception("run %s cannot be read; what it lost is not looked at", run_id)

    async def _watched(self, effect: Effect, ticket: Ticket) -> None:
        """The work, with what it is about said in its log lines, as a span, and as numbers."""
        about: dict[str, Value] = {"task": effect.task, "attempt": effect.attempt}
        clock = asyncio.get_running_loop().time
        began, result = clock(), "cancelled"
        with (
            bound(run=effect.run, gate=effect.gate, **about),
            span_of_run(
                "effect",
                effect.run,
                effect=effect.key,
                effect_kind=effect.kind.value,
                generation=ticket.generation,
                **about,
            ) as seen,
        ):
            try:
                result = await self._work(effect, ticket)
            except StoreUnavailable:
                result = "unstored"
                raise
            finally:
                seen.put(result=result)
                if self._meter is not None:
                    self._meter.executed(effect.kind.value, result, clock() - began)

    async def _work(self, effect: Effect, ticket: Ticket) -> str:
        """Returns how it ended, in a word."""
        try:
            run = await asyncio.to_thread(self._ledger.load, effect.run)
            repo = run.repo
            with bound(
                repository=repo.full_name, repository_id=repo.id, installation=repo.installation_id, issue=run.issue
            ):
                return await self._do(run, effect, ticket)
        except NewerVersion as error:
            log.info("%s is left to it: %s", ticket.id, error)
            await asyncio.to_thread(self._rows.give_back, ticket, self._now(), self._now())
            return "later"

    async def _do(self, run: Run, effect: Effect, ticket: Ticket) -> str:
        try:
            events = await self._jobs[effect.kind](run, effect, ticket)
        except (StoreUnavailable, NewerVersion):
            raise
        except Superseded as error:
            log.warning("%s", error)
            return "superseded"
        except Exception as error:  # noqa: BLE001 - every error becomes an event; nothing is swallowed
            with bound(github_request_id=_request_of(error)):
                return await self._failed(run, effect, ticket, error)
        await self._end(run.id, events, ticket)
        return "done"

    async def _end(self, run_id: int, events: Sequence[RunEvent], ticket: Ticket) -> None:
        """What a job did outside is told, however long that takes within reason: else it would be done again."""
        await patiently(lambda: self._ledger.append(run_id, events, self._now(), done=ticket), self._pauses)

    async def _failed(self, run: Run, effect: Effect, ticket: Ticket, error: Exception) -> str:
        outcome = self._translate(error)
        now = self._now()
        if isinstance(outcome, Later):
            until = outcome.until or now + timedelta(seconds=FIRST_PAUSE)
            await asyncio.to_thread(self._rows.give_back, ticket, until, now)
            return "later"
        if isinstance(outcome, ShutOut):
            log.warning("%s: %s", ticket.id, outcome.message)
            # Not done: it is dropped with all that was due, and due again when the bar is gone.
            events = [Barred(at=now, by=outcome.by)]
            # What was dropped meanwhile was so by another one, which may be over already.
            if await asyncio.to_thread(self._rows.wanted, ticket):
                await patiently(lambda: self._ledger.append(run.id, events, self._now()), self._pauses)
            return "shut_out"
        if outcome is None:
            log.error("%s failed", ticket.id, exc_info=error)
            outcome = Retry(f"an error in Otto itself ({type(error).__name__}); the host's log has it", "bug")
        else:
            log.warning("%s: %s", ticket.id, outcome.message)
        before = run.trouble.get(effect.key)
        retry_at = None
        message = outcome.message[:1900]
        if isinstance(outcome, Retry):
            tried = before.count if before else 0
            retry_at = now + timedelta(seconds=max(_pause(outcome, tried), outcome.after_seconds))
            if outcome.outage and tried + 1 >= TROUBLE_LIMIT:
                message += f". {tried + 1} tries failed, so Otto waits for a word now; nothing is lost"
        event = EffectFailed(at=now, key=effect.key, kind=outcome.kind, message=message, retry_at=retry_at)
        await self._end(run.id, [event], ticket)
        return "failed"


def _request_of(error: BaseException) -> str:
    """GitHub's name of the request that failed, where one did."""
    return str(getattr(error, "github_request_id", "") or getattr(error.__cause__, "github_request_id", ""))


def _pause(outcome: Retry, tried: int) -> float:
    """Seconds until the next try."""
    if outcome.outage:
        return min(LONGEST_OUTAGE_PAUSE, FIRST_PAUSE * float(OUTAGE_GROWTH) ** tried)
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**tried)
