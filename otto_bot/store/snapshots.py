"""A run's snapshot: long evidence is kept once, by its content, and is not written again at each event.

In the snapshot a failure, a gate's evidence or a judge's proof that is long stands without its texts, with the address
of its whole under artifacts. Read without them it is a sound run all the same, in which only texts are missing.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter

from otto_bot.core.attempt import Attempt, Task, Verification
from otto_bot.core.evidence import EvidenceItem, Excerpt, Failure
from otto_bot.core.records import CommandRecord
from otto_bot.core.run import Gate, Run
from otto_bot.core.values import Frozen, kept, once, stored_json
from otto_bot.core.verdict import Proof
from otto_bot.store import tables as t
from otto_bot.store.database import reading
from otto_bot.store.upsert import upsert

MARK = "otto:kept-by-content"
"""Stands where the source of a text would. What really has it is always kept by content, so it is never believed."""
LONG = 1024
"""Characters of texts from which on a value is kept by its content."""
MOST_REMEMBERED = 8_000_000
"""Characters of snapshots whose runs one process remembers, the newest: some 30 MB."""
_PAGE = 500

Value = TypeVar("Value", bound=Frozen)


class Packed(NamedTuple):
    """A run as it is written: without long texts, and these by their address."""

    run: Run
    kept: dict[str, Frozen]


class _Evidence(Frozen):
    """A gate's evidence as one value."""

    items: tuple[EvidenceItem, ...]


_PROOF, _FAILURE, _EVIDENCE = TypeAdapter(Proof), TypeAdapter(Failure), TypeAdapter(_Evidence)


def packed(run: Run) -> Packed:
    """The run without long texts. What did not change since the last time is not looked at again."""
    bodies: dict[str, Frozen] = {}
    tasks = {key: _task(task, bodies) for key, task in run.tasks.items()}
    gates = tuple(_gate(gate, bodies) for gate in run.gates)
    seen = {key: _verification(one, bodies) for key, one in run.verifications.items()}
    return Packed(run.model_copy(update={"tasks": tasks, "gates": gates, "verifications": seen}), bodies)


def _once(value: Value, bodies: dict[str, Frozen], make: Any) -> Any:
    """What a value is written as; both it and its bodies depend on the value alone."""
    known = kept(value)
    if "packed" not in known:
        own: dict[str, Frozen] = {}
        known["packed"] = (make(value, own), own)
    short, own = known["packed"]
    bodies.update(own)
    return short


def _task(task: Task, bodies: dict[str, Frozen]) -> Task:
    def make(whole: Task, own: dict[str, Frozen]) -> Task:
        attempts = tuple(_once(attempt, own, _attempt) for attempt in whole.attempts)
        return whole.model_copy(update={"attempts": attempts})

    short: Task = _once(task, bodies, make)
    return short


def _attempt(whole: Attempt, own: dict[str, Frozen]) -> Attempt:
    changes: dict[str, object] = {name: _failure(failure, own) for name in ("failure", "flaky")
                                  if (failure := getattr(whole, name)) is not None}  # fmt: skip
    proof = whole.proof
    if _forged(record.tool for record in proof.records) or sum(len(r.output) for r in proof.records) >= LONG:
        address = _keep(proof, own)
        changes["proof"] = Proof(records=(CommandRecord(number=1, tool=MARK, what=address),))
    return whole.model_copy(update=changes) if changes else whole


def _gate(gate: Gate, bodies: dict[str, Frozen]) -> Gate:
    def make(whole: Gate, own: dict[str, Frozen]) -> Gate:
        changes: dict[str, object] = {"failures": tuple(_failure(failure, own) for failure in whole.failures)}
        sources = (item.excerpt.source for item in whole.evidence)
        if _forged(sources) or sum(len(item.excerpt.text) for item in whole.evidence) >= LONG:
            address = _keep(_Evidence(items=whole.evidence), own)
            changes["evidence"] = (EvidenceItem(id="E1", excerpt=_address(address)),)
        return whole.model_copy(update=changes)

    short: Gate = _once(gate, bodies, make)
    return short


def _verification(one: Verification, bodies: dict[str, Frozen]) -> Verification:
    if one.failure is None:
        return one

    def make(seen: Verification, own: dict[str, Frozen]) -> Verification:
        return seen if seen.failure is None else seen.model_copy(update={"failure": _failure(seen.failure, own)})

    short: Verification = _once(one, bodies, make)
    return short


