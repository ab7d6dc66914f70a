"""Learnings of each repository: proposed once, accepted or forgotten, counted by what came of telling them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from otto_bot.core.learnings import LearningStatus, Proposal, Source, StoredLearning, refusal
from otto_bot.core.values import Repo
from otto_bot.store import tables as t
from otto_bot.store.database import reading, writing

MOST_PROPOSED = 2000
"""Learnings of one repository that nobody has decided about; the oldest make room."""
MOST_READ = 400
"""Accepted learnings that are looked at for one prompt, the most helpful and newest first."""

_SOURCES = TypeAdapter(tuple[Source, ...])
_PROPOSED, _ACCEPTED, _FORGOTTEN = LearningStatus.PROPOSED, LearningStatus.ACCEPTED, LearningStatus.FORGOTTEN


class Learnings:
    """Reads and writes learnings. Every method is one short transaction; errors are StoreUnavailable."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def propose(self, repo: Repo, proposal: Proposal, at: datetime, keep: timedelta) -> StoredLearning:
        """Find or create: the same text and scope is the known one, whatever its status; so is the same proposal.

        A proposal that is made again with other words replaces its first ones, which nobody was told.
        """
        with self._in_line() as c:
            return self._propose(c, repo, proposal, at, keep)

    @contextmanager
    def _in_line(self) -> Iterator[sa.Connection]:
        """A transaction that gives numbers: one at a time, as writers of SQLite are anyway."""
        with writing(self._engine) as c:
            if c.dialect.name == "postgresql":
                c.execute(sa.text("SELECT pg_advisory_xact_lock(748393)"))
            yield c

    def _propose(
        self, c: sa.Connection, repo: Repo, proposal: Proposal, at: datetime, keep: timedelta
    ) -> StoredLearning:
        rows = t.learnings
        digest = digest_of(proposal.text, proposal.scope)
        same = c.execute(sa.select(rows).where((rows.c.repo_id == repo.id) & (rows.c.digest == digest))).first()
        if same is not None:
            return _learning(same)
        said = {
            "repo_name": repo.full_name,
            "digest": digest,
            "text": proposal.text,
            "scope": proposal.scope,
            "verbatim": int(proposal.verbatim),
            "sources": _SOURCES.dump_json(proposal.sources).decode(),
            "author": proposal.author[:80],
            "model": proposal.model[:80],
            "created_at": at.timestamp(),
            "expires_at": (at + keep).timestamp(),
        }
        mine = rows.c.origin == proposal.origin
        # Words that were told or decided about stay; the new ones are a learning of their own.
        c.execute(rows.update().where(mine & ((rows.c.used > 0) | (rows.c.status != _PROPOSED))).values(origin=None))
        if c.execute(rows.update().where(mine).values(**said)).rowcount == 0:
            given = {"repo_id": repo.id, "number": self._number(c, repo.id), "origin": proposal.origin}
            from_run = {"status": _PROPOSED.value, "run_id": proposal.run, "gate": proposal.gate}
            c.execute(rows.insert().values(**said, **given, **from_run))
            self._make_room(c, repo.id)
        return _learning(c.execute(sa.select(rows).where(mine)).one())

    def _number(self, c: sa.Connection, repo_id: int) -> int:
        last = c.execute(sa.select(sa.func.max(t.learnings.c.number)).where(t.learnings.c.repo_id == repo_id)).scalar()
        return (last or 0) + 1

    def _make_room(self, c: sa.Connection, repo_id: int) -> None:
        waiting = (t.learnings.c.repo_id == repo_id) & (t.learnings.c.status == _PROPOSED.value)
        query = sa.select(t.learnings.c.id).where(waiting).order_by(t.learnings.c.number.desc()).offset(MOST_PROPOSED)
        # SQLite knows no OFFSET without LIMIT.
        gone = list(c.execute(query.limit(1000)).scalars())
        if gone:
            c.execute(t.learning_uses.delete().where(t.learning_uses.c.learning_id.in_(gone)))
            c.execute(t.learnings.delete().where(t.learnings.c.id.in_(gone)))

    def get(self, repo_id: int, number: int) -> StoredLearning | None:
        """One learning."""
        found = self.numbered(repo_id, frozenset({number}))
        return found[0] if found else None

    def numbered(self, repo_id: int, numbers: frozenset[int]) -> list[StoredLearning]:
        """Learnings by number, whatever their status; unknown numbers are left out."""
        where = (t.learnings.c.repo_id == repo_id) & t.learnings.c.number.in_(sorted(numbers))
        with reading(self._engine) as c:
            rows = c.execute(sa.select(t.learnings).where(where).order_by(t.learnings.c.number)).all()
        return [_learning(row) for row in rows]

    def accepted(self, repo_id: int, at: datetime) -> list[StoredLearning]:
        """Accepted and used lately enough: at most MOST_READ, the most helpful first, then the newest."""
        rows = t.learnings
        where = (rows.c.repo_id == repo_id) & (rows.c.status == _ACCEPTED.value) & (rows.c.expires_at > at.timestamp())
        worth = (rows.c.helped - rows.c.failed).desc()
        query = sa.select(rows).where(where).order_by(worth, rows.c.accepted_at.desc(), rows.c.number.desc())
        with reading(self._engine) as c:
            return [_learning(row) for row in c.execute(query.limit(MOST_READ))]

    def listed(self, repo_id: int | None = None) -> list[StoredLearning]:
        """All learnings, of one repository or of every one, in the order of their numbers."""
        query = sa.select(t.learnings).order_by(t.learnings.c.repo_name, t.learnings.c.repo_id, t.learnings.c.number)
        if repo_id is not None:
            query = query.where(t.learnings.c.repo_id == repo_id)
        with reading(self._engine) as c:
            return [_learning(row) for row in c.execute(query)]

    def accept(
        self, repo_id: int, number: int, by: str, at: datetime, keep: timedelta, protected: tuple[str, ...], *,
        person: bool,
    ) -> tuple[StoredLearning | None, str]:  # fmt: skip
        """The learning as it stands after, and why it was not accepted (empty: it is). None = unknown.

        What is accepted already stays as it is, except that a person's word renews its time.
        """
        where = (t.learnings.c.repo_id == repo_id) & (t.learnings.c.number == number)
        with writing(self._engine) as c:
            row = c.execute(sa.select(t.learnings).where(where).with_for_update()).first()
            if row is None:
                return None, "unknown"
            known = _learning(row)
            why = refusal(known, protected, person=person)
            if why is not None:
                return known, why
            changes: dict[str, object] = {}
            if known.status is not _ACCEPTED:
                changes = {"status": _ACCEPTED.value, "accepted_by": by[:120], "accepted_at": at.timestamp()}
            if changes or person:
                changes["expires_at"] = max(row.expires_at, (at + keep).timestamp())
                c.execute(t.learnings.update().where(where).values(**changes))
            return _learning(c.execute(sa.select(t.learnings).where(where)).one()), ""

    def forget(self, repo_id: int, number: int, by: str, at: datetime) -> StoredLearning | None:
        """Told to nobody from now on; its row stays, so that the same words are not proposed anew. None = unknown."""
        where = (t.learnings.c.repo_id == repo_id) & (t.learnings.c.number == number)
        changes = {"status": _FORGOTTEN.value, "forgotten_by": by[:120], "forgotten_at": at.timestamp()}
        with writing(self._engine) as c:
            c.execute(t.learnings.update().where(where & (t.learnings.c.status != _FORGOTTEN.value)).values(**changes))
            row = c.execute(sa.select(t.learnings).where(where)).first()
        return None if row is None else _learning(row)

    def obey(
        self, repo_id: int, verb: str, name: str, login: str, at: datetime, keep: timedelta, protected: tuple[str, ...]
    ) -> tuple[str, str]:
        """A person's `keep` or `forget` of `L3`: the key of the reply, and its detail. Saying it twice is harmless."""
        number, by = int(name.removeprefix("L")), f"@{login}"
        before = self.get(repo_id, number)
        if before is None:
            return "nothing_learnt", name
        if verb == "forget":
            self.forget(repo_id, number, by, at)
            twice = before.status is _FORGOTTEN and before.forgotten_by != by
            return "learning_dropped_already" if twice else "learning_dropped", f"{name} {before.text}"
        _, why = self.accept(repo_id, number, by, at, keep, protected, person=True)
        if why:
            return "learning_unsafe", f"{name} {why}"
        twice = before.status is _ACCEPTED and before.accepted_by != by
        return "learning_kept_already" if twice else "learning_kept", f"{name} {before.text}"

    def used(
        self, repo_id: int, run: int, uses: Mapping[tuple[int, str, int], str], at: datetime, keep: timedelta
    ) -> None:
        """Write what came of telling: (number, task, attempt) → what. The same use again replaces its entry."""
        with writing(self._engine) as c:
            for (number, task, attempt), what in uses.items():
                where = (t.learnings.c.repo_id == repo_id) & (t.learnings.c.number == number)
                row = c.execute(sa.select(t.learnings.c.id, t.learnings.c.expires_at).where(where)).first()
                if row is not None:
                    self._use(c, row.id, {"run_id": run, "task": task, "attempt": attempt}, what, at)
                    later = max(row.expires_at, (at + keep).timestamp())
                    c.execute(t.learnings.update().where(where).values(expires_at=later, last_used_at=at.timestamp()))

    def _use(self, c: sa.Connection, learning: int, place: dict[str, Any], what: str, at: datetime) -> None:
        rows = t.learning_uses
        key = {"learning_id": learning, **place}
        c.execute(rows.delete().where(sa.and_(*(rows.c[name] == value for name, value in key.items()))))
        c.execute(rows.insert().values(**key, what=what, at=at.timestamp()))
        # Counted anew from the entries, so that a second writing of the same use counts once.
        query = sa.select(rows.c.what, sa.func.count()).where(rows.c.learning_id == learning).group_by(rows.c.what)
        counts: dict[str, int] = {row[0]: row[1] for row in c.execute(query)}
        sums = {"used": sum(counts.values()), "helped": counts.get("helped", 0), "failed": counts.get("failed", 0)}
        c.execute(t.learnings.update().where(t.learnings.c.id == learning).values(**sums))

    def put(self, repo: Repo, learning: StoredLearning) -> bool:
        """Bring in a learning from elsewhere under the next number; False where its text and scope are known."""
        with self._in_line() as c:
            return self._put(c, repo, learning)

    def _put(self, c: sa.Connection, repo: Repo, learning: StoredLearning) -> bool:
        digest = digest_of(learning.text, learning.scope)
        same = (t.learnings.c.repo_id == repo.id) & (t.learnings.c.digest == digest)
        if c.execute(sa.select(t.learnings.c.id).where(same)).first():
            return False
        values = learning.model_dump(include=_PLAIN) | {
            "repo_id": repo.id,
            "repo_name": repo.full_name,
            "number": self._number(c, repo.id),
            "digest": digest,
            "status": learning.status.value,
            "verbatim": int(learning.verbatim),
            "sources": _SOURCES.dump_json(learning.sources).decode(),
            "run_id": learning.run,
            **{name: _seconds(getattr(learning, name)) for name in _TIMES},
        }
        c.execute(t.learnings.insert().values(**values))
        return True

    def repo_ids(self, full_name: str) -> Sequence[int]:
        """Repositories that learnings know by this name (`owner/name`, any case)."""
        query = sa.select(t.learnings.c.repo_id).where(sa.func.lower(t.learnings.c.repo_name) == full_name.lower())
        with reading(self._engine) as c:
            return list(c.execute(query.distinct()).scalars())


_PLAIN = {"text", "scope", "gate", "author", "model", "accepted_by", "forgotten_by", "used", "helped", "failed"}
_TIMES = ("created_at", "accepted_at", "forgotten_at", "last_used_at", "expires_at")


def digest_of(text: str, scope: str) -> str:
    """What makes two learnings the same: words without regard to case and spaces, and where they hold."""
    return hashlib.sha256(f"{' '.join(text.casefold().split())}\0{scope}".encode()).hexdigest()


def _seconds(value: datetime | None) -> float | None:
    return None if value is None else value.timestamp()


def _time(value: float | None) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(value, UTC)


def _learning(row: Any) -> StoredLearning:
    return StoredLearning(
        repo=row.repo_id,
        repo_name=row.repo_name,
        number=row.number,
        status=LearningStatus(row.status),
        verbatim=bool(row.verbatim),
        sources=_SOURCES.validate_json(row.sources),
        run=row.run_id,
        **{name: getattr(row, name) for name in _PLAIN},
        **{name: _time(getattr(row, name)) for name in _TIMES},
    )
