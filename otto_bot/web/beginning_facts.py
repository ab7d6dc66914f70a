"""What a run that is begun now will run with: the repository's configuration, its last lane, and the workers."""

from __future__ import annotations

from datetime import UTC, datetime

from otto_bot.core.config import Config
from otto_bot.core.values import Repo
from otto_bot.github.errors import GitHubError
from otto_bot.intake.label import DEFAULT
from otto_bot.store.run_pages import SILENT_SECONDS
from otto_bot.store.worker_rows import WorkerRows
from otto_bot.text import new_run as text
from otto_bot.web.actions import Actions

LATELY = 5
"""Runs of the repository among which one has found its lane."""


class Facts:
    """Asks GitHub as the App, and the store."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    async def will_run(self, repo: Repo) -> tuple[str, tuple[str, ...]]:
        """The one line, and what else is to know before it is begun."""
        way, notes = self._actions.way, []
        try:
            config = await way.labels.config(repo)
            notes += [text.UNUSABLE] if config is None else []
        except GitHubError:
            config, notes = None, [text.UNREAD]
        config = config or Config()
        lane = await self._actions.pages.beside(lambda: self._lane(repo, config))
        workers = await self._actions.pages.beside(self.workers)
        notes += [] if workers else [text.QUEUES]
        return text.will_run(config, way.caps, lane, workers), tuple(notes)

    async def label(self, repo: Repo) -> str:
        """The label that starts a run there. Raises GitHubError."""
        return await self._actions.way.labels.of(repo) or DEFAULT

    def workers(self) -> int:
        """How many were heard of lately."""
        now = datetime.now(UTC).timestamp()
        rows = WorkerRows(self._actions.engine).all()
        return sum(1 for one in rows if not one.stopping and one.heartbeat_at >= now - SILENT_SECONDS)

    def run_of(self, repo_id: int, number: int) -> int | None:
        """The newest run of an issue or pull request."""
        return self._actions.way.ledger.run_of(repo_id, number)

    def _lane(self, repo: Repo, config: Config) -> str:
        """As it is set, or as a run there has found it last."""
        if config.verify.via != "auto":
            return config.verify.via
        runs = self._actions.way.ledger.lately(repo.id, most=LATELY)
        lane = next((run.lane for run in runs if run.lane is not None), None)
        return "" if lane is None else lane.kind.value