def _failure(failure: Failure, bodies: dict[str, Frozen]) -> Failure:
    def make(whole: Failure, own: dict[str, Frozen]) -> Failure:
        size = sum(len(one.text) for one in whole.excerpts) + sum(len(test.message) for test in whole.failing_tests)
        if size < LONG and not _forged(one.source for one in whole.excerpts):
            return whole
        return whole.model_copy(update={"excerpts": (_address(_keep(whole, own)),), "failing_tests": ()})

    short: Failure = _once(failure, bodies, make)
    return short


def _forged(sources: Iterator[str]) -> bool:
    return any(source == MARK for source in sources)


def _address(sha256: str) -> Excerpt:
    return Excerpt(kind="message", source=MARK, text=sha256)


def _keep(value: Frozen, own: dict[str, Frozen]) -> str:
    sha256 = hashlib.sha256(stored_json(value).encode()).hexdigest()
    own[sha256] = value
    return sha256


def _text(run: Run) -> str:
    """`stored_json` of a run; what stayed as it was since the last time is not written anew.

    Raises ValueError where UTF-8 cannot hold a text of it.
    """
    return "{" + ",".join(f'"{name}":{_field(run, name)}' for name in Run.model_fields) + "}"


def _field(run: Run, name: str) -> str:
    value = getattr(run, name)
    if name in ("tasks", "verifications"):
        return "{" + ",".join(f"{json.dumps(key)}:{_json(one)}" for key, one in value.items()) + "}"
    if name == "gates":
        return "[" + ",".join(_json(one) for one in value) + "]"
    if isinstance(value, Frozen):
        return _json(value)
    text = run.model_dump_json(by_alias=True, include={name})
    return text[len(name) + 4 : -1]  # {"name":…}


@once
def _json(value: Frozen) -> str:
    return value.model_dump_json(by_alias=True)


def addresses(run: Run) -> set[str]:
    """Every address that a run as it is written names."""
    found = {_named(one) for one in _failures(run)}
    found |= {_of(gate.evidence[0].excerpt) for gate in run.gates if len(gate.evidence) == 1}
    found |= {_proved(attempt.proof) for task in run.tasks.values() for attempt in task.attempts}
    return found - {""}


def _failures(run: Run) -> Iterator[Failure]:
    for task in run.tasks.values():
        for attempt in task.attempts:
            yield from (one for one in (attempt.failure, attempt.flaky) if one is not None)
    for gate in run.gates:
        yield from gate.failures
    yield from (one.failure for one in run.verifications.values() if one.failure is not None)


def _of(excerpt: Excerpt) -> str:
    return excerpt.text if excerpt.source == MARK else ""


def _named(failure: Failure) -> str:
    return _of(failure.excerpts[0]) if len(failure.excerpts) == 1 else ""


def _proved(proof: Proof) -> str:
    return proof.records[0].what if len(proof.records) == 1 and proof.records[0].tool == MARK else ""


def whole(run: Run, bodies: Mapping[str, str]) -> Run:
    """The run with its texts. What is gone, by retention, stays without."""
    if not bodies:
        return run
    read: dict[str, Any] = {}

    def of(address: str, form: TypeAdapter[Any], short: Any) -> Any:
        if address not in bodies:
            return short
        if address not in read:
            read[address] = form.validate_json(bodies[address])
        return read[address]

    def failure(short: Failure | None) -> Failure | None:
        return None if short is None else of(_named(short), _FAILURE, short)

    def attempt(short: Attempt) -> Attempt:
        changes = {"failure": failure(short.failure), "flaky": failure(short.flaky),
                   "proof": of(_proved(short.proof), _PROOF, short.proof)}  # fmt: skip
        return short.model_copy(update=changes)

    def gate(short: Gate) -> Gate:
        changes: dict[str, object] = {"failures": tuple(failure(one) for one in short.failures)}
        if len(short.evidence) == 1 and (address := _of(short.evidence[0].excerpt)) in bodies:
            changes["evidence"] = of(address, _EVIDENCE, None).items
        return short.model_copy(update=changes)

    tasks = {key: task.model_copy(update={"attempts": tuple(attempt(one) for one in task.attempts)})
             for key, task in run.tasks.items()}  # fmt: skip
    seen = {key: one if one.failure is None else one.model_copy(update={"failure": failure(one.failure)})
            for key, one in run.verifications.items()}  # fmt: skip
    return run.model_copy(
        update={"tasks": tasks, "gates": tuple(gate(one) for one in run.gates), "verifications": seen}
    )


