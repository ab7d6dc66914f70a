"""The one gate for everyone: label, command, check box, button, review and page. Any doubt is a no."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from otto_bot.core.refusals import WRITE_NEEDED
from otto_bot.core.values import Frozen, Person
from otto_bot.github.errors import GitHubError
from otto_bot.github.verbs import Repository

CACHED_FOR = timedelta(seconds=60)
NOBODY = Person(id=0, login="ghost")
"""An account that is gone, or that GitHub did not name."""


class Actor(Frozen):
    """Whose hand it was: the account, GitHub's `type` of it, and the App that did it in the account's name, if any."""

    person: Person
    kind: str = "User"
    app: int | None = None

    @property
    def is_bot(self) -> bool:
        """Anything but a person's own account. A login in brackets is no person's, whatever the type says."""
        return self.kind != "User" or self.person.login.endswith("[bot]")


class Answer(Frozen):
    """Whether someone may, and if not, why, in words for them. `unsure`: GitHub could not be asked just now.

    `unheard`: there is nobody who would read the reason; two bots could answer each other for ever.
    """

    allowed: bool
    why: str = ""
    unsure: bool = False
    unheard: bool = False


class PermissionGate:
    """Asks GitHub when it is needed; a yes or no of GitHub is kept for a minute, an error never."""

    def __init__(self, now: Callable[[], datetime], own_app: int | None = None) -> None:
        """`own_app`: where people act through our own App, by its pages, it is their own hand that pressed a button."""
        self._now, self._own_app = now, own_app
        self._known: dict[tuple[int, int], tuple[datetime, Answer]] = {}

    async def ask(self, repository: Repository, who: Actor, bots: Collection[str] = ()) -> Answer:
        """Whether this account may make Otto act in this repository now. `bots`: those that may do this very thing."""
        if who.is_bot:
            return _bot(who, bots)
        if who.app not in (None, self._own_app):
            return Answer(allowed=False, why="an app did this in your name, and only you yourself can")
        key = (repository.id, who.person.id)
        known = self._known.get(key)
        if known is not None and self._now() - known[0] < CACHED_FOR:
            return known[1]
        try:
            permission = await repository.permission(who.person.login)
        except (GitHubError, ValueError, RecursionError) as error:
            unsure = isinstance(error, GitHubError) and error.retryable
            why = "GitHub did not say whether you may write here; try again in a minute"
            return Answer(allowed=False, why=why, unsure=unsure)
        answer = _judge(permission.can_write, permission.user_id, who.person)
        self._remember(key, answer)
        return answer

    def forget(self, repo_id: int) -> None:
        """What was known of this repository's people may be otherwise now."""
        self._known = {key: known for key, known in self._known.items() if key[0] != repo_id}

    def _remember(self, key: tuple[int, int], answer: Answer) -> None:
        """Keep an answer; what is too old goes, so that strangers cannot fill the memory."""
        now = self._now()
        self._known = {k: known for k, known in self._known.items() if now - known[0] < CACHED_FOR}
        self._known[key] = (now, answer)


def _bot(who: Actor, bots: Collection[str]) -> Answer:
    """A bot's name in brackets belongs to an App and cannot be taken by a person; a person's type is never a bot's."""
    if who.kind == "Bot" and who.person.login.endswith("[bot]") and who.person.login in bots:
        return Answer(allowed=True)
    return Answer(allowed=False, why="bots cannot give commands here", unheard=True)


def _judge(can_write: bool, user_id: int | None, who: Person) -> Answer:
    if user_id is not None and user_id != who.id:
        return Answer(allowed=False, why="GitHub knows this name as someone else")
    if not can_write or user_id is None:
        return Answer(allowed=False, why=WRITE_NEEDED)
    return Answer(allowed=True)
