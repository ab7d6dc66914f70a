"""The one gate for everyone: label, command, check box, button, review and page. Any doubt is a no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from otto_bot.core.values import Frozen, Person
from otto_bot.github.errors import GitHubError
from otto_bot.github.verbs import Repository

CACHED_FOR = timedelta(seconds=60)


class Answer(Frozen):
    """Whether someone may, and if not, why, in words for them. `unsure`: GitHub could not be asked just now."""

    allowed: bool
    why: str = ""
    unsure: bool = False


class PermissionGate:
    """Asks GitHub when it is needed; a yes or no of GitHub is kept for a minute, an error never."""

    def __init__(self, now: Callable[[], datetime], allowed_bots: Callable[[int], tuple[str, ...]]) -> None:
        self._now = now
        self._allowed_bots = allowed_bots
        self._known: dict[tuple[int, int], tuple[datetime, Answer]] = {}

    async def ask(self, repository: Repository, who: Person, kind: str) -> Answer:
        """Whether this account (GitHub's `type` as `kind`) may make Otto act in this repository now."""
        is_bot = kind != "User" or who.login.endswith("[bot]")
        if is_bot and who.login not in self._allowed_bots(repository.id):
            return Answer(allowed=False, why="bots cannot give commands here")
        key = (repository.id, who.id)
        known = self._known.get(key)
        if known is not None and self._now() - known[0] < CACHED_FOR:
            return known[1]
        try:
            permission = await repository.permission(who.login)
        except (GitHubError, ValueError) as error:
            unsure = isinstance(error, GitHubError) and error.retryable
            why = "GitHub did not say whether you may write here; try again in a minute"
            return Answer(allowed=False, why=why, unsure=unsure)
        answer = _judge(permission.can_write, permission.user_id, who)
        self._remember(key, answer)
        return answer

    def _remember(self, key: tuple[int, int], answer: Answer) -> None:
        """Keep an answer; what is too old goes, so that strangers cannot fill the memory."""
        now = self._now()
        self._known = {k: known for k, known in self._known.items() if now - known[0] < CACHED_FOR}
        self._known[key] = (now, answer)


def _judge(can_write: bool, user_id: int | None, who: Person) -> Answer:
    if user_id is not None and user_id != who.id:
        return Answer(allowed=False, why="GitHub knows this name as someone else")
    if not can_write or user_id is None:
        return Answer(allowed=False, why="write permission in this repository is needed")
    return Answer(allowed=True)
