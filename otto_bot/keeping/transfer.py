"""`ledger export` and `ledger import`: one run as one file of JSON lines, checked by replaying it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import ValidationError

from otto_bot.core.events import RunEvent, RunStarted, read_event
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.core.values import stored_json
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.ledger import replay
from otto_bot.store.shelf import Json, Shelf

FORMAT = 1
MOST_BYTES = 1024 * 1024 * 1024
MOST_LINE = 96 * 1024 * 1024
_DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


class BadLedger(StoreUnavailable):
    """A file that is no exported ledger, or is damaged; the message names the line."""


class Exported(NamedTuple):
    """What a file holds, checked. `run` is what its events give when they are replayed."""

    run: Run
    events: list[Json]
    usage: list[Json]
    artifacts: list[Json]
    key: str
    """Digest of the events: the same ledger has the same."""


def export(engine: sa.Engine, run_id: int, write: Callable[[str], None], warn: Callable[[str], None]) -> int:
    """One JSON object a line: head, events, calls, artifacts, end. The same ledger gives the same bytes.

    What a redactor takes for a secret is taken out; an artifact that holds one is left out. Raises NoSuchRun.
    """
    shelf, redactor = Shelf(engine), Redactor()
    state = shelf.state(run_id)
    events = [_clean(event, redactor) for event in shelf.events(run_id)]
    if not events:
        raise StoreUnavailable(f"of run {run_id} only its money is kept (OTTO_KEEP_DAYS); there is no ledger to export")
    run = _replayed(events)
    if run != Run.model_validate_json(_text(state, redactor)):
        warn(f"run {run_id}: its events give another state than the stored one; the events are what is exported")
    usage = [_clean(call, redactor) for call in shelf.usage(run_id)]
    named = _named([*(event["body"] for event in events), stored_json(run), *(str(call["reply"]) for call in usage)])
    sums = hashlib.sha256()
    count = 0

    def line(kind: str, value: Json) -> None:
        nonlocal count
        text = json.dumps({kind: value}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        sums.update(text.encode() + b"\n")
        count += 1
        write(text)

    line("ledger", {"format": FORMAT, "run": run_id, "events": len(events), "state": _digest(run)})
    for event in events:
        line("event", event)
    for call in usage:
        line("call", call)
    for artifact in shelf.artifacts(named):
        body = base64.b64decode(artifact["body"])
        if redactor.raw(body) == body:
            line("artifact", artifact)
        else:
            warn(f"artifact {artifact['sha256']} holds what looks like a secret, and is left out")
    write(json.dumps({"end": {"lines": count, "sha256": sums.hexdigest()}}, separators=(",", ":")))
    return 0


def read_file(path: Path) -> Exported:
    """A file, checked whole: its lines, its sum, the artifacts' addresses, and that its events give its state."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadLedger(f"{path} has more than {MOST_BYTES:,} bytes; no ledger has")
        with path.open(encoding="utf-8", newline="\n") as file:
            return _read(path, file)
    except (OSError, UnicodeDecodeError) as error:
        raise BadLedger(f"{path} cannot be read: {error}") from error


def _read(path: Path, lines: Iterable[str]) -> Exported:
    parts: dict[str, list[Json]] = {"ledger": [], "event": [], "call": [], "artifact": [], "end": []}
    sums, number = hashlib.sha256(), 0
    for number, text in enumerate(lines, 1):
        where = f"{path}, line {number}"
        if parts["end"]:
            raise BadLedger(f"{where}: there is more after its end")
        kind, value = _line(where, text)
        if (kind == "ledger") != (number == 1):
            raise BadLedger(f"{where}: a ledger begins with one line `ledger`; this is no exported ledger")
        if number == 1 and value.get("format") != FORMAT:
            raise BadLedger(f"{where}: format {value.get('format')!r}; this version reads {FORMAT}")
        if kind not in parts:
            raise BadLedger(f"{where}: {kind[:40]!r} is unknown; a later version of Otto may have written it")
        if kind == "artifact":
            _check_artifact(where, value)
        parts[kind].append(value)
        if kind != "end":
            sums.update(text.encode())
    if not parts["end"]:
        raise BadLedger(f"{path}: it ends after line {number}, before its line `end`; it was not exported whole")
    if parts["end"][0] != {"lines": number - 1, "sha256": sums.hexdigest()}:
        raise BadLedger(f"{path}, line {number}: what is in the file is not what was exported")
    return _checked(path, parts)


def _line(where: str, text: str) -> tuple[str, Json]:
    if len(text) > MOST_LINE:
        raise BadLedger(f"{where}: it is longer than any line of a ledger")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadLedger(f"{where}: it is no JSON: {error}") from error
    if not isinstance(data, dict) or len(data) != 1 or not isinstance(next(iter(data.values())), dict):
        raise BadLedger(f"{where}: a line is one object with one key")
    return next(iter(data.items()))


