"""What is reported on one commit, by anyone: asked for when it is needed, and once a look."""

from __future__ import annotations

from otto_bot.github.ci_models import CheckRun, Status
from otto_bot.github.verbs import Repository


class ReportedOn:
    """Checks and statuses of one commit as they stood when they were first asked for. Raises GitHubError."""

    def __init__(self, repository: Repository, sha: str) -> None:
        self._repository = repository
        self._sha = sha
        self._checks: list[CheckRun] | None = None
        self._statuses: list[Status] | None = None

    async def checks(self) -> list[CheckRun]:
        """The latest check of each name and App, ours included."""
        if self._checks is None:
            self._checks = await self._repository.check_runs(self._sha)
        return self._checks

    async def statuses(self) -> list[Status]:
        """The latest status of each context."""
        if self._statuses is None:
            self._statuses = await self._repository.statuses(self._sha)
        return self._statuses
