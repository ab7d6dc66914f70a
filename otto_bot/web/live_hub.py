"""One watcher for all who have pages open: it looks while somebody does, and wakes those whose page has changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from otto_bot.store.database import StoreUnavailable
from otto_bot.web.live_eyes import Eyes, Marks
from otto_bot.web.live_topic import News, Subject, Topic

log = logging.getLogger(__name__)
T = TypeVar("T")


class Beside(Protocol):
    """Runs work in a thread."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]: ...


class Pace(NamedTuple):
    """Seconds. `look`: between two looks; `parts`: the least between two versions of a page's parts; `again`: after
    which they are made once more although nothing was written (words about time); `host`: the same of the host's page;
    `rest`: how long a run is over until nobody waits for it any more; `beat`: between signs of life; `rights`: between
    two questions whether somebody may still look; `life`: after which a page has to come again, because a login is
    renewed by cookies, and those come only at the beginning of an answer."""

    look: float = 0.5
    parts: float = 1.0
    again: float = 30.0
    host: float = 5.0
    rest: float = 600.0
    beat: float = 15.0
    rights: float = 60.0
    life: float = 900.0


class Hub:
    """Topics and who looks at them. Lives in the event loop; everything slow is done beside it."""

    def __init__(self, eyes: Eyes, beside: Beside, now: Callable[[], float], pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.away = False
        """The database does not answer."""
        self.ended = False
        self.nobody = ""
        self._eyes, self._beside, self._now = eyes, beside, now
        self._topics: dict[Subject, Topic] = {}
        self._shown: dict[Subject, tuple[Any, float]] = {}
        self._watcher: asyncio.Task[None] | None = None

    @property
    def looked_at(self) -> int:
        """How many subjects somebody looks at."""
        return len(self._topics)

    async def join(self, subject: Subject) -> Topic:
        """Look at a subject, until `leave`. Raises StoreUnavailable."""
        topic = self._topics.get(subject)
        if topic is None:
            topic = self._topics[subject] = Topic(subject)
            topic.begun = asyncio.create_task(self._begin(topic), name="a live page begins")
        assert topic.begun is not None
        topic.watchers += 1
        try:
            await asyncio.shield(topic.begun)  # once for all who come at the same time
        except BaseException:
            self.leave(topic)
            raise
        if self._watcher is None and not self.ended:
            self._watcher = asyncio.create_task(self._watch(), name="live pages")
        return topic

    def leave(self, topic: Topic) -> None:
        """Nothing is looked at for nobody."""
        topic.watchers -= 1
        if topic.watchers or self._topics.get(topic.subject) is not topic:
            return
        del self._topics[topic.subject]
        self._shown.pop(topic.subject, None)
        if topic.begun is not None:
            topic.begun.cancel()
        if not self._topics and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def end(self) -> None:
        """The server ends: every stream does, at once."""
        self.ended = True
        if self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None
        self._wake()

    async def missed(self, topic: Topic, after: int) -> News:
        """What somebody missed who was away for longer than events are kept here. Raises StoreUnavailable."""
        return await self._beside(partial(self._eyes.news, topic.subject, after))

    async def newest(self, topic: Topic) -> int:
        """The newest event in the ledger. Raises StoreUnavailable."""
        return await self._beside(partial(self._eyes.newest, topic.subject))

    async def _begin(self, topic: Topic) -> None:
        subject = topic.subject
        if subject.kind == "run":
            topic.start(await self.newest(topic))
        marks = await self._beside(partial(self._eyes.marks, [subject]))
        self.nobody = marks.nobody
        await self._refresh(topic, marks)

    async def _watch(self) -> None:
        while not self.ended:
            await asyncio.sleep(self.pace.look)
            try:
                away = not await self._looked()
            except Exception:
                # Streams end; whoever looks comes again, and a new watcher begins.
                log.exception("live pages could not be made")
                self._drop()
                return
            if away != self.away:
                self.away = away
                self._wake()

    async def _looked(self) -> bool:
        """Look at everything once; False where the database does not answer."""
        try:
            await self._look()
        except StoreUnavailable as error:
            if not self.away:
                log.warning("live pages stand still: %s", error)
            return False
        return True

    async def _look(self) -> None:
        topics = [topic for topic in self._topics.values() if topic.ready]
        marks = await self._beside(partial(self._eyes.marks, [topic.subject for topic in topics]))
        if marks.nobody != self.nobody:
            self.nobody = marks.nobody
            self._wake()
        for topic in topics:
            if topic.watchers and await self._refresh(topic, marks):
                topic.beat()

    async def _refresh(self, topic: Topic, marks: Marks) -> bool:
        """Bring a topic up to date, where that is due; whether it changed."""
        subject, changed = topic.subject, False
        mark: Any = marks.runs.get(subject.run) if subject.kind == "run" else marks.listed
        before, made = self._shown.get(subject, (None, float("-inf")))
        if subject.kind == "run":
            if mark is None:
                topic.gone = True
                return True
            if mark != before:  # also where the newest event was read already: it may be one that is not shown
                changed = topic.add(await self._beside(partial(self._eyes.news, subject, topic.seq)))
            over = not mark.active and self._now() - mark.updated_at > self.pace.rest
            changed, topic.over = changed or over is not topic.over, over
        if self._due(subject, mark != before, made):
            parts = await self._beside(partial(self._eyes.parts, subject))
            if parts is None:
                topic.gone = True
                return True
            self._shown[subject] = (mark, asyncio.get_running_loop().time())
            changed = topic.show(parts) or changed
        return changed

    def _due(self, subject: Subject, news: bool, made: float) -> bool:
        age = asyncio.get_running_loop().time() - made
        if subject.kind == "page":
            return False
        if subject.kind == "health":
            return age >= self.pace.host
        return age >= (self.pace.parts if news else self.pace.again)

    def _wake(self) -> None:
        for topic in self._topics.values():
            topic.beat()

    def _drop(self) -> None:
        self._watcher = None
        topics, self._topics = self._topics, {}
        self._shown.clear()
        for topic in topics.values():
            topic.dropped = True
            topic.beat()
