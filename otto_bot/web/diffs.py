"""Diffs as GitHub has them now: of a run's branch and of one attempt, with the commits that they stand between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from otto_bot.core.run import Run
from otto_bot.github.errors import GitHubError, NotFound
from otto_bot.github.models import Comparison
from otto_bot.text.logs import NO_HEAD, NOT_PUSHED
from otto_bot.text.spoken import line
from otto_bot.web.logs.transcripts import attempt_of

SECONDS = 15.0
"""So long a page waits for GitHub."""
FRESH = timedelta(seconds=10)
KNOWN = 200
"""Branches whose newest commit is remembered for so long."""


class Verbs(Protocol):
    """What is asked of GitHub."""

    async def branch_sha(self, name: str) -> str | None: ...

    async def compare(self, base: str, head: str) -> Comparison: ...


class Ask(Protocol):
    """Gives the verbs of a repository. Raises ValueError where this host cannot ask GitHub."""

    async def __call__(self, installation: int, repository: int) -> Verbs: ...


class Ends(NamedTuple):
    """What is compared: a commit or branch with a branch, or with a commit of it."""

    base: str
    branch: str
    head: str
    pinned: bool
    """Whether it is `head` whatever the branch is now."""


class Taken(NamedTuple):
    """A diff, the commit it leads to, the branch's newest one, and when it was looked at; or why there is none."""

    at: datetime
    found: Comparison | None = None
    head: str = ""
    newest: str | None = None
    trouble: str = ""


def ends_of(run: Run, key: str = "", number: int = 0) -> Ends | str | None:
    """What is compared for a run, or for an attempt of a task (0: the newest that was pushed); or why nothing is.

    None where there is no such task or attempt.
    """
    if not key:
        return Ends(run.repo.default_branch, run.run_branch, run.head, pinned=False) if run.head else NO_HEAD
    task = run.tasks.get(key)
    if task is None or (number and attempt_of(run, key, number) is None):
        return None
    pushed = [one for one in task.attempts if one.pushed and one.sha and number in (0, one.number)]
    if not pushed or pushed[-1].sha is None:
        return NOT_PUSHED
    return Ends(pushed[-1].base_sha, pushed[-1].branch, pushed[-1].sha, pinned=True)


class Diffs:
    """Asks GitHub for each page; what a branch's newest commit is, once in ten seconds."""

    def __init__(self, ask: Ask, now: Callable[[], datetime]) -> None:
        self._ask, self._now = ask, now
        self._newest: dict[tuple[int, str], tuple[datetime, str | None]] = {}

    async def take(self, run: Run, ends: Ends) -> Taken:
        """The diff as it is now; whatever happens is told."""
        try:
            async with asyncio.timeout(SECONDS):
                verbs = await self._ask(run.repo.installation_id, run.repo.id)
                newest = await self._branch(run, ends.branch, verbs, fresh=True)
                head = ends.head if ends.pinned else newest or ends.head
                return Taken(self._now(), await verbs.compare(ends.base, head), head, newest)
        except NotFound:
            trouble = "GitHub does not have these commits (any more)"
        except (GitHubError, ValueError) as error:
            trouble = line(str(error), 300)
        except TimeoutError:
            trouble = f"no answer in {SECONDS:.0f} s"
        return Taken(self._now(), head=ends.head, trouble=trouble)

    async def newest(self, run: Run, ends: Ends) -> str | None:
        """The branch's newest commit; None where it is gone. Raises GitHubError, ValueError and TimeoutError."""
        async with asyncio.timeout(SECONDS):
            verbs = await self._ask(run.repo.installation_id, run.repo.id)
            return await self._branch(run, ends.branch, verbs)

    async def _branch(self, run: Run, name: str, verbs: Verbs, *, fresh: bool = False) -> str | None:
        known = self._newest.get((run.repo.id, name))
        if known is not None and not fresh and self._now() - known[0] < FRESH:
            return known[1]
        found = await verbs.branch_sha(name)
        while len(self._newest) >= KNOWN:
            self._newest.pop(next(iter(self._newest)))
        self._newest[run.repo.id, name] = self._now(), found
        return found
