"""What is not as it should be on a host, each with what to do: pure rules over what the store counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from otto_bot.core.rights import Granted
from otto_bot.store.findings import Kept
from otto_bot.store.host_facts import DatabaseFacts, InstallationFacts, MirrorFacts, Redelivered
from otto_bot.store.installations import Totals
from otto_bot.store.pressure import Pressure
from otto_bot.store.run_pages import SILENT_SECONDS
from otto_bot.store.worker_rows import WorkerRow
from otto_bot.text import health as text
from otto_bot.text.spoken import line
from otto_bot.text.words import clock, count

LATE_SECONDS = 300.0
"""What waits longer is worth an alert, by docs/operate.md."""
ASKED_IN_VAIN = 3
"""So often a delivery is asked for again."""


class HostSeen(NamedTuple):
    """What the store tells of a host; `idle` = steps are due and no worker was heard of lately."""

    deliveries: Mapping[str, int]
    effects: Mapping[str, int]
    pressure: Pressure
    github: Totals
    workers: Sequence[WorkerRow]
    database: DatabaseFacts
    redelivered: Redelivered
    installations: Sequence[InstallationFacts]
    idle: bool
    version: str
    doctor: Kept = Kept()
    """What the doctor found last, without what is not this viewer's."""
    grants: Sequence[Granted] = ()
    mirrors: Sequence[MirrorFacts] = ()


class HostTrouble(NamedTuple):
    """One thing that is not as it should be."""

    about: str
    words: str
    advice: str


def troubles(found: HostSeen, now: datetime) -> tuple[HostTrouble, ...]:
    """Empty = all is well."""
    at = now.timestamp()
    return (
        *_workers(found, at),
        *_deliveries(found),
        *_steps(found),
        *(one for each in found.installations for one in _installation(each, at)),
        *_database(found.database),
    )


def _said(about: str, words: tuple[str, str], **parts: object) -> HostTrouble:
    return HostTrouble(about, *(sentence.format(**parts) for sentence in words))


def _workers(found: HostSeen, at: float) -> Iterator[HostTrouble]:
    if found.idle:
        yield _said("workers", text.NO_WORKER)
    for one in found.workers:
        name, age = line(one.name, 80), at - one.heartbeat_at
        if age > SILENT_SECONDS:
            yield _said("workers", text.SILENT, name=name, ago=ago(age))
        elif one.version and one.version != found.version:
            yield _said("workers", text.OTHER_VERSION, name=name, theirs=line(one.version, 40), ours=found.version)


def _deliveries(found: HostSeen) -> Iterator[HostTrouble]:
    if found.pressure.oldest_delivery > LATE_SECONDS:
        yield _said("deliveries", text.OLD_DELIVERY, ago=ago(found.pressure.oldest_delivery))
    if dead := found.deliveries.get("dead", 0):
        yield _said("deliveries", text.DEAD, number=several_deliveries(dead))
    if lost := sum(times >= ASKED_IN_VAIN for times in found.redelivered.asked.values()):
        yield _said("deliveries", text.GIVEN_UP, number=several_deliveries(lost), tries=ASKED_IN_VAIN)


def several_deliveries(number: int) -> str:
    """`1 delivery`, `2 deliveries`."""
    return "1 delivery" if number == 1 else f"{number} deliveries"


def _steps(found: HostSeen) -> Iterator[HostTrouble]:
    if found.pressure.oldest_effect > LATE_SECONDS and not found.idle:
        yield _said("steps", text.OLD_STEP, ago=ago(found.pressure.oldest_effect))


def _installation(one: InstallationFacts, at: float) -> Iterator[HostTrouble]:
    who = {"id": one.id, "accounts": line(", ".join(one.accounts), 120) or "no runs"}
    if one.closed_until > at:
        yield _said("limits", text.CLOSED, until=_clock(one.closed_until), why=line(one.closed_why), **who)
    elif one.quota is not None and one.quota.scarce(at):
        left = {"remaining": one.quota.remaining, "limit": one.quota.limit, "reset": _clock(one.quota.reset)}
        yield _said("limits", text.FEW_LEFT, **left, **who)


def _database(found: DatabaseFacts) -> Iterator[HostTrouble]:
    if found.schema_version != found.newest:
        yield _said("database", text.SCHEMA, found=found.schema_version or "none", newest=found.newest)


def _clock(seconds: float) -> str:
    return clock(datetime.fromtimestamp(seconds, UTC))


def ago(seconds: float) -> str:
    """A span as people say it."""
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def size_words(size: int | None) -> str:
    """Bytes as people say them."""
    if size is None:
        return "not told"
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= one:
            return f"{size / one:.1f} {unit}"
    return count(size, "byte")
