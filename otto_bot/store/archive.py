"""What is kept beside the ledger: evidence and transcripts by content, the coder's journal, usage, cursors."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from otto_bot.core.values import Usage
from otto_bot.store import tables as t
from otto_bot.store.cursors import Cursors
from otto_bot.store.database import reading, writing
from otto_bot.store.upsert import upsert

ARTIFACT_LIMIT = 64 * 1024 * 1024
"""Bytes of one artifact before compression."""


class Archive(Cursors):
    """Content-addressed bodies and small tables. Errors are StoreUnavailable."""

    def keep(self, kind: str, body: bytes, at: datetime) -> str:
        """Store a body once; returns its sha256. Raises ValueError above ARTIFACT_LIMIT.

        `created_at` is when it was kept last: what only old runs kept can be told by it, and goes with them.
        """
        if len(body) > ARTIFACT_LIMIT:
            raise ValueError(f"{len(body)} bytes; an artifact has at most {ARTIFACT_LIMIT}")
        digest = hashlib.sha256(body).hexdigest()
        with writing(self._engine) as c:
            again = t.artifacts.update().where(t.artifacts.c.sha256 == digest).values(created_at=at.timestamp())
            if c.execute(again).rowcount == 0:
                values = {"sha256": digest, "kind": kind, "body": zlib.compress(body), "created_at": at.timestamp()}
                upsert(c, t.artifacts, ("sha256",), values, {"created_at": at.timestamp()})
        return digest

    def read(self, sha256: str) -> bytes | None:
        """A stored body; None where there is none, or not any more what was stored."""
        with reading(self._engine) as c:
            packed = c.execute(sa.select(t.artifacts.c.body).where(t.artifacts.c.sha256 == sha256)).scalar()
        if packed is None:
            return None
        unpacking = zlib.decompressobj()
        try:
            body = unpacking.decompress(packed, ARTIFACT_LIMIT + 1)
        except zlib.error:
            return None
        return body if hashlib.sha256(body).hexdigest() == sha256 else None

    def turns(self, key: str) -> list[bytes]:
        """A journal's entries in order."""
        query = sa.select(t.journal.c.body).where(t.journal.c.key == key).order_by(t.journal.c.number)
        with reading(self._engine) as c:
            return [zlib.decompress(body) for body in c.execute(query).scalars()]

    def save_turn(self, key: str, number: int, body: bytes, at: datetime, *, pack: bytes | None = None) -> None:
        """Write one journal entry, with the git objects that the turn made; the same number again replaces it."""
        written = {"body": zlib.compress(body), "created_at": at.timestamp(), "pack": pack}
        with writing(self._engine) as c:
            upsert(c, t.journal, ("key", "number"), {"key": key, "number": number, **written}, written)

    def turn_packs(self, key: str) -> list[bytes]:
        """The git objects that a journal's turns made, in order."""
        query = sa.select(t.journal.c.pack).where((t.journal.c.key == key) & t.journal.c.pack.is_not(None))
        with reading(self._engine) as c:
            return list(c.execute(query.order_by(t.journal.c.number)).scalars())

    def forget_turns(self, key: str) -> None:
        """Drop a journal: what its turns wrote is nowhere any more, so they cannot be gone on with."""
        with writing(self._engine) as c:
            c.execute(t.journal.delete().where(t.journal.c.key == key))

    def keep_pack(self, sha: str, run: int, body: bytes, needs: Sequence[str], at: datetime) -> None:
        """Keep what a commit that is not pushed yet is made of; `needs` are commits that the remote has."""
        row = {"sha": sha, "run_id": run, "needs": " ".join(needs), "body": body, "created_at": at.timestamp()}
        with writing(self._engine) as c:
            upsert(c, t.packs, ("sha",), row, {})

    def pack(self, sha: str) -> tuple[bytes, tuple[str, ...]] | None:
        """A kept commit's pack and the commits that it leans on; None where nobody kept it."""
        with reading(self._engine) as c:
            row = c.execute(sa.select(t.packs.c.body, t.packs.c.needs).where(t.packs.c.sha == sha)).first()
        return None if row is None else (row.body, tuple(row.needs.split()))

    def spent(
        self, *, call: str, run: int, role: str, model: str, usage: Usage, seconds: float, reply: str, at: datetime
    ) -> None:
        """Record one model call; the same call again replaces it."""
        row = {
            "run_id": run,
            "role": role,
            "model": model,
            "input_tokens": usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens,
            "output_tokens": usage.output_tokens,
            "usd": usage.usd,
            "seconds": seconds,
            "reply": reply,
            "at": at.timestamp(),
        }
        with writing(self._engine) as c:
            upsert(c, t.usage, ("call",), {"call": call, **row}, row)
