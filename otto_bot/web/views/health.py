"""The page of the host: what is wrong first, then what arrives, what waits, who works, and which limits there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from otto_bot.core.finding import worst_first
from otto_bot.core.rights import Granted, hindering, lacking
from otto_bot.store.host_facts import InstallationFacts, MirrorFacts
from otto_bot.store.run_pages import SILENT_SECONDS
from otto_bot.store.worker_rows import WorkerRow
from otto_bot.text import doctor
from otto_bot.text import health as words
from otto_bot.text import pages as text
from otto_bot.text.spoken import line
from otto_bot.text.words import clock, count
from otto_bot.web.views.parts import Moment, moment
from otto_bot.web.views.repositories import RepositoryView
from otto_bot.web.views.troubles import HostSeen, HostTrouble, ago, several_deliveries, size_words, troubles

TONES = {"problem": "bad", "unknown": "wait", "warning": "wait", "note": "off"}


class WorkerView(NamedTuple):
    """A worker. `state` says whether it is there."""

    name: str
    host: str
    version: str
    started: Moment | None
    heard: str
    state: str
    tone: str


class Count(NamedTuple):
    """How many there are of something."""

    words: str
    number: int


class InstallationView(NamedTuple):
    """GitHub's limits of one installation, and its runs that something holds back."""

    id: int
    accounts: str
    left: str
    resets: Moment | None
    state: str
    tone: str
    writes: int
    waits: int
    held: tuple[str, ...]


class FindingView(NamedTuple):
    """One thing that the doctor found."""

    check: str
    words: str
    advice: str
    state: str
    tone: str


class GrantView(NamedTuple):
    """What an installation granted; `page` is where its owner accepts more."""

    who: str
    missing: str
    page: str
    at: Moment | None
    state: str
    tone: str


class HealthPage(NamedTuple):
    """Everything of the page."""

    at: str
    troubles: tuple[HostTrouble, ...]
    deliveries: tuple[Count, ...]
    oldest_delivery: str
    redelivered: str
    effects: tuple[Count, ...]
    oldest_effect: str
    runs: tuple[Count, ...]
    workers: tuple[WorkerView, ...]
    limits: tuple[str, ...]
    installations: tuple[InstallationView, ...]
    needed: tuple[tuple[str, str], ...]
    host: tuple[tuple[str, str], ...]
    version: str
    doctor: tuple[FindingView, ...]
    doctor_words: str
    grants: tuple[GrantView, ...]
    repositories: tuple[RepositoryView, ...] = ()


def health_page(found: HostSeen, now: datetime) -> HealthPage:
    """The page as it is shown."""
    at = now.timestamp()
    return HealthPage(
        at=clock(now),
        troubles=troubles(found, now),
        deliveries=_counts(text.DELIVERIES, found.deliveries),
        oldest_delivery=_oldest(found.pressure.oldest_delivery, "delivery"),
        redelivered=f"GitHub was asked to send {several_deliveries(found.redelivered.total)} again so far.",
        effects=_counts(text.EFFECTS, found.effects),
        oldest_effect=_oldest(found.pressure.oldest_effect, "step"),
        runs=_counts(text.RUNS, found.pressure.runs),
        workers=tuple(_worker(one, at) for one in found.workers),
        limits=_limits(found),
        installations=tuple(_installation(one, at) for one in found.installations),
        needed=words.NEEDED,
        host=_host(found),
        version=found.version,
        doctor=_doctor(found),
        doctor_words=_looked(found, at),
        grants=tuple(_grant(one) for one in found.grants),
    )


def _doctor(found: HostSeen) -> tuple[FindingView, ...]:
    """What is not as it should be, the worst first."""
    seen = [one for one in worst_first(found.doctor.findings) if one.level != "ok"]
    return tuple(
        FindingView(one.check, line(one.words, 600), line(one.advice, 600), doctor.HEADS[one.level], TONES[one.level])
        for one in seen
    )


def _looked(found: HostSeen, at: float) -> str:
    if not found.doctor.at:
        return words.NOT_LOOKED
    well = sum(one.level == "ok" for one in found.doctor.findings)
    return words.LOOKED.format(ago=ago(at - found.doctor.at), well=count(well, "check"))


