"""One open connection of a live page: what its page does not have yet, each event once, the newest parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Literal

from otto_bot.store.database import StoreUnavailable
from otto_bot.web import live_wire as wire
from otto_bot.web.live_hub import Hub
from otto_bot.web.live_topic import Subject, Topic

Verdict = Literal["", "left", "again"]
"""Somebody may still look; may not; or sees other things now, and has to come again."""
AGAIN = 5.0
"""Seconds until a question is asked again that the database did not answer."""
NOBODY = "nobody"
"""The part that every page has."""


class NotKnown(RuntimeError):
    """Nobody can say now whether somebody may look: GitHub does not answer."""


class Stream:
    """Holds no queue: whoever reads slowly is sent the newest parts, and events from where they stopped."""

    def __init__(
        self, hub: Hub, subject: Subject, after: int, seen: str, may: Callable[[], Awaitable[Verdict]],
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._hub, self._subject, self._after, self._seen = hub, subject, after, seen
        self._may, self._now = may, now
        self._sent: Mapping[str, str] = {}
        self._nobody: str | None = None
        self._last = ""

    async def messages(self) -> AsyncIterator[bytes]:
        """Everything until the stream ends, or whoever reads it goes."""
        yield wire.hello()
        topic = await self._joined()
        if topic is None:
            return  # before any sign of life: for the page that is one more try that failed
        try:
            yield self._beat()
            async for chunk in self._of(topic):
                yield chunk
        finally:
            self._hub.leave(topic)

    async def _joined(self) -> Topic | None:
        """None where the database does not answer: whoever looks comes again."""
        try:
            return await self._hub.join(self._subject)
        except StoreUnavailable:
            return None

    async def _of(self, topic: Topic) -> AsyncIterator[bytes]:
        clock, pace = asyncio.get_running_loop().time, self._hub.pace
        began = asked = clock()
        if topic.seen == self._seen:
            self._sent = topic.parts
        if self._after > topic.seq and await self._ahead(topic):
            self._last = "reload"
        while True:
            pulse = topic.pulse
            if self._hub.ended or topic.dropped:
                return
            may = True
            if clock() - asked >= pace.rights:
                may, asked = await self._asked()
            if clock() - began >= pace.life:
                self._last = self._last or "again"
            chunk = await self._news(topic) if may else self._beat(away=True)
            if chunk:
                yield chunk
            if self._last:
                return
            try:
                async with asyncio.timeout(max(0.0, min(pace.beat, asked + pace.rights - clock()))):
                    await pulse.wait()
            except TimeoutError:
                yield self._beat()

    async def _ahead(self, topic: Topic) -> bool:
        """Whether a page shows events that the ledger does not have: it was put back to an earlier state."""
        try:
            return topic.subject.kind == "run" and self._after > await self._hub.newest(topic)
        except StoreUnavailable:
            return False

    async def _asked(self) -> tuple[bool, float]:
        """Whether they may still look, and when that was asked; where nobody can say, nothing is shown until then."""
        clock = asyncio.get_running_loop().time
        try:
            self._last = await self._may() or self._last
        except (StoreUnavailable, NotKnown):
            return False, clock() - self._hub.pace.rights + AGAIN
        return True, clock()

    async def _news(self, topic: Topic) -> bytes:
        """What this page does not have yet, as one piece; sets how the stream ends, where it does."""
        if self._last:
            return wire.close(self._last)
        made = [] if topic.gone else await self._entries(topic)
        if topic.gone or made is None:
            self._last = "reload"
            return wire.close("reload")
        parts = wire.changed(topic.parts, self._sent)
        self._sent = topic.parts
        if self._nobody != self._hub.nobody:
            parts[NOBODY] = self._nobody = self._hub.nobody
        if parts:
            made.append(wire.parts(parts, self._after, topic.seen, self._time()))
        if self._hub.away:
            made.append(self._beat(away=True))
        if topic.over:
            self._last = "bye"
            made.append(wire.close("bye"))
        return b"".join(made)

    async def _entries(self, topic: Topic) -> list[bytes] | None:
        """Events after the last one; None where they are too many to be told."""
        if topic.subject.kind != "run" or topic.subject.events == "none":
            return []
        entries = topic.since(self._after)
        if entries is None:
            try:
                found = await self._hub.missed(topic, self._after)
            except StoreUnavailable:
                return []  # the watcher will say so; then they are read
            if found.cut:
                return None
            entries = list(found.entries)
        if entries:
            self._after = entries[-1].seq
        return [wire.entry(one) for one in entries]

    def _time(self) -> str:
        return f"{self._now():%H:%M:%S}"

    def _beat(self, *, away: bool = False) -> bytes:
        return wire.beat(self._time(), away=away or self._hub.away)
