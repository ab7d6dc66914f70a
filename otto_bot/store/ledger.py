"""The ledger: append events, keep the run's snapshot and its effect rows in step, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from otto_bot.core.allowance import Shut
from otto_bot.core.budget import Money, inherited, lineage_cap
from otto_bot.core.commands import heard_before
from otto_bot.core.config import HostCaps
from otto_bot.core.context_notes import inherited_notes
from otto_bot.core.effects import scheduled
from otto_bot.core.events import RunEvent, RunStarted, VerificationEnded, read_event
from otto_bot.core.exposure import Allowed
from otto_bot.core.invariants import InvariantBroken
from otto_bot.core.limits import HostLimits
from otto_bot.core.machine import reduce, started
from otto_bot.core.plan import Plan
from otto_bot.core.reviews import Review
from otto_bot.core.run import Kind, Run
from otto_bot.core.shared_failures import VerdictSeen
from otto_bot.core.values import Frozen, Person, Repo, stored_json
from otto_bot.store import allowance
from otto_bot.store import tables as t
from otto_bot.store.allowance import DayUsedUp
from otto_bot.store.allowed import allowed_lately
from otto_bot.store.database import reading, writing
from otto_bot.store.effect_rows import Ticket, mark_done, sync
from otto_bot.store.heading import heading
from otto_bot.store.places import Standing, begins_to_wait, parking_columns, stands
from otto_bot.store.run_queries import OtherRunActive, RunQueries
from otto_bot.store.synced import told
from otto_bot.store.telling import Told
from otto_bot.store.versions import CODE_VERSION, understood

VERDICT = "VerificationEnded"
VERDICTS = 1000
Fits = Callable[[Run], None]
"""Looks at the run under the lock of its row, and raises where what was to be recorded does not fit it any more."""
_LOCKED = (
    t.runs.c.state, t.runs.c.seq, t.runs.c.version, t.runs.c.working, t.runs.c.admitted, t.runs.c.place_until,
    t.runs.c.began_at, t.runs.c.record,
)  # fmt: skip


class NoSuchRun(LookupError):
    """There is no run with this id."""


class Trigger(Frozen):
    """What starts a run; `key` is the business key of the label event or command."""

    key: str
    repo: Repo
    issue: int
    title: str
    body: str
    actor: Person
    asked_at: datetime | None = None
    """When it was asked for, by GitHub's clock."""
    plan_only: bool = False
    kind: Kind = "build"
    review: Review | None = None
    """Of a run that only improves."""
    subject: Plan | None = None
    """Of a run that only certifies: the plan to hold the default branch against; None = one is made."""


class Recorded(Frozen):
    """An event as the ledger holds it; `refused` says why it changed nothing, if it would have broken a rule."""

    seq: int
    event: RunEvent
    refused: str = ""


class _Before(NamedTuple):
    """What stood in the run's row before a write."""

    run: Run | None
    seq: int
    standing: Standing