def _grant(one: Granted) -> GrantView:
    missing = lacking(one.permissions)
    state, tone = (words.GRANTED_ALL, "done")
    if one.suspended:
        state, tone = words.SUSPENDED, "bad"
    elif missing:
        hinders = bool(hindering(one.permissions))
        state, tone = (words.LACKS, "bad") if hinders else (words.LESS, "wait")
    page = one.page if one.page.startswith(("https://", "http://")) else ""
    who = line(one.account, 100) or str(one.id)
    return GrantView(who, doctor.rights(missing), page, moment(one.at), state, tone)


def _counts(known: Mapping[str, str], found: Mapping[str, int]) -> tuple[Count, ...]:
    """What is known by name first, with nought where there is none; then what has another name."""
    more = {state: line(state, 40) for state in sorted(found) if state not in known}
    return tuple(Count(said, found.get(state, 0)) for state, said in {**known, **more}.items())


def _oldest(seconds: float, what: str) -> str:
    return f"The oldest {what} waits for {ago(seconds)}." if seconds >= 1 else f"No {what} waits."


def _worker(one: WorkerRow, at: float) -> WorkerView:
    age = at - one.heartbeat_at
    state, tone = ("stopping", "wait") if one.stopping else ("at work", "done")
    if age > SILENT_SECONDS:
        state, tone = "not heard any more", "bad"
    heard = f"{ago(age)} ago"
    started = moment(float(one.started_at)) if one.started_at else None
    return WorkerView(line(one.name, 80), line(one.host, 120), line(one.version, 40), started, heard, state, tone)


def _limits(found: HostSeen) -> tuple[str, ...]:
    said = [f"${found.pressure.spent_today:.2f} spent today (UTC), calls under way at their worst case."]
    closed = found.github.closed
    said.append(
        f"GitHub's limit closes {count(closed, 'installation')} now." if closed else "No limit of GitHub is reached."
    )
    said += [
        f"{count(number, 'run')}: {text.PARKED.get(why, line(why, 40))}"
        for why, number in sorted(found.pressure.parked.items())
    ]
    return tuple(said)


def _installation(one: InstallationFacts, at: float) -> InstallationView:
    state, tone = ("open", "done")
    if one.closed_until > at:
        until = clock(datetime.fromtimestamp(one.closed_until, UTC))
        state, tone = f"closed until {until}: {line(one.closed_why, 200)}", "bad"
    elif one.quota is not None and one.quota.scarce(at):
        state, tone = "few requests left", "wait"
    known = one.quota if one.quota is not None and one.quota.reset > at else None
    return InstallationView(
        id=one.id,
        accounts=line(", ".join(one.accounts), 120),
        left=f"{known.remaining:,} of {known.limit:,} requests" if known is not None else "not told in this hour",
        resets=moment(float(known.reset)) if known is not None else None,
        state=state,
        tone=tone,
        writes=one.writes,
        waits=one.waits,
        held=_held(one),
    )


def _held(one: InstallationFacts) -> tuple[str, ...]:
    """Runs that a limit holds back, or that are shut out, by why."""
    parked = [(number, words.PARKED.get(why, line(why, 40))) for why, number in sorted(one.parked.items())]
    barred = [(number, words.BARRED.get(why, line(why, 40))) for why, number in sorted(one.barred.items())]
    return tuple(f"{count(number, 'run')}: {said}" for number, said in [*parked, *barred])


def _host(found: HostSeen) -> tuple[tuple[str, str], ...]:
    database = found.database
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(database.kind, database.kind)
    return (
        ("Otto", found.version),
        ("database", f"{kind}, {size_words(database.size)}"),
        ("schema", database.schema_version or "none"),
        *(("mirrors", _mirrors(one)) for one in found.mirrors),
    )


def _mirrors(one: MirrorFacts) -> str:
    """What the copies of repositories take on one machine."""
    room = f"{size_words(one.bytes)} of {size_words(one.cap)}"
    gone = f"; {count(one.evicted, 'mirror')} put away for room so far" if one.evicted else ""
    return f"{line(one.host, 80)}: {count(one.count, 'mirror')}, {room}{gone}"


def at_work(workers: Sequence[WorkerRow], at: float) -> int:
    """How many workers were heard of lately."""
    return sum(at - one.heartbeat_at <= SILENT_SECONDS for one in workers)
