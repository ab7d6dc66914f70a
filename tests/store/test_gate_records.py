"""A gate read back, and runs one page after the other, on each database."""

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from otto_bot.core import events as e
from otto_bot.core.config import HostCaps
from otto_bot.core.decision import Decider, Decision, Move
from otto_bot.core.gate_account import GateReply
from otto_bot.core.run import Gate, Run
from otto_bot.core.values import Usage
from otto_bot.store import tables as t
from otto_bot.store.archive import Archive
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.gate_records import PAGE, GateRecords
from otto_bot.store.ledger import Ledger, Trigger

At = Callable[[float], datetime]
CHOICE = Decision(decided_by=Decider.PILOT, moves=(Move(task="t1", action="retry"),))


def with_gate(engine: sa.Engine, run: Run, at: At, number: int = 1) -> Run:
    """The run's snapshot with a gate, and its event: what the machine would have written."""
    gate = Gate(number=number, batch=1, opened_at=at(0), tasks=("t1",), failures=(), decision=CHOICE)
    changed = run.with_gate(gate)
    with engine.begin() as c:
        c.execute(t.runs.update().where(t.runs.c.id == run.id).values(state=changed.model_dump_json(by_alias=True)))
    return changed


def record(engine: sa.Engine, run: Run, event: e.DecisionMade, seq: int, refused: str = "") -> None:
    with engine.begin() as c:
        body = event.model_dump_json(by_alias=True)
        row = {"run_id": run.id, "seq": seq, "at": 0.0, "type": event.type, "body": body, "refused": refused}
        c.execute(t.events.insert().values(**row))


def reads_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Bodies that are read from now on, in order."""
    seen: list[str] = []
    read = Archive.read

    def seen_read(self: Archive, digest: str) -> bytes | None:
        seen.append(digest)
        return read(self, digest)

    monkeypatch.setattr(Archive, "read", seen_read)
    return seen


def test_a_gate_is_read_with_its_request_replies_and_calls(
    engine: sa.Engine, run: Run, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(engine)
    run = with_gate(engine, run, at)
    request, reply = archive.keep("gate_request", b"{}", at(0)), archive.keep("reply", b"raw", at(0))
    names = [f"run/{run.id}/gate/g1/h0#1/1", f"run/{run.id}/gate/g1/h0#2/1", f"run/{run.id}/gate/g12/h0#1/1"]
    for place, name in enumerate(names):
        usage = Usage(input_tokens=5, output_tokens=3, usd=0.5)
        archive.spent(
            call=name, run=run.id, role="pilot", model="m", usage=usage, seconds=1, reply=reply if place else "",
            at=at(place),
        )  # fmt: skip
    kept = GateReply(call=names[1], role="pilot", tries=1, reply=reply)
    made = e.DecisionMade(at=at(0), gate=1, decision=CHOICE, request=request, replies=(kept,))
    record(engine, run, made.model_copy(update={"usd": 9.0}), 1000, refused="it would break a rule")
    record(engine, run, made, 1001)
    record(engine, run, made.model_copy(update={"usd": 7.0}), 1002)

    seen = reads_of(monkeypatch)
    [one] = GateRecords(engine).of_run(run.id)

    assert seen == [request, reply], "each once, though the reply is named by the event and by its call"
    assert (one.gate.number, one.made, one.request) == (1, made, b"{}")
    assert one.raw(kept) == b"raw"
    assert [(call.call, call.raw, call.usd) for call in one.calls] == [(names[0], None, 0.5), (names[1], b"raw", 0.5)]


@pytest.mark.parametrize("told", [True, False])
def test_a_page_reads_only_what_it_shows(
    engine: sa.Engine, run: Run, at: At, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request, of raw bodies the first ones, each of them once; calls only where the event has no reply."""
    archive = Archive(engine)
    run = with_gate(engine, run, at)
    request = archive.keep("gate_request", b"{}", at(0))
    raws = [archive.keep("reply", f"raw {number}".encode(), at(0)) for number in range(5)]
    replies = tuple(GateReply(call=f"c{n}", role="pilot", tries=n, reply=one) for n, one in enumerate(raws))
    for number, one in enumerate(raws):
        name = f"run/{run.id}/gate/g1/h0#{number}/1"
        archive.spent(
            call=name, run=run.id, role="pilot", model="m", usage=Usage(), seconds=1, reply=one, at=at(number)
        )
    made = e.DecisionMade(at=at(0), gate=1, decision=CHOICE, request=request, replies=replies if told else ())
    record(engine, run, made, 1000)
    seen = reads_of(monkeypatch)

    found = GateRecords(engine).one(run, 1, raws=3)

    assert found is not None
    assert seen == raws[:3]
    assert (found.request, len(found.calls), len(found.raws)) == (None, 0 if told else 5, 3 if told else 0)
    assert [call.raw for call in found.calls] == ([] if told else [b"raw 0", b"raw 1", b"raw 2", None, None])
    assert [call.reply for call in found.calls] == ([] if told else raws)
    assert GateRecords(engine).one(run, 9, raws=3) is None


def test_a_gate_without_an_event_or_artifacts_is_read_as_that(engine: sa.Engine, run: Run, at: At) -> None:
    run = with_gate(engine, with_gate(engine, run, at), at, 2)
    record(engine, run, e.DecisionMade(at=at(0), gate=2, decision=CHOICE, request="0" * 64), 1000)

    first, second = GateRecords(engine).of_run(run.id)

    assert (first.made, first.request, first.calls) == (None, None, ())
    assert second.made is not None
    assert (second.request, second.raws) == (None, {})


@pytest.mark.parametrize("table", ["events", "runs"])
def test_rows_of_another_version_are_said_and_not_counted(engine: sa.Engine, run: Run, at: At, table: str) -> None:
    run = with_gate(engine, run, at)
    record(engine, run, e.DecisionMade(at=at(0), gate=1, decision=CHOICE), 1000)
    with engine.begin() as c:
        if table == "runs":
            c.execute(t.runs.update().values(state='{"gates":[1]}'))
        else:
            c.execute(t.events.update().values(body="{}"))
    records = GateRecords(engine)

    with pytest.raises(StoreUnavailable, match=f"run {run.id} cannot be read: .*; use the version that wrote it"):
        records.of_run(run.id)
    if table == "runs":
        with pytest.raises(StoreUnavailable, match="cannot be read"):
            list(records.runs_with_gates())


def test_runs_come_in_pages_and_only_those_that_were_at_a_gate(
    engine: sa.Engine, ledger: Ledger, trigger: Callable[..., Trigger], at: At
) -> None:
    ids = []
    for number in range(1, PAGE + 4):
        run = ledger.start(trigger(issue=number, key=f"k{number}"), HostCaps(), at(number))
        assert run is not None
        if number != 2:
            ids.append(with_gate(engine, run, at).id)

    records = GateRecords(engine)

    assert [run.id for run in records.runs_with_gates()] == ids
    assert [run.id for run in records.runs_with_gates(at(PAGE + 2))] == ids[-2:]
