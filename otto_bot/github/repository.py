"""Requests about one repository that is known by its id, whatever it is called today."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from otto_bot.core.branch_rules import BranchRule
from otto_bot.github.answer import Answer
from otto_bot.github.censoring import Censor
from otto_bot.github.ci_models import RequiredContexts
from otto_bot.github.errors import Moved, NotFound
from otto_bot.github.models import RepositoryInfo
from otto_bot.github.needs import needs
from otto_bot.github.reading import parse
from otto_bot.github.routes import Segments, route
from otto_bot.github.session import Fence, Params, Session
from otto_bot.github.tokens import Token

NAME_TRUSTED_FOR = timedelta(seconds=60)
METADATA: Mapping[str, str] = {"metadata": "read"}
Part = str | int | Segments


class Download(Protocol):
    """Fetches what GitHub redirects to, without our token."""

    async def __call__(self, location: str, *, whole_limit: int | None = None) -> bytes:
        """The body, cut where it is a long log; with `whole_limit` all of it, or TooLarge."""


Pour = Callable[[str, int], AsyncIterator[bytes]]
"""The same chunk by chunk, at most so many bytes of it."""


@dataclass(frozen=True)
class Surroundings:
    """What the verbs need besides requests to the API."""

    app_id: int
    own_login: Callable[[], Awaitable[str]]
    session: Callable[[Mapping[str, str]], Session]
    """Requests with a token that has these permissions in this repository and no others."""
    git_token: Callable[[Mapping[str, str], str], Awaitable[Token]]
    """Takes permissions, and the value that git was refused with, or nothing."""
    download: Download
    pour: Pour
    censor: Censor
    now: Callable[[], datetime]


class _Naming:
    """What is known of the repository: its name, what its branches require; shared by all that ask about it."""

    def __init__(self) -> None:
        self.info: RepositoryInfo | None = None
        self.resolved_at: datetime | None = None
        self.resolving = asyncio.Lock()
        self.required: dict[str, tuple[datetime, RequiredContexts]] = {}
        self.rules: dict[str, tuple[datetime, tuple[BranchRule, ...]]] = {}
        self.subjects: dict[str, list[str]] = {}
        """By the commit that they lead to: those never change."""


@dataclass(frozen=True)
class Manner:
    """How requests are made: with which permissions (None: outside of any verb), yielding or not, asking whom."""

    may: Mapping[str, str] | None = None
    yields: bool = False
    fence: Fence | None = None

    def of(self, session: Callable[[Mapping[str, str]], Session]) -> Session:
        """A session of this manner. What belongs to no verb can look up the repository's name and nothing else."""
        made = session(METADATA if self.may is None else self.may)
        made = made.yielding() if self.yields else made
        return made.fenced(self.fence) if self.fence is not None else made


class RepositoryCalls:
    """Base of the verbs: paths below `/repos/OWNER/NAME`, the name resolved from the id and again when it changed."""

    def __init__(
        self, repo_id: int, around: Surroundings, naming: _Naming | None = None, manner: Manner | None = None
    ) -> None:
        self.id = repo_id
        self._around = around
        self._naming = naming or _Naming()
        self._manner = manner or Manner()
        self._session = self._manner.of(around.session)

    def _in(self, manner: Manner) -> Self:
        return type(self)(self.id, self._around, self._naming, manner)

    @needs()
    def yielding(self) -> Self:
        """The same verbs for live progress and for looking around: they give way to everything else.

        They raise RetryLater where decisions, replies, pushes and merges may still go on.
        """
        return self._in(replace(self._manner, yields=True))

    @needs()
    def fenced(self, fence: Fence) -> Self:
        """The same verbs; each write asks `fence` first, which raises where the writer has been replaced."""
        return self._in(replace(self._manner, fence=fence))

    @needs()
    def with_only(self, permissions: Mapping[str, str]) -> Self:
        """The same verbs with a token of these permissions; inside of a verb its own token stays.

        So a verb cannot widen what the one that calls it declared.
        """
        if self._manner.may is not None:
            return self
        return self._in(replace(self._manner, may=permissions))

    def _clean(self, text: str) -> str:
        """A text without secrets, as it will be sent: to be cut (a half secret has no shape) and compared with."""
        return self._around.censor(text)

    async def _resolve(self, *, fresh: bool = False) -> RepositoryInfo:
        """Owner and name as of now (`fresh`) or as last seen. Raises NotFound where the App lost the repository."""
        naming = self._naming
        stale = naming.info
        async with naming.resolving:
            if naming.info is None or (fresh and naming.info is stale):
                answer = await self._session.call("GET", route("/repositories/{id}", self.id))
                naming.info = parse(RepositoryInfo, answer.json())
                naming.resolved_at = self._around.now()
            return naming.info

    @property
    def _stale(self) -> bool:
        """Whether the name was not asked for lately."""
        return self._older_than(NAME_TRUSTED_FOR)

    def _older_than(self, age: timedelta) -> bool:
        seen = self._naming.resolved_at
        return seen is None or self._around.now() - seen >= age

    async def _renamed(self, before: RepositoryInfo, *, at_once: bool) -> bool:
        """Whether the repository is called something else by now. A name that was just resolved is not doubted."""
        if not at_once and not self._stale:
            return False
        return (await self._resolve(fresh=True)).full_name != before.full_name

    async def _call(
        self,
        method: str,
        tail: str,
        *parts: Part,
        params: Params | None = None,
        body: Any = None,
        accept: str | None = None,
        eventual: bool = False,
        repeatable: bool | None = None,
        allow: frozenset[int] = frozenset(),
    ) -> Answer:
        """One request below the repository; repeated once, under the new name, if it was renamed meanwhile."""

        async def ask(name: RepositoryInfo) -> Answer:
            where = route("/repos/{owner}/{repo}" + tail, name.owner, name.name, *parts)
            return await self._session.call(
                method,
                where,
                params=params,
                body=body,
                accept=accept,
                eventual=eventual,
                repeatable=repeatable,
                allow=allow,
            )

        name = await self._resolve()
        try:
            return await ask(name)
        except (Moved, NotFound) as error:
            # Neither has done anything yet, so that a write may be repeated as well.
            if not await self._renamed(name, at_once=isinstance(error, Moved)):
                raise
        return await ask(await self._resolve())

    async def _json(self, tail: str, *parts: Part, params: Params | None = None, eventual: bool = False) -> Any:
        return (await self._call("GET", tail, *parts, params=params, eventual=eventual)).json()

    async def _pages(
        self, tail: str, *parts: Part, key: str | None = None, params: Params | None = None
    ) -> AsyncIterator[Mapping[str, Any]]:
        """All items of a list below the repository."""

        def ask(name: RepositoryInfo) -> AsyncIterator[Mapping[str, Any]]:
            where = route("/repos/{owner}/{repo}" + tail, name.owner, name.name, *parts)
            return self._session.pages(where, key=key, params=params)

        name = await self._resolve()
        started = renamed = False
        try:
            async for item in ask(name):
                started = True
                yield item
        except (Moved, NotFound) as error:
            renamed = not started and await self._renamed(name, at_once=isinstance(error, Moved))
            if not renamed:
                raise
        if renamed:
            async for item in ask(await self._resolve()):
                yield item
