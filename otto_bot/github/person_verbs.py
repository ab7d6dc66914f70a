"""What a person who has logged in may see and do, asked with their own token: GitHub decides, not Otto."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from pydantic import AliasPath, Field

from otto_bot.github.ci_models import Installation
from otto_bot.github.errors import TooLarge
from otto_bot.github.models import Fact, RepositoryInfo
from otto_bot.github.reading import parse, parse_known
from otto_bot.github.routes import route
from otto_bot.github.session import Session

MOST_REPOSITORIES = 10_000
MOST_PAGES = MOST_REPOSITORIES // 100
AT_ONCE = 4


class Account(Fact):
    """Who the token belongs to."""

    id: int
    login: str


class PersonRepository(RepositoryInfo):
    """A repository that the App may use and the person may read; `can_write`: they may push there."""

    installation_id: int
    can_write: bool = Field(default=False, validation_alias=AliasPath("permissions", "push"))


class PersonVerbs:
    """Of one person. All verbs raise GitHubError; Unauthorized where the login has ended."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def account(self) -> Account:
        """Who it is."""
        data = (await self.session.call("GET", route("/user"))).json()
        return Account(id=parse_known(data, "id", int), login=parse_known(data, "login", str))

    async def installations(self) -> list[Installation]:
        """Installations of the App where they may read something."""
        pages = self.session.pages(route("/user/installations"), key="installations", max_pages=MOST_PAGES)
        return [parse(Installation, item) async for item in pages]

    async def repositories(self) -> list[PersonRepository]:
        """Every repository that both the App and the person may read. Raises TooLarge where there are too many."""
        awake = [one.id for one in await self.installations() if one.suspended_at is None]
        gate = asyncio.Semaphore(AT_ONCE)

        async def those_of(installation_id: int) -> list[PersonRepository]:
            async with gate:
                return [one async for one in self._of(installation_id)]

        found = [one for some in await asyncio.gather(*map(those_of, awake)) for one in some]
        if len(found) > MOST_REPOSITORIES:
            raise TooLarge(0, f"GET /user/installations: more than {MOST_REPOSITORIES} repositories")
        return found

    async def _of(self, installation_id: int) -> AsyncIterator[PersonRepository]:
        where = route("/user/installations/{installation_id}/repositories", installation_id)
        async for item in self.session.pages(where, key="repositories", max_pages=MOST_PAGES):
            yield parse(PersonRepository, {**item, "installation_id": installation_id})