class Ledger(RunQueries):
    """Reads and appends. Every method is one short transaction; errors are StoreUnavailable.

    With `limits` a run that begins to work may have to wait for its turn; without, nobody waits. `tell` is told writes.
    """

    def __init__(
        self, engine: sa.Engine, limits: HostLimits | None = None, *, version: int = CODE_VERSION,
        tell: Told | None = None,
    ) -> None:  # fmt: skip
        super().__init__(engine, version)
        self._limits, self._tell = limits, tell

    def start(self, trigger: Trigger, caps: HostCaps, at: datetime) -> Run | None:
        """A new run; None where this trigger was seen or a run for the issue is active."""
        with reading(self._engine) as c:
            # Before the write: these snapshots may be long. Of a yes that is given meanwhile the run asks again.
            allowed = allowed_lately(c, trigger.repo.id)
        try:
            run = self._start(trigger, caps, at, allowed)
        except sa.exc.IntegrityError:
            # Someone else started it in the same moment.
            return None
        if run is not None:
            self._snapshots.committed(run.id)
            if self._tell is not None:
                self._tell(None, run, ())
        return run

    def _start(self, trigger: Trigger, caps: HostCaps, at: datetime, allowed: tuple[Allowed, ...]) -> Run | None:
        with writing(self._engine) as c:
            same_issue = (t.runs.c.repo_id == trigger.repo.id) & (t.runs.c.issue == trigger.issue)
            if c.execute(
                sa.select(t.runs.c.id).where(
                    (t.runs.c.trigger_key == trigger.key) | (same_issue & (t.runs.c.active == 1))
                )
            ).first():
                return None
            earlier = _earlier(c, same_issue, self._version)
            ordinal = earlier[-1].ordinal + 1 if earlier else 1
            row = c.execute(
                t.runs.insert().values(
                    repo_id=trigger.repo.id,
                    issue=trigger.issue,
                    ordinal=ordinal,
                    trigger_key=trigger.key,
                    active=1,
                    working=0,  # until it has its place, or waits for one
                    phase="",
                    seq=0,
                    state="",
                    started_at=at.timestamp(),
                    updated_at=at.timestamp(),
                    installation_id=trigger.repo.installation_id,
                    actor_id=trigger.actor.id,
                )
            )
            key = row.inserted_primary_key
            assert key is not None
            event = RunStarted(
                at=at,
                run_id=key[0],
                repo=trigger.repo,
                issue=trigger.issue,
                ordinal=ordinal,
                title=trigger.title,
                body=trigger.body,
                actor=trigger.actor,
                asked_at=trigger.asked_at,
                caps=caps,
                plan_only=trigger.plan_only,
                kind=trigger.kind,
                review=trigger.review,
                subject=trigger.subject,
                inherited=inherited(_account(run) for run in earlier),
                context=inherited_notes(earlier),
                heard=heard_before(earlier[-1].seen) if earlier else (),
                exposure_allowed=allowed,
            )
            run, _ = self._write(c, started(event), [(event, "")], _Before(None, 0, Standing()), at)
            sync(c, run, scheduled(run), at)
            return run

    def load(self, run_id: int) -> Run:
        """The run as it stands. Raises NoSuchRun, and NewerVersion where newer code works on it."""
        with reading(self._engine) as c:
            row = c.execute(sa.select(t.runs.c.state, t.runs.c.version).where(t.runs.c.id == run_id)).first()
            if row is None:
                raise NoSuchRun(f"there is no run {run_id}")
            understood(run_id, row.version, self._version)
            return self._snapshots.load(c, run_id, row.state)

    def append(
        self, run_id: int, events: Sequence[RunEvent], at: datetime, *, done: Ticket | None = None,
        fits: Fits | None = None,
    ) -> Run:  # fmt: skip
        """Record events, move the run, keep its effects in step; with `done`, end that effect in the same breath.

        `fits` is asked first, where nobody else can move the run: what it raises is raised, and nothing is recorded.
        Raises NoSuchRun, NewerVersion, OtherRunActive where a run that was over would go on beside another one of its
        issue, and DayUsedUp where money is put aside that this day does not have; then no event is recorded.
        """
        try:
            run, was = self._append(run_id, events, at, done, fits)
        except sa.exc.IntegrityError as error:
            run = self.load(run_id)
            other = self.active_run(run.repo.id, run.issue)
            if other is None or other == run_id:
                raise
            raise OtherRunActive(other) from error
        if isinstance(run, Shut):
            raise DayUsedUp(run)
        self._snapshots.committed(run_id)
        if self._tell is not None:
            self._tell(was, run, events)
        return run

    def _append(
        self, run_id: int, events: Sequence[RunEvent], at: datetime, done: Ticket | None, fits: Fits | None
    ) -> tuple[Run | Shut, Run]:
        with writing(self._engine) as c:
            row = c.execute(sa.select(*_LOCKED).where(t.runs.c.id == run_id).with_for_update()).first()
            if row is None or row.record == "imported":
                raise NoSuchRun(f"there is no run {run_id}" if row is None else f"run {run_id} is only to be read")
            understood(run_id, row.version, self._version)
            if done is not None:
                mark_done(c, done, at)
            run = self._snapshots.begin(c, run_id, row.state)
            if fits is not None:
                fits(run)
            standing = Standing(row.working, row.admitted, row.place_until, row.began_at)
            before = _Before(run, row.seq, standing)
            shut = None if self._limits is None else allowance.shut(c, self._limits.day, run, events, at)
            if shut is not None:
                return shut, run
            was = run
            run, recorded = _reduce_all(run, events, partial(allowance.book, c))
            run, before = self._write(c, run, recorded, before, at)
            if more := told(sync(c, run, scheduled(run), at), at):
                run, recorded_more = _reduce_all(run, more)
                run, before = self._write(c, run, recorded_more, before, at)
                sync(c, run, scheduled(run), at)
            return run, was

    def _write(
        self, c: sa.Connection, run: Run, recorded: list[tuple[RunEvent, str]], before: _Before, at: datetime
    ) -> tuple[Run, _Before]:
        """The run as it is written, and what the next write of this transaction has before it."""
        standing = stands(c, run, before.standing, self._limits, at)
        if self._limits is not None and not standing.admitted and not before.standing.working:
            waits = begins_to_wait(c, run, self._limits, at)
            run, more = _reduce_all(run, [] if waits is None else [waits])
            recorded = [*recorded, *more]
        rows = [
            {
                "run_id": run.id,
                "seq": before.seq + number,
                "at": event.at.timestamp(),
                "type": event.type,
                "body": stored_json(event),
                "refused": refused,
            }
            for number, (event, refused) in enumerate(recorded, start=1)
        ]
        if rows:
            c.execute(t.events.insert(), rows)
        c.execute(
            t.runs.update()
            .where(t.runs.c.id == run.id)
            .values(
                state=self._snapshots.write(c, run, at),
                seq=before.seq + len(rows),
                phase=run.phase.value,
                outcome=run.outcome.value if run.outcome else "",
                pull_request=run.pull_request or 0,
                active=0 if run.ended else 1,
                installation_id=run.repo.installation_id,
                **heading(run),
                version=self._version,
                barred=" ".join(sorted(bar.by for bar in run.bars)),
                updated_at=at.timestamp(),
                **standing._asdict(),
                **parking_columns(before.run, run, at),
            )
        )
        return run, _Before(run, before.seq + len(rows), standing)

    def events(self, run_id: int, after: int = 0) -> list[Recorded]:
        """What the ledger holds for a run after a sequence number, in order."""
        query = (
            sa.select(t.events.c.seq, t.events.c.body, t.events.c.refused)
            .where((t.events.c.run_id == run_id) & (t.events.c.seq > after))
            .order_by(t.events.c.seq)
        )
        with reading(self._engine) as c:
            rows = c.execute(query).all()
        return [Recorded(seq=row.seq, event=read_event(row.body), refused=row.refused) for row in rows]

    def verdicts(self, repo_id: int, since: datetime) -> list[VerdictSeen]:
        """What Actions said about heads of any run in a repository since then, newest first, at most VERDICTS."""
        query = (
            sa.select(t.events.c.run_id, t.runs.c.issue, t.events.c.body)
            .join(t.runs, t.runs.c.id == t.events.c.run_id)
            .where((t.events.c.type == VERDICT) & (t.events.c.at >= since.timestamp()) & (t.runs.c.repo_id == repo_id))
            .order_by(t.events.c.at.desc())
            .limit(VERDICTS)
        )
        with reading(self._engine) as c:
            rows = c.execute(query).all()
        return [seen for row in rows if (seen := _verdict(row.run_id, row.issue, row.body)) is not None]

    def active_runs(self, repo_id: int | None = None) -> list[int]:
        """Ids of runs that are not over, without those that newer code works on."""
        ours = (t.runs.c.active == 1) & (t.runs.c.version <= self._version)
        query = sa.select(t.runs.c.id).where(ours).order_by(t.runs.c.id)
        if repo_id is not None:
            query = query.where(t.runs.c.repo_id == repo_id)
        with reading(self._engine) as c:
            return list(c.execute(query).scalars())

    def lately(self, repo_id: int, *, elsewhere: bool = False, most: int = 50) -> list[Run]:
        """The newest runs of a repository, or of all others, newest first, without long texts.

        One that cannot be read is left out.
        """
        where = t.runs.c.repo_id != repo_id if elsewhere else t.runs.c.repo_id == repo_id
        with reading(self._engine) as c:
            query = sa.select(t.runs.c.state).where(where).order_by(t.runs.c.id.desc()).limit(most)
            states = c.execute(query).scalars().all()
        return [run for state in states if (run := _readable(state)) is not None]

    def run_of(self, repo_id: int, number: int) -> int | None:
        """The newest run of an issue, or whose pull request has this number."""
        where = (t.runs.c.repo_id == repo_id) & ((t.runs.c.issue == number) | (t.runs.c.pull_request == number))
        with reading(self._engine) as c:
            query = sa.select(t.runs.c.id).where(where).order_by(t.runs.c.id.desc()).limit(1)
            found: int | None = c.execute(query).scalar()
        return found

    def run_ids(self) -> list[int]:
        """Every run's id, oldest first."""
        with reading(self._engine) as c:
            return list(c.execute(sa.select(t.runs.c.id).order_by(t.runs.c.id)).scalars())


