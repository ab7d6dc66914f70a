"""A run that somebody asks for on a page: they open the issue, label it or say the word themselves, each once.

The form's own key stands in a line that everybody sees: hidden words in an issue would rightly be held against it. By
that line an issue or a comment is found again after a lost answer or a crash. GitHub's lists are a moment late; what
this process has written itself it remembers, and two presses at once wait for each other.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from otto_bot.core.values import Frozen, Person
from otto_bot.github.person_deeds import PersonDeeds

Kind = Literal["build", "improve", "certify"]
FOUND_FOR = timedelta(days=1)
"""So long after it was made a comment of the same form is looked for."""
MOST_KEPT = 1_000


class Wish(Frozen):
    """What somebody wants: a title and words (build), or the number of an issue or pull request (the others)."""

    kind: Kind
    once: str
    title: str = ""
    words: str = ""
    number: int = 0

    @property
    def key(self) -> str:
        """The same press is the same key; other words of the same form are another wish."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @property
    def mark(self) -> str:
        """The line by which what was written is found again."""
        return f"Sent from Otto's page *new run* (form {self.key})."


class NotAnIssue(Exception):
    """A pull request was named where only an issue makes sense."""


class Begun(Frozen):
    """Which issue or pull request it is about; `again` = it was there already."""

    number: int
    again: bool = False


class Beginnings:
    """Carries wishes out, with the token of whoever has them. Everything raises GitHubError."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: OrderedDict[tuple[int, str], int] = OrderedDict()
        self._locks: OrderedDict[tuple[int, str], asyncio.Lock] = OrderedDict()

    async def begin(self, deeds: PersonDeeds, who: Person, label: str, wish: Wish) -> Begun:
        """Do it, once. Raises NotAnIssue."""
        key = (who.id, wish.key)
        lock = self._locks.setdefault(key, asyncio.Lock())
        _bounded(self._locks)
        async with lock:
            if wish.kind == "build":
                return await self._build(deeds, who, label, wish, key)
            return await self._word(deeds, who, wish, key)

    async def _build(self, deeds: PersonDeeds, who: Person, label: str, wish: Wish, key: tuple[int, str]) -> Begun:
        number = self._known.get(key)
        found = None if number is None else await deeds.issue(number)
        if found is None:
            mine = await deeds.newest_issues(who.login)
            found = next((one for one in mine if one.author_id == who.id and _ends_with(one.body, wish.mark)), None)
        again = found is not None
        if found is None:
            found = await deeds.open_issue(wish.title, f"{wish.words}\n\n{wish.mark}".lstrip())
        self._remember(key, found.number)
        if label not in found.labels:
            await deeds.add_label(found.number, label)
        return Begun(number=found.number, again=again)

    async def _word(self, deeds: PersonDeeds, who: Person, wish: Wish, key: tuple[int, str]) -> Begun:
        about = await deeds.issue(wish.number)
        if wish.kind == "certify" and about.pull_request:
            raise NotAnIssue
        if key in self._known:
            return Begun(number=wish.number, again=True)
        comments = await deeds.comments(wish.number, self._now() - FOUND_FOR)
        again = any(one.author_id == who.id and _ends_with(one.body, wish.mark) for one in comments)
        if not again:
            await deeds.comment(wish.number, f"/otto {wish.kind}\n\n{wish.mark}")
        self._remember(key, wish.number)
        return Begun(number=wish.number, again=again)

    def _remember(self, key: tuple[int, str], number: int) -> None:
        self._known[key] = number
        _bounded(self._known)


def _ends_with(body: str, mark: str) -> bool:
    return body.rstrip().endswith(mark)


def _bounded(kept: OrderedDict[tuple[int, str], int] | OrderedDict[tuple[int, str], asyncio.Lock]) -> None:
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)
