"""What every job may use: the ledger, GitHub, git, the model, the cage, the clock. Built once by the worker."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from otto_bot.core.attempt import Task, target_of
from otto_bot.core.enclosing import Enclose
from otto_bot.core.events import RunEvent
from otto_bot.core.evidence import Failure
from otto_bot.core.redact import Redactor
from otto_bot.core.run import Run
from otto_bot.git.changes import FileChange
from otto_bot.git.commits import Author
from otto_bot.git.merging import Merging
from otto_bot.git.mirror import Mirror
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.github.client import GitHubApp
from otto_bot.github.models import RepositoryInfo
from otto_bot.github.verbs import Repository
from otto_bot.jobs.carrying import CommitsKept
from otto_bot.jobs.outcomes import Later, Superseded
from otto_bot.jobs.room import DiskCaps, is_partial
from otto_bot.model.budgeted import Asks
from otto_bot.model.prices import Prices
from otto_bot.sandbox.cage import Runs
from otto_bot.store.archive import Archive
from otto_bot.store.effect_rows import EffectRows, Ticket
from otto_bot.store.granted import Grants
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger
from otto_bot.text.links import Links

NAMED_LATELY = timedelta(seconds=5)
"""A name that is older is asked for again before git is told it."""


class Stopping(Protocol):
    """Whether the worker is asked to end."""

    def __call__(self) -> bool:
        """True: a long job yields."""


@dataclass(frozen=True)
class Context:
    """Shared, long-lived parts; nothing of one run."""

    ledger: Ledger
    rows: EffectRows
    archive: Archive
    learnings: Learnings
    github: GitHubApp
    web_url: str
    docs_url: str
    runner: GitRunner
    state_dir: Path
    model: Callable[[], Asks]
    prices: Prices
    redactor: Redactor
    cage: Runs | None
    stopping: Stopping
    now: Callable[[], datetime]
    nonce_key: bytes
    """A secret of the host from which fences get their nonces."""
    nonce: Callable[[], str] = field(default=lambda: secrets.token_hex(8))
    enclose: Enclose | None = None
    """Starts our own programs that read what strangers wrote; None where no cage can be made for them."""
    setup_hosts: tuple[str, ...] = ()
    """Hosts that a set-up may reach, of all repositories."""
    setup_near: tuple[str, ...] = ()
    """More of them, which may have addresses of a private network."""
    check_buttons: bool = True
    """Whether checks get buttons: GitHub tells of a pressed one by webhook alone."""

    grants: Grants | None = None
    """Where it is kept what installations granted; None = nowhere."""
    disk: DiskCaps = field(default_factory=DiskCaps)

    ticket: Ticket | None = None
    """The try that works with this context."""

    def repository(self, run: Run) -> Repository:
        """GitHub's verbs for the run's repository; what a try writes is written while it is the newest of its work."""
        repository = self.github.repository(run.repo.installation_id, run.repo.id)
        return repository if self.ticket is None else repository.fenced(self._newest)

    async def _newest(self) -> None:
        """Raises Superseded where this try was taken over, as its worker had hung."""
        if self.ticket is not None and await asyncio.to_thread(self.rows.lost, self.ticket):
            raise Superseded(self.ticket.id)

    def links(self, run: Run) -> Links:
        """Addresses people can open."""
        return Links(self.web_url, run.repo.owner, run.repo.name, self.docs_url, run.moved_from)

    async def mirror(self, run: Run) -> Mirror:
        """The bare mirror of the repository, made if missing. Git's redirects lose the credential, so a repository that
        was renamed is addressed by its name of the moment, each time."""
        repository = self.repository(run)
        info = await repository.info_lately()

        async def where(fresh: bool) -> str:
            known = repository.info() if fresh else repository.info_lately(NAMED_LATELY)
            return _address(self.web_url, await known)

        async def token(pushes: bool, refused: str = "") -> str:
            return (await (repository.push_token if pushes else repository.fetch_token)(refused)).value

        path = _mirror_of(self.state_dir / "mirrors", run.repo.id, info)
        url, kept = _address(self.web_url, info), CommitsKept(self.archive)
        partial = is_partial(self.disk, info)
        mirror = Mirror(path, url, token, self.runner, kept, token, self.redactor.text, where, partial)
        await mirror.ensure()
        await asyncio.to_thread(mirror.used)
        return mirror

    def reading(self, mirror: Mirror) -> Reading:
        """GitPython's half: questions about commits of the mirror."""
        return Reading(mirror.path, self.runner.environment())

    def merging(self, mirror: Mirror) -> Merging:
        """Merges inside the mirror."""
        return Merging(mirror)

    async def author(self) -> Author:
        """Who signs Otto's commits: the App's bot user."""
        who = await self.github.identity()
        return Author(who.bot_login, f"{who.bot_user_id}+{who.bot_login}@users.noreply.github.com")

    async def record(self, run_id: int, *events: RunEvent) -> Run:
        """Commit events in the middle of a job."""
        return await asyncio.to_thread(lambda: self.ledger.append(run_id, events, self.now()))

    async def habits(self, run: Run) -> list[str]:
        """Subjects of the default branch's last commits, as of where the run began: they stay while it goes on."""
        return await self.repository(run).subjects(run.base_sha or run.repo.default_branch)

    def nonce_for(self, key: str) -> str:
        """A nonce that nobody can guess and that is the same whenever this work is resumed."""
        return hmac.new(self.nonce_key, key.encode(), hashlib.sha256).hexdigest()[:16]

    async def still_wanted(self, ticket: Ticket) -> bool:
        """Whether this try still counts."""
        return await asyncio.to_thread(self.rows.wanted, ticket)

    def yield_if_stopping(self) -> None:
        """Give the effect back when the worker is asked to end."""
        if self.stopping():
            raise Later(None, "the worker is being stopped")


def _address(web_url: str, info: RepositoryInfo) -> str:
    return f"{web_url}/{info.owner}/{info.name}.git"


def _mirror_of(mirrors: Path, repo_id: int, info: RepositoryInfo) -> Path:
    """The mirror that is there, whatever the repository was called then: commits may be in no other."""
    named = mirrors / f"{repo_id}-{_safe(info.owner)}-{_safe(info.name)}.git"
    known = sorted(path for path in mirrors.glob(f"{repo_id}-*.git") if path.is_dir())
    return named if named in known or not known else known[0]


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def slug(title: str) -> str:
    """A branch-safe piece of a title."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return words[:30].strip("-") or "task"


def failures_before(run: Run, task: Task, attempt: int) -> list[Failure]:
    """Failures of the task's earlier attempts, oldest first, also of those that gates keep."""
    kept: dict[int, Failure] = {}
    for gate in run.gates:
        kept.update({f.attempt: f for f in gate.failures if f.task == task.key})
    kept.update({a.number: a.failure for a in task.attempts if a.failure is not None})
    return [kept[number] for number in sorted(kept) if number < attempt]


def verification_url(run: Run, task: str, attempt: int) -> str:
    """Where Actions shows an attempt."""
    verification = run.verifications.get(target_of(task, attempt))
    return verification.url if verification else ""


def diff_text(reading: Reading, before: str, after: str, limit: int) -> str:
    """A whole diff as text, cut at `limit` characters."""
    return text_of(reading.diff(before, after, patch_bytes=limit), limit)


def text_of(changes: Sequence[FileChange], limit: int) -> str:
    """Changes of files as one text, cut at `limit` characters."""
    return "\n".join(f"diff --git a/{c.old_path or c.path} b/{c.path}\n{c.patch}" for c in changes)[:limit]