def _readable(state: str) -> Run | None:
    try:
        return Run.model_validate_json(state)
    except ValueError:
        return None  # of another version: whoever opens that run is told, whoever only looks back does without it


def _earlier(c: sa.Connection, same_issue: sa.ColumnElement[bool], version: int) -> list[Run]:
    """The issue's earlier runs, oldest first, as they stand in this very transaction; long texts may be missing."""
    query = sa.select(t.runs.c.id, t.runs.c.state, t.runs.c.version).where(same_issue).order_by(t.runs.c.ordinal)
    rows = c.execute(query).all()
    for row in rows:
        understood(row.id, row.version, version)
    return [Run.model_validate_json(row.state) for row in rows]


def _account(run: Run) -> Money:
    """A run's money. Runs of older versions do not say what people granted: their cap does."""
    if not run.prepared:
        return run.money
    above = run.money.cap - lineage_cap(run.caps.usd, run.config.budget.usd, 0.0)
    return run.money.model_copy(update={"granted": max(run.money.granted, above)})


def _verdict(run_id: int, issue: int, body: str) -> VerdictSeen | None:
    try:
        event = read_event(body)
    except ValueError:
        return None  # told by a newer version
    if not isinstance(event, VerificationEnded):
        return None
    fingerprint = event.failure.fingerprint if event.failure is not None else ""
    return VerdictSeen(
        run=run_id, issue=issue, target=event.target, sha=event.sha, at=event.at, ending=event.ending,
        fingerprint=fingerprint,
    )  # fmt: skip


def _reduce_all(
    run: Run, events: Sequence[RunEvent], book: Callable[[Run, RunEvent, Money, Money], None] | None = None
) -> tuple[Run, list[tuple[RunEvent, str]]]:
    recorded: list[tuple[RunEvent, str]] = []
    for event in events:
        try:
            after = reduce(run, event)
            refused = ""
        except InvariantBroken as error:
            after, refused = run, str(error)
        assert after is not None
        if book is not None and after.money is not run.money:
            book(after, event, run.money, after.money)
        run = after
        recorded.append((event, refused))
    return run, recorded


def replay(events: Sequence[RunEvent]) -> Run | None:
    """The run that a ledger gives: the same events, the same state."""
    run: Run | None = None
    for event in events:
        try:
            run = reduce(run, event)
        except InvariantBroken:
            continue
    return run
