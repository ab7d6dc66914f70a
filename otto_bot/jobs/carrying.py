"""Work that is not pushed yet, taken along for a worker on another machine: what a session wrote, and commits."""

from __future__ import annotations

import asyncio
from datetime import datetime

from otto_bot.core.run import Run
from otto_bot.core.stale_base import contained
from otto_bot.git.errors import RefMissing
from otto_bot.git.mirror import Mirror
from otto_bot.git.packs import Kept, pack, unpack, whole
from otto_bot.store.archive import Archive


class CommitsKept:
    """Where mirrors get commits from that were never pushed."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    async def __call__(self, mirror: Mirror, sha: str) -> bool:
        """Take a kept commit in. False where none is kept, or it is of no use here."""
        row = await asyncio.to_thread(self._archive.pack, sha)
        if row is None:
            return False
        kept = Kept(*row)
        try:
            await mirror.fetch(*kept.needs)
        except RefMissing:
            return False
        return await unpack(mirror, kept.body) and await whole(mirror, sha, kept.needs)


async def keep_commit(archive: Archive, run: Run, mirror: Mirror, sha: str, at: datetime) -> None:
    """Keep a commit before an event names it: whoever goes on from that event may be another machine.

    One that is larger than a pack may be stays on its machine alone.
    """
    wanted = [one for one in dict.fromkeys((run.base_sha, contained(run), run.head)) if one]
    held = await mirror.held(wanted)
    known = [one for one in wanted if one in held]
    if sha in known:
        return
    body = await pack(mirror, sha, known)
    if body is not None:
        await asyncio.to_thread(lambda: archive.keep_pack(sha, run.id, body, known, at))


class SessionKept:
    """The trees of one coder's session: each turn's new objects are kept with the turn."""

    def __init__(self, mirror: Mirror, base: str) -> None:
        self._mirror = mirror
        self._known = base

    async def made(self, tree: str) -> bytes | None:
        """What this turn's tree has that the one before had not; None where that is nothing, or too much to keep."""
        if not tree or tree == self._known:
            return None
        body = await pack(self._mirror, tree, [self._known])
        self._known = tree
        return body

    async def brought(self, tree: str, packs: list[bytes]) -> bool:
        """Whether the last turn's tree is here, now that everything its turns made was taken in."""
        if not await whole(self._mirror, tree, [self._known]):
            for body in packs:
                if not await unpack(self._mirror, body):
                    return False
            if not await whole(self._mirror, tree, [self._known]):
                return False
        self._known = tree
        return True
