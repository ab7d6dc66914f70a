"""Telling someone that they may not: in one comment a day and place, then by 😕, and never on and on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

from otto_bot.core.refusals import Refusals, Refused, how_to_refuse
from otto_bot.core.values import Frozen, Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.errors import NotFound, Unreachable
from otto_bot.github.models import Target
from otto_bot.intake.permission import Actor, Answer
from otto_bot.intake.sparing import say
from otto_bot.store.cursors import Cursors
from otto_bot.text import reply as words
from otto_bot.text.links import Links


class Deed(Frozen):
    """What somebody did: its key, the issue or pull request, and what a face can be put on."""

    key: str
    repo: Repo
    number: int
    target: Target | None = None


class Refusing:
    """Remembers for a day who was refused, so that a word that was refused stays so, and costs nothing twice."""

    def __init__(
        self, cursors: Cursors, github: GitHubApp, now: Callable[[], datetime], web_url: str, docs_url: str
    ) -> None:
        self._cursors = cursors
        self._github = github
        self._now = now
        self._web_url = web_url
        self._docs_url = docs_url

    async def before(self, deed: Deed, who: Actor) -> bool:
        """Whether this very deed was refused already. Its answer is found or written again: a crash may lie between."""
        value = await asyncio.to_thread(self._cursors.cursor, _name(deed.repo))
        known = _read(value).known(deed.key)
        if known is not None:
            await self._tell(deed, who, known)
        return known is not None

    async def refuse(self, deed: Deed, who: Actor, answer: Answer) -> None:
        """Say why not, where that was not said today. It is remembered first: a repetition gets the same answer.

        Raises Unreachable where GitHub only could not be asked: that is no refusal, and what was done waits.
        """
        if answer.unheard:
            return
        if answer.unsure:
            raise Unreachable(0, f"whether {who.person.login} may write here is not known yet; {deed.key} waits")
        change = partial(_refused, deed, who, answer.why, self._now())
        value = await asyncio.to_thread(self._cursors.change_cursor, _name(deed.repo), change)
        one = _read(value).known(deed.key)
        if one is not None:
            await self._tell(deed, who, one)

    async def _tell(self, deed: Deed, who: Actor, one: Refused) -> None:
        repository = self._github.repository(deed.repo.installation_id, deed.repo.id)
        if one.how == "words":
            links = Links(self._web_url, deed.repo.owner, deed.repo.name, self._docs_url)
            text = words.refused(who.person.login, one.why, links)
            await say(repository, deed.number, deed.key, text)
        elif one.how == "face" and deed.target is not None:
            try:
                await repository.react(deed.target, "confused")
            except NotFound:
                return  # deleted meanwhile


def _refused(deed: Deed, who: Actor, why: str, at: datetime, value: str | None) -> str:
    """What is remembered when this deed was refused; as it was, where it was refused in the same moment."""
    lately = _read(value)
    if value is not None and lately.known(deed.key) is not None:
        return value
    where = (deed.repo.id, deed.number)
    how = how_to_refuse(lately, who.person.id, where, at)
    if how == "face" and deed.target is None:
        how = "nothing"
    why = "" if how == "nothing" else why
    return lately.after(
        Refused(key=deed.key, person=who.person.id, where=where, at=at, how=how, why=why)
    ).model_dump_json()


def _read(value: str | None) -> Refusals:
    return Refusals.model_validate_json(value) if value else Refusals()


def _name(repo: Repo) -> str:
    return f"refused/{repo.installation_id}"