def _check_artifact(where: str, value: Json) -> None:
    try:
        body = base64.b64decode(value["body"], validate=True)
        kind, sha256 = str(value["kind"]), value["sha256"]
    except (KeyError, ValueError, TypeError) as error:
        raise BadLedger(f"{where}: the artifact cannot be read: {error}") from error
    if hashlib.sha256(body).hexdigest() != sha256 or len(kind) > 32:
        raise BadLedger(f"{where}: the artifact is not what its address says")


def _checked(path: Path, parts: dict[str, list[Json]]) -> Exported:
    head, events = parts["ledger"][0], parts["event"]
    for number, event in enumerate(events, 1):
        where = f"{path}, line {number + 1}"
        if event.get("seq") != number or not isinstance(event.get("refused"), str):
            raise BadLedger(f"{where}: event {number} of the ledger is expected")
        read = _event(where, event, first=number == 1)
        if set(event) != EVENT or event["type"] != read.type or event["at"] != read.at.timestamp():
            raise BadLedger(f"{where}: type and time of the event are not those of its body")
    for number, call in enumerate(parts["call"], len(events) + 2):
        if set(call) != CALL:
            raise BadLedger(f"{path}, line {number}: a call has the fields {', '.join(sorted(CALL))}")
    run = _replayed(events)
    if _digest(run) != head.get("state"):
        raise BadLedger(f"{path}: its events give another state in this version; use the version that exported it")
    return Exported(run, events, parts["call"], parts["artifact"], _sha("\n".join(event["body"] for event in events)))


EVENT = frozenset({"seq", "at", "type", "body", "refused"})
CALL = frozenset({"call", "role", "model", "input_tokens", "output_tokens", "usd", "seconds", "reply", "at"})


def _event(where: str, event: Json, *, first: bool) -> RunEvent:
    try:
        read = read_event(event["body"])
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise BadLedger(f"{where}: the event cannot be read by this version: {str(error)[:300]}") from error
    if first != isinstance(read, RunStarted):
        raise BadLedger(f"{where}: a ledger begins with one RunStarted, and has no other")
    return read


def _replayed(events: list[Json]) -> Run:
    run = replay([read_event(event["body"]) for event in events if not event["refused"]])
    if run is None:
        raise BadLedger("the ledger starts no run")
    return run


def import_file(engine: sa.Engine, path: Path, at: datetime, say: Callable[[str], None]) -> int:
    """Put a file's run into the database, to be read only, under a number of this database. Raises StoreUnavailable."""
    found = read_file(path)
    shelf, key = Shelf(engine), f"import/{found.key}"
    known = shelf.known(key)
    if known is not None:
        say(f"this ledger is here already, as run {known}")
        return 0
    old = f"run/{found.run.id}/"

    def make(number: int) -> tuple[Run, list[Json], list[Json]]:
        new = f"run/{number}/"
        events = [{**event, "body": _renumbered(event["body"], number, old, new)} for event in found.events]
        return _replayed(events), events, [{**call, "call": _moved(call["call"], old, new)} for call in found.usage]

    number = shelf.put(key, found.run, found.artifacts, make, at)
    say(f"run {found.run.id} of {found.run.repo.owner}/{found.run.repo.name} is here as run {number}, to be read only")
    return 0


def _renumbered(body: str, number: int, old: str, new: str) -> str:
    data = _moved(json.loads(body), old, new)
    if data.get("type") == "RunStarted":
        data["run_id"] = number
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _moved(value: Any, old: str, new: str) -> Any:
    """The value with every name of the run's own changed to its number here."""
    if isinstance(value, str):
        return new + value[len(old) :] if value.startswith(old) else value
    if isinstance(value, list):
        return [_moved(item, old, new) for item in value]
    if isinstance(value, dict):
        return {_moved(key, old, new): _moved(item, old, new) for key, item in value.items()}
    return value


def _named(texts: Iterable[str]) -> list[str]:
    return sorted({digest for text in texts for digest in _DIGEST.findall(text)})


def _clean(row: Json, redactor: Redactor) -> Json:
    return {name: _text(value, redactor) if isinstance(value, str) else value for name, value in row.items()}


def _text(value: str, redactor: Redactor) -> str:
    """A text of the store without secrets; JSON stays JSON."""
    if not value.startswith(("{", "[")):
        return redactor.text(value)
    return json.dumps(redactor.json(json.loads(value)), ensure_ascii=False, separators=(",", ":"))


def _digest(run: Run) -> str:
    """Digest of a state: the same for the same run, whatever order its sets have."""
    return _sha(json.dumps(_ordered(run.model_dump()), sort_keys=True, default=str))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _ordered(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(item) for item in value)
    return [_ordered(item) for item in value] if isinstance(value, list | tuple) else value


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
