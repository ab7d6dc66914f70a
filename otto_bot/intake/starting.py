"""How a run starts: by the label, by `/otto plan` or `/otto certify`; each time for the text that was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from otto_bot.core import events as e
from otto_bot.core.config import Config, HostCaps
from otto_bot.core.issue import IssueText
from otto_bot.core.plan import Plan
from otto_bot.core.values import Frozen, Person, Repo
from otto_bot.github.client import GitHubApp
from otto_bot.github.models import LabelledEvent, Target
from otto_bot.github.verbs import Repository
from otto_bot.intake.frozen import Changed, text_asked_for
from otto_bot.intake.label import Labels
from otto_bot.intake.permission import Actor, PermissionGate
from otto_bot.intake.refusing import Deed, Refusing
from otto_bot.intake.sparing import rests, say
from otto_bot.store.ledger import Ledger, Trigger
from otto_bot.text import frozen, reply


class NotYetKnown(LookupError):
    """Somebody was faster than the record of what they answered: the delivery comes again."""


class Labelled(Frozen):
    """The label was put on, as it was told: by a webhook (`told` is the issue of that moment) or found by looking."""

    repo: Repo
    number: int
    label: str
    is_pull: bool = False
    told: IssueText | None = None


class Asked(Frozen):
    """A word that starts a run of its own: its key, where and when it was said, and the issue that came with it."""

    key: str
    repo: Repo
    number: int
    verb: Literal["plan", "certify"]
    at: datetime
    told: IssueText
    subject: Plan | None = None


class Starting:
    """Starts runs. Whoever asks has passed the one gate, and so has the text."""

    def __init__(
        self, ledger: Ledger, github: GitHubApp, gate: PermissionGate, caps: HostCaps, labels: Labels,
        refusing: Refusing, now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._github = github
        self._gate = gate
        self._caps = caps
        self._labels = labels
        self._refusing = refusing
        self._now = now

    async def label(self, what: Labelled, who: Actor) -> None:
        """The label was put on: a run starts, once for each time it was put on, unless it is off again.

        Raises NotYetKnown where GitHub does not list yet that the label was put on.
        """
        repository = self._repository(what.repo)
        if what.label != await self._labels.of(what.repo):
            return
        if what.is_pull:
            await self._on_pull_request(repository, what, who)
            return
        bots = await self._bots(what.repo, who)
        if (await self._gate.ask(repository, who, bots)).unheard:
            return
        put = await self._put_on(repository, what, who)
        if put is None:
            return  # told late
        who = who.model_copy(update={"app": put.app_id})
        deed = Deed(key=f"label/{what.repo.id}/{what.number}/{put.id}", repo=what.repo, number=what.number)
        if await asyncio.to_thread(self._ledger.knows, deed.key) or await self._refusing.before(deed, who):
            return
        answer = await self._gate.ask(repository, who, bots)
        if not answer.allowed:
            await self._refusing.refuse(deed, who, answer)
        elif not await self._busy(repository, what.repo.id, what.number, who.person):
            await self._labelled(repository, what, put, deed.key, who.person)

    async def _labelled(
        self, repository: Repository, what: Labelled, put: LabelledEvent, key: str, who: Person
    ) -> None:
        text = await text_asked_for(repository, self._gate, what.number, put.at, what.told)
        if isinstance(text, Changed):
            await self._say(repository, what.number, key, frozen.changed_since_label(text.by))
            return
        trigger = Trigger(
            key=key, repo=what.repo, issue=what.number, title=text.title, body=text.body, actor=who, asked_at=put.at
        )
        await self._begin(repository, trigger)

    async def _on_pull_request(self, repository: Repository, what: Labelled, who: Actor) -> None:
        """One answer to whoever could start a run; to others what they get everywhere."""
        deed = Deed(key=f"label/{what.repo.id}/{what.number}/{who.person.id}", repo=what.repo, number=what.number)
        answer = await self._gate.ask(repository, who)
        if answer.allowed:
            await self._say(repository, what.number, f"label/{what.number}", reply.label_on_pull_request())
        else:
            await self._refusing.refuse(deed, who, answer)

    async def _bots(self, repo: Repo, who: Actor) -> tuple[str, ...]:
        """Bots that may put the label on, as the repository's default branch says; asked only where it was one."""
        if not who.is_bot or who.person.login == await self._github.bot_login():
            return ()
        return (await self._labels.config(repo) or Config()).triggers.allow_bots

    async def _put_on(self, repository: Repository, what: Labelled, who: Actor) -> LabelledEvent | None:
        """When this person put the label on; None where it is off again. Raises NotYetKnown."""
        changes = [
            event for event in await repository.labelled_events(what.number, "both") if event.label == what.label
        ]
        last, as_of = changes[-1] if changes else None, what.told.as_of if what.told else None
        theirs = [one for one in changes if one.kind == "labeled" and one.actor_id == who.person.id]
        off = last is not None and last.kind == "unlabeled"
        if last is None or not theirs or (off and as_of is not None and last.at < as_of):
            raise NotYetKnown(f"GitHub does not list yet that issue {what.number} got the label")
        return None if off else theirs[-1]

    async def asked(self, asked: Asked, who: Person) -> None:
        """`/otto plan` or `/otto certify` by someone who may."""
        repository, key = self._repository(asked.repo), f"{asked.key}/{asked.repo.id}"
        if await asyncio.to_thread(self._ledger.knows, key):
            return
        text = await text_asked_for(repository, self._gate, asked.number, asked.at, asked.told)
        if isinstance(text, Changed):
            await self._say(repository, asked.number, asked.key, frozen.changed_since_word(asked.verb, text.by))
            return
        certify = asked.verb == "certify"
        trigger = Trigger(
            key=key, repo=asked.repo, issue=asked.number, title=text.title, body=text.body, actor=who,
            asked_at=asked.at, plan_only=not certify, kind="certify" if certify else "build", subject=asked.subject,
        )  # fmt: skip
        await self._begin(repository, trigger)

    async def _begin(self, repository: Repository, trigger: Trigger) -> None:
        """The reaction comes first: after a crash behind it the delivery is taken up again, as nothing is known yet."""
        if await rests(self._ledger, repository, trigger, self._now()):
            return
        await repository.react(Target(kind="issue", id=trigger.issue), "eyes")
        if await asyncio.to_thread(self._ledger.start, trigger, self._caps, self._now()) is not None:
            return
        # This very trigger may have come by another way in the same moment.
        if not await asyncio.to_thread(self._ledger.knows, trigger.key):
            await self._busy(repository, trigger.repo.id, trigger.issue, trigger.actor)

    async def _busy(self, repository: Repository, repo: int, issue: int, who: Person) -> bool:
        """Whether a run works on the issue already; that is said, and no text is looked at."""
        current = await asyncio.to_thread(self._ledger.active_run, repo, issue)
        if current is None:
            return False
        await repository.react(Target(kind="issue", id=issue), "confused")
        told = e.IssueRelabelled(at=self._now(), by=who.login)
        await asyncio.to_thread(lambda: self._ledger.append(current, [told], self._now()))
        return True

    def _repository(self, repo: Repo) -> Repository:
        return self._github.repository(repo.installation_id, repo.id)

    async def _say(self, repository: Repository, number: int, key: str, text: str) -> None:
        await say(repository, number, key, text)
