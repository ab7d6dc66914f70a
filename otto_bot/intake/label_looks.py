"""Labels that no webhook told of: put on since the last look, or left on an issue that had to rest till now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from otto_bot.core.allowance import ISSUE_SECONDS
from otto_bot.core.values import Frozen, Person, Repo
from otto_bot.github.errors import NotFound
from otto_bot.github.models import Issue
from otto_bot.intake.desk import Desk
from otto_bot.intake.permission import Actor
from otto_bot.intake.starting import Labelled
from otto_bot.store.ledger import Ledger
from otto_bot.store.looks import Looks


class Resting(Frozen):
    """Of one repository, by the number of the issue: when it may begin its next run.

    An issue that nobody touches is in no list of what has changed when its time comes.
    """

    opens: Mapping[int, datetime] = {}

    def ripe(self, now: datetime) -> list[int]:
        """Issues whose time has come. A time further ahead than one can be was written by a clock set back since."""
        furthest = now + timedelta(seconds=ISSUE_SECONDS)
        return [number for number, at in self.opens.items() if not now < at <= furthest]

    def after(self, looked_at: Collection[int], rest: Mapping[int, datetime]) -> Resting:
        """What rests when issues were looked at, and those of `rest` among them rest (still, or again)."""
        others = {number: at for number, at in self.opens.items() if number not in looked_at}
        return Resting(opens={**others, **rest})


def resting_name(repo_id: int) -> str:
    """Name of the cursor that holds what rests in a repository."""
    return f"resting/{repo_id}"


class LabelLooks:
    """Begins the runs of labels that are found by looking."""

    def __init__(self, desk: Desk, ledger: Ledger, looks: Looks) -> None:
        self._desk = desk
        self._ledger = ledger
        self._looks = looks

    async def look(self, repo: Repo, changed: Sequence[Issue], label: str) -> Collection[datetime]:
        """Labels put on: of what has changed, and of what rested till now. When the next of what rests may begin."""
        name = resting_name(repo.id)
        value = await asyncio.to_thread(self._looks.cursor, name)
        before = Resting.model_validate_json(value) if value else Resting()
        issues: dict[int, Issue | None] = {issue.number: issue for issue in changed}
        for number in before.ripe(self._desk.now()):
            if number not in issues:
                issues[number] = await self._issue(repo, number)
        rest: dict[int, datetime] = {}
        for number, issue in issues.items():
            if issue is None or issue.state != "open" or issue.pull_request or label not in issue.labels:
                continue
            opens = await self._labelled(repo, issue, label)
            if opens is not None:
                rest[number] = opens
        after = before.after(issues, rest)
        if after != before:
            await asyncio.to_thread(self._looks.set_cursor, name, after.model_dump_json())
        return after.opens.values()

    async def _issue(self, repo: Repo, number: int) -> Issue | None:
        try:
            return await self._desk.repository(repo).yielding().issue(number)
        except NotFound:
            return None  # deleted, or moved away

    async def _labelled(self, repo: Repo, issue: Issue, label: str) -> datetime | None:
        """The label is on: a run begins, if none did. Returns when one may, where too many began lately."""
        run = await self._desk.active(repo.id, issue.number)
        if run is not None and not run.ended:
            return None
        # Most issues do not change between two rounds; their events are not asked for again.
        seen, state = f"labelled/{repo.id}/{issue.number}", str(issue.updated_at)
        if await asyncio.to_thread(self._looks.cursor, seen) == state:
            return None
        opens = await asyncio.to_thread(self._ledger.opens_again, repo.id, issue.number, self._desk.now())
        if opens is not None:
            return opens
        events = await self._desk.repository(repo).yielding().labelled_events(issue.number, "both")
        last = next((event for event in reversed(events) if event.label == label), None)
        if last is None or last.kind == "unlabeled" or last.actor_id is None:
            return None  # of what the issue shows GitHub's list may know a moment later
        key = f"label/{repo.id}/{issue.number}/{last.id}"
        if not await asyncio.to_thread(self._ledger.knows, key):
            who = Actor(person=Person(id=last.actor_id, login=last.actor_login), kind=last.actor_type, app=last.app_id)
            await self._desk.label(Labelled(repo=repo, number=issue.number, label=label), who)
        await asyncio.to_thread(self._looks.set_cursor, seen, state)
        return None
