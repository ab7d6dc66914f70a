"""Brings logs of jobs from GitHub into the spool: each once at a time, off the event loop, without secrets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from queue import Queue
from typing import Protocol

from otto_bot.core.redact import Redactor
from otto_bot.github.ci_models import Job
from otto_bot.github.errors import GitHubError, LogsGone, NotFound, RetryLater
from otto_bot.web.logs.source import Source, Standing
from otto_bot.web.logs.spool import Spool, SpoolFull, Writing
from otto_bot.web.logs.whose import Asked

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that a page waits for a log: a short one is there by then."""
AT_ONCE = 2
AHEAD = 16
"""Chunks that wait to be written."""
KNOWN = 500
"""Jobs whose last answer is remembered."""
AGAIN: dict[Standing, timedelta] = {
    "waiting": timedelta(seconds=10),
    "gone": timedelta(minutes=10),
    "foreign": timedelta(minutes=1),
    "failed": timedelta(seconds=2),
    "full": timedelta(seconds=10),
}
"""How long an answer holds before GitHub is asked again."""


class Verbs(Protocol):
    """What is asked of GitHub about one repository."""

    async def job(self, job_id: int) -> Job: ...

    async def job_log_parts(self, job_id: int, limit: int) -> AsyncIterator[bytes]: ...


class Ask(Protocol):
    """Gives the verbs of a repository. Raises ValueError where this host cannot ask GitHub."""

    async def __call__(self, installation: int, repository: int) -> Verbs: ...


class Fetching:
    """All logs of jobs that somebody reads on this host."""

    def __init__(self, spool: Spool, ask: Ask, redactor: Callable[[], Redactor], now: Callable[[], datetime]) -> None:
        self._spool, self._ask, self._redactor, self._now = spool, ask, redactor, now
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._said: dict[str, Source] = {}
        self._whose: dict[str, int] = {}
        """The run of a workflow that each job belongs to."""
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(AT_ONCE, "logs")

    async def look(self, asked: Asked, *, again: bool = False) -> Source:
        """How the log stands; a log that is not here is sent for, and waited for a moment."""
        name = f"job-{asked.repository}-{asked.job}"
        if name not in self._tasks:
            kept = await asyncio.to_thread(self._spool.find, name)
            if kept is not None:
                if not asked.owns(int(kept.noted.get("workflow_run") or 0)):
                    return Source("foreign", self._now())
                return Source("final", _when(kept.noted, self._now()), kept.log, str(kept.noted.get("name") or ""))
            said = self._seen(name, asked)
            if said is not None and not self._old(said, again):
                return said
        return await self._sent_for(name, asked)

    def _seen(self, name: str, asked: Asked) -> Source | None:
        """What was said of it last, as far as it concerns who asks: the same number may be another run's job."""
        said, whose = self._said.get(name), self._whose.get(name)
        if said is None:
            return None
        if whose is None:
            return said._replace(log=None)
        if not asked.owns(whose):
            return Source("foreign", said.at)
        return None if said.standing == "foreign" else said

    def _old(self, said: Source, again: bool) -> bool:
        holds = AGAIN.get(said.standing, timedelta())
        return self._now() - said.at >= (min(holds, timedelta(seconds=2)) if again else holds)

    async def _sent_for(self, name: str, asked: Asked) -> Source:
        task = self._tasks.get(name)
        if task is None:
            self._said[name] = Source("loading", self._now())
            task = self._tasks[name] = asyncio.create_task(self._bring(name, asked))
            task.add_done_callback(lambda _: self._tasks.pop(name, None))
        await asyncio.wait([task], timeout=PATIENCE)
        return self._seen(name, asked) or Source("loading", self._now())

    async def _bring(self, name: str, asked: Asked) -> None:
        """From GitHub into the spool; whatever happens is said."""
        try:
            async with self._turn:
                said = await self._brought(name, asked)
        except LogsGone:
            said = Source("gone", self._now())
        except SpoolFull as error:
            log.warning("the log of job %s cannot be kept: %s", asked.job, error)
            said = Source("full", self._now(), words=str(error))
        except RetryLater as error:
            said = Source("failed", self._now(), words=error.reason)
        except (GitHubError, ValueError) as error:
            log.warning("the log of job %s cannot be read: %s", asked.job, error)
            said = Source("failed", self._now(), words=str(error))
        while len(self._said) >= KNOWN:
            oldest = next(iter(self._said))
            self._said.pop(oldest)
            self._whose.pop(oldest, None)
        self._said[name] = said._replace(name=said.name or self._said.get(name, said).name)

    async def _brought(self, name: str, asked: Asked) -> Source:
        verbs = await self._ask(asked.installation, asked.repository)
        try:
            job = await verbs.job(asked.job)
        except NotFound:
            return Source("gone" if asked.known else "foreign", self._now())
        self._whose[name] = job.run_id
        if not asked.owns(job.run_id):
            return Source("foreign", self._now())
        if job.status != "completed":
            return Source("waiting", self._now(), name=job.name, words=job.status)
        try:
            parts = await verbs.job_log_parts(asked.job, self._spool.each)
        except NotFound:
            return Source("gone", self._now(), name=job.name)
        return await self._written(name, job, parts)

    async def _written(self, name: str, job: Job, parts: AsyncIterator[bytes]) -> Source:
        writing = await asyncio.to_thread(self._spool.begin, name)
        self._said[name] = Source("loading", self._now(), writing.log, job.name)
        queue: Queue[bytes | None] = Queue(AHEAD)
        written = asyncio.get_running_loop().run_in_executor(self._threads, self._write, writing, queue)
        try:
            try:
                async for part in parts:
                    if queue.full():
                        await asyncio.to_thread(queue.put, part)
                    else:
                        queue.put_nowait(part)
            finally:
                await asyncio.shield(asyncio.to_thread(queue.put, None))
                await asyncio.shield(written)
            at = self._now()
            noted = {"name": job.name, "workflow_run": job.run_id, "at": at.isoformat()}
            done = await asyncio.to_thread(writing.finish, noted)
        except BaseException:
            writing.drop()
            raise
        return Source("final", at, done, job.name)

    def _write(self, writing: Writing, queue: Queue[bytes | None]) -> None:
        """In a thread: what comes is written without secrets. Whoever fills the queue is never left waiting."""
        coming = iter(queue.get, None)
        try:
            for piece in self._redactor().stream(coming):
                writing.add(piece)
        except BaseException:
            for _ in coming:
                pass
            raise

    async def close(self) -> None:
        """Stop what is on its way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._threads.shutdown(wait=False)


def _when(noted: object, now: datetime) -> datetime:
    told = noted.get("at") if isinstance(noted, dict) else None
    try:
        return datetime.fromisoformat(str(told))
    except ValueError:
        return now
