"""Everything that is stored of a gate, read back; and runs one after the other for those who count over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from pydantic import ValidationError

from otto_bot.core.events import DecisionMade, read_event
from otto_bot.core.gate_account import GateReply
from otto_bot.core.run import Gate, Run
from otto_bot.core.values import Frozen
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import StoreUnavailable, reading
from otto_bot.store.ledger import Ledger
from otto_bot.store.snapshots import read_apart

PAGE = 25
"""Runs that are in memory at once."""
_NO_GATE = '"gates":[]'
Read = Callable[[str], bytes | None]


class KeptCall(Frozen):
    """One row of `usage`: a call of the gate, also one of a try whose worker died. Seconds and US dollars.

    `reply` is the sha256 of its raw body, empty where none came.
    """

    call: str
    role: str
    model: str
    input_tokens: int
    output_tokens: int
    usd: float
    seconds: float
    raw: bytes | None
    reply: str = ""


class GateRecord(Frozen):
    """A gate as the store has it. `made` is None where a person's word, or a green base, opened it decided.

    `request` is the stored request's JSON, `raws` the raw bodies by the sha256 that `made.replies` names.
    """

    run: Run
    gate: Gate
    made: DecisionMade | None
    request: bytes | None = None
    raws: dict[str, bytes] = {}
    calls: tuple[KeptCall, ...] = ()

    def raw(self, reply: GateReply) -> bytes | None:
        """The raw body of a reply."""
        return self.raws.get(reply.reply)


def _raws(replies: Sequence[GateReply], read: Read) -> dict[str, bytes]:
    found = {reply.reply: read(reply.reply) for reply in replies if reply.reply}
    return {digest: body for digest, body in found.items() if body is not None}


@contextmanager
def _of_this_version(run_id: int) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise StoreUnavailable(
            f"run {run_id} cannot be read: {error.errors()[0]['msg']}; use the version that wrote it, "
            "or put a backup of the database back"
        ) from None


class GateRecords:
    """Reads only. Errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._archive = Archive(engine)
        self._ledger = Ledger(engine)

    def of_run(self, run_id: int) -> list[GateRecord]:
        """Every gate of a run, in order. Raises NoSuchRun, and StoreUnavailable where its rows cannot be read."""
        with _of_this_version(run_id):
            run = self._ledger.load(run_id)
            made = self._made(run_id)
        return [self._record(run, gate, made.get(gate.number)) for gate in run.gates]

    def one(self, run: Run, number: int, raws: int) -> GateRecord | None:
        """What a page shows of a gate of a run that was just read; None where it has no such gate.

        Its request is not read, of raw bodies only the first `raws`, and calls only where the event has no reply.
        """
        gate = next((one for one in run.gates if one.number == number), None)
        if gate is None:
            return None
        made = self._made(run.id).get(number)
        read = self._archive.read
        if made is None or not made.replies:
            return GateRecord(run=run, gate=gate, made=made, calls=self._calls(run.id, number, read, raws))
        return GateRecord(run=run, gate=gate, made=made, raws=_raws(made.replies[:raws], read))

    def _record(self, run: Run, gate: Gate, made: DecisionMade | None) -> GateRecord:
        read = cache(self._archive.read)  # a reply is named by the event and by its call
        if made is None:
            return GateRecord(run=run, gate=gate, made=None, calls=self._calls(run.id, gate.number, read))
        return GateRecord(
            run=run,
            gate=gate,
            made=made,
            request=read(made.request) if made.request else None,
            raws=_raws(made.replies, read),
            calls=self._calls(run.id, gate.number, read),
        )

    def _made(self, run_id: int) -> dict[int, DecisionMade]:
        """The decision that counted, by gate: of several the first one, for the machine takes no second."""
        query = (
            sa.select(t.events.c.body)
            .where((t.events.c.run_id == run_id) & (t.events.c.type == "DecisionMade") & (t.events.c.refused == ""))
            .order_by(t.events.c.seq.desc())
        )
        with reading(self._engine) as c:
            bodies = c.execute(query).scalars().all()
        events = [event for body in bodies if isinstance(event := read_event(body), DecisionMade)]
        return {event.gate: event for event in events}

    def _calls(self, run_id: int, gate: int, read: Read, raws: int | None = None) -> tuple[KeptCall, ...]:
        """Calls of a gate, with the raw bodies of the first `raws` of them; None = of all."""
        start = f"run/{run_id}/gate/g{gate}/"
        query = (
            sa.select(t.usage)
            .where((t.usage.c.run_id == run_id) & t.usage.c.call.startswith(start, autoescape=True))
            .order_by(t.usage.c.at, t.usage.c.call)
        )
        with reading(self._engine) as c:
            rows = c.execute(query).all()
        return tuple(
            KeptCall(
                call=row.call, role=row.role, model=row.model, input_tokens=row.input_tokens,
                output_tokens=row.output_tokens, usd=row.usd, seconds=row.seconds,
                raw=read(row.reply) if row.reply and (raws is None or number < raws) else None,
                reply=row.reply or "",
            )
            for number, row in enumerate(rows)
        )  # fmt: skip

    def runs_with_gates(self, since: datetime | None = None) -> Iterator[Run]:
        """Runs that were at a gate and were at work since then, oldest first, PAGE at a time in short transactions."""
        return self._pages(t.runs.c.state.not_like(f"%{_NO_GATE}%"), since)

    def runs(self, since: datetime | None = None) -> Iterator[Run]:
        """Every run that was at work since then, in the same way."""
        return self._pages(sa.true(), since)

    def _pages(self, which: sa.ColumnElement[bool], since: datetime | None) -> Iterator[Run]:
        after = 0
        if since is not None:
            which = which & (t.runs.c.updated_at >= since.timestamp())
        while True:
            where = (t.runs.c.id > after) & which
            query = sa.select(t.runs.c.id, t.runs.c.state).where(where).order_by(t.runs.c.id).limit(PAGE)
            with reading(self._engine) as c:
                rows = c.execute(query).all()
            if not rows:
                return
            for row in rows:
                with _of_this_version(row.id):
                    run = read_apart(self._engine, row.state)
                yield run
            after = rows[-1].id
