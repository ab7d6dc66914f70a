"""The way in for pages: a word about what stood on a screen, by someone whom GitHub lets write there now.

The same gate as a comment's, asked anew for each word, and the same event. Whether the run still is what the person
saw is looked at where the event is recorded, under the lock of the run: of two who say it at once, one is heard.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from otto_bot.core.commands import Command, Given
from otto_bot.core.edits import reads_the_issue
from otto_bot.core.events import CommandGiven
from otto_bot.core.issue import IssueText
from otto_bot.core.on_screen import No, moved, refusal
from otto_bot.core.run import Run
from otto_bot.core.values import Frozen
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import GitHubError
from otto_bot.intake.frozen import Changed, text_asked_for
from otto_bot.intake.permission import Actor, PermissionGate
from otto_bot.store.database import StoreUnavailable
from otto_bot.store.ledger import Ledger


class Word(Frozen):
    """What someone sent: `once` is of this one form, `shown` what the run stood like on their screen."""

    run: int
    command: Command
    by: Actor
    once: str
    shown: str

    @property
    def key(self) -> str:
        """The same click is the same key. Another word of the same form is another one: it must not pass for heard."""
        said = self.model_dump_json(include={"command", "by"})
        return f"page/{self.once}/{hashlib.sha256(said.encode()).hexdigest()[:12]}"


class Heard(NamedTuple):
    """It counts; `again` = it did already, this was the same click once more."""

    run: Run
    again: bool = False


class Refused(NamedTuple):
    """They may not, and why."""

    why: str


class Moved(NamedTuple):
    """The run is not what they saw: these parts of it."""

    run: Run
    parts: tuple[str, ...]


class NotNow(NamedTuple):
    """They saw it right, and it makes no sense now."""

    run: Run
    no: No


class Edited(NamedTuple):
    """Somebody without permission changed the issue in the moment in which it was to be read."""

    run: Run
    by: tuple[str, ...]


class Unsure(NamedTuple):
    """Nobody knows whether they may, or it could not be written down: the same click may come again."""

    why: str


Outcome = Heard | Refused | Moved | NotNow | Edited | Unsure


class _Differs(Exception):
    """What was to be recorded does not fit the run any more."""

    def __init__(self, outcome: Heard | Moved | NotNow) -> None:
        super().__init__()
        self.outcome = outcome


class PageWords:
    """Hears what is said on pages. `say` raises NoSuchRun and NewerVersion."""

    def __init__(self, ledger: Ledger, github: GitHubApp, now: Callable[[], datetime]) -> None:
        self._ledger, self._github, self._now = ledger, github, now

    async def say(self, word: Word) -> Outcome:
        """Someone says something; what became of it."""
        try:
            run = await asyncio.to_thread(self._ledger.load, word.run)
            no = await self._may(run, word.by)
            return no or await self._told(run, word)
        except StoreUnavailable:
            return Unsure("the database of Otto does not answer")
        except GitHubError as error:
            return Unsure(f"GitHub did not answer as it should: {error.message}")

    async def _may(self, run: Run, who: Actor) -> Refused | Unsure | None:
        repository = self._github.repository(run.repo.installation_id, run.repo.id)
        answer = await self._gate().ask(repository, who)
        if answer.allowed:
            return None
        return Unsure(answer.why) if answer.unsure else Refused(answer.why)

    def _gate(self) -> PermissionGate:
        """One that remembers nothing: a click is rare, and nobody tells this process who was removed."""
        return PermissionGate(self._now)

    async def _told(self, run: Run, word: Word) -> Outcome:
        at = self._now()
        issue = None
        if word.key not in run.seen and reads_the_issue(run, word.command):
            text = await self._issue(run, at)
            if isinstance(text, Changed):
                return Edited(run, text.by)
            issue = text
        where = run.pull_request or run.issue
        given = Given(key=word.key, command=word.command, by=word.by.person, where=where, issue=issue)
        event = CommandGiven(at=at, given=given)

        def fits(now: Run) -> None:
            outcome = _differs(now, event, word)
            if outcome is not None:
                raise _Differs(outcome)

        try:
            return Heard(await asyncio.to_thread(self._ledger.append, run.id, [event], at, fits=fits))
        except _Differs as differs:
            return differs.outcome

    async def _issue(self, run: Run, at: datetime) -> IssueText | Changed:
        repository = self._github.repository(run.repo.installation_id, run.repo.id)
        return await text_asked_for(repository, self._gate(), run.issue, at, None)


def _differs(run: Run, event: CommandGiven, word: Word) -> Heard | Moved | NotNow | None:
    """What to answer instead of recording it; None = the run is what they saw, and does what they say."""
    if word.key in run.seen:
        return Heard(run, again=True)
    parts = moved(run, word.command, word.shown)
    if parts:
        return Moved(run, parts)
    no = refusal(run, event)
    return NotNow(run, no) if no is not None else None