def read_whole(c: sa.Connection, state: str) -> Run:
    """A run from its snapshot, with its texts. Raises pydantic.ValidationError."""
    run = Run.model_validate_json(state)
    return whole(run, _bodies(c, addresses(run))) if MARK in state else run


def read_apart(engine: sa.Engine, state: str) -> Run:
    """The same outside of a transaction; most snapshots have all their texts."""
    if MARK not in state:
        return Run.model_validate_json(state)
    with reading(engine) as c:
        return read_whole(c, state)


def _bodies(c: sa.Connection, wanted: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    every = sorted(wanted)
    for start in range(0, len(every), _PAGE):
        some = t.artifacts.c.sha256.in_(every[start : start + _PAGE])
        for row in c.execute(sa.select(t.artifacts.c.sha256, t.artifacts.c.body).where(some)):
            body = zlib.decompress(row.body).decode()
            if hashlib.sha256(body.encode()).hexdigest() == row.sha256:
                found[row.sha256] = body
    return found


class _Known(NamedTuple):
    """A run as a row holds it, and which addresses the row names."""

    state: int
    """Hash of the row's text."""
    run: Run
    addresses: frozenset[str]
    size: int


class Snapshots:
    """Writes and reads snapshots inside transactions of the ledger, and remembers the runs it wrote last.

    A remembered run counts only where the row still holds the very text that was written for it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._size = 0
        self._named: dict[int, frozenset[str]] = {}
        self._written: dict[int, _Known] = {}
        self._lock = threading.Lock()

    def load(self, c: sa.Connection, run_id: int, state: str) -> Run:
        """The run of a row that was just read."""
        with self._lock:
            known = self._known.get(run_id)
            if known is not None and known.state == hash(state):
                self._known.move_to_end(run_id)
                return known.run
        return read_whole(c, state)

    def begin(self, c: sa.Connection, run_id: int, state: str) -> Run:
        """The same, of a row that is locked and that `write` follows for."""
        with self._lock:
            known = self._known.get(run_id)
        if known is not None and known.state == hash(state):
            named, run = known.addresses, known.run
        else:
            short = Run.model_validate_json(state)
            named = frozenset(addresses(short)) if MARK in state else frozenset()
            run = whole(short, _bodies(c, set(named)))
        self._named[run_id] = named
        return run

    def write(self, c: sa.Connection, run: Run, at: datetime) -> str:
        """What is to stand in the row; long texts that it did not name before are kept here and now."""
        short, values = packed(run)
        named = self._named.get(run.id, frozenset())
        exact = _store(c, {sha256: value for sha256, value in values.items() if sha256 not in named}, at)
        try:
            state = _text(short)
        except ValueError:
            state, exact = stored_json(short), False
        # Later writes of this transaction need not keep them again.
        self._named[run.id] = frozenset(values)
        self._written.pop(run.id, None)
        if exact:  # where a text was mended, the run is the one that is read, not the one that was written
            self._written[run.id] = _Known(hash(state), run, frozenset(values), len(state) + LONG * len(values))
        return state

    def committed(self, run_id: int) -> None:
        """What was written for a run stands: it is remembered."""
        written = self._written.pop(run_id, None)
        self._named.pop(run_id, None)
        if written is None:
            return
        with self._lock:
            self._forget(run_id)
            self._known[run_id] = written
            self._size += written.size
            while self._size > MOST_REMEMBERED:
                self._forget(next(iter(self._known)))

    def _forget(self, run_id: int) -> None:
        known = self._known.pop(run_id, None)
        self._size -= known.size if known is not None else 0


def _store(c: sa.Connection, values: Mapping[str, Frozen], at: datetime) -> bool:
    """Keep bodies by their content; what is there is kept from now on, as if it were new. Whether none was mended."""
    exact = True
    # In one order everywhere: two runs that keep the same two, each in its own order, would wait for each other.
    for sha256, value in sorted(values.items()):
        try:
            body = value.model_dump_json(by_alias=True)
        except ValueError:
            body, exact = stored_json(value), False
        row = {"sha256": sha256, "kind": "state", "body": zlib.compress(body.encode()), "created_at": at.timestamp()}
        upsert(c, t.artifacts, ("sha256",), row, {"created_at": row["created_at"]})
    return exact
