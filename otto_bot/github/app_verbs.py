"""Verbs of the App itself: who it is, where it is installed, which webhooks were delivered."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from otto_bot.github.ci_models import AppIdentity, Delivery, DeliveryContent, Hook, Installation, Registered
from otto_bot.github.errors import Moved, NotFound
from otto_bot.github.models import RepositoryInfo
from otto_bot.github.reading import parse, parse_known
from otto_bot.github.routes import route
from otto_bot.github.session import Session

MOST_PAGES = 1000
"""Of the lists that grow with whoever uses the App: a hundred thousand installations, or repositories of one."""


class AppVerbs:
    """Mixed into GitHubApp, which provides the sessions."""

    _app_session: Session

    def __init__(self) -> None:
        self._slug: str | None = None
        self._identity: AppIdentity | None = None

    def _metadata_session(self, installation_id: int | None) -> Session:
        """A session that may read metadata with one installation's token, or without any credential."""
        raise TypeError(f"{type(self).__name__} has no session for installation {installation_id}")

    async def bot_login(self) -> str:
        """The login that signs the App's comments: `<slug>[bot]`. Asked once."""
        if self._slug is None:
            self._slug = parse_known((await self._app_session.call("GET", route("/app"))).json(), "slug", str)
        return f"{self._slug}[bot]"

    async def identity(self) -> AppIdentity:
        """App and bot user; asked once. The user is read with a metadata token of any installation, if there is one."""
        if self._identity is None:
            app = (await self._app_session.call("GET", route("/app"))).json()
            self._slug = parse_known(app, "slug", str)
            login = f"{self._slug}[bot]"
            awake = [one.id for one in await self.installations() if one.suspended_at is None]
            session = self._metadata_session(awake[0] if awake else None)
            user = (await session.call("GET", route("/users/{login}", login))).json()
            self._identity = AppIdentity(
                id=parse_known(app, "id", int),
                slug=self._slug,
                bot_login=login,
                bot_user_id=parse_known(user, "id", int),
            )
        return self._identity

    async def installations(self) -> list[Installation]:
        """Every installation, suspended ones included."""
        where = route("/app/installations")
        return [parse(Installation, item) async for item in self._app_session.pages(where, max_pages=MOST_PAGES)]

    async def installation(self, installation_id: int) -> Installation | None:
        """One installation, suspended or not; None where the App is not installed there any more."""
        where = route("/app/installations/{installation_id}", installation_id)
        try:
            return parse(Installation, (await self._app_session.call("GET", where)).json())
        except NotFound:
            return None

    async def installation_of(self, owner: str, repo: str, repo_id: int) -> Installation | None:
        """The installation that serves the repository of this id, which was last called so; None = there is none."""
        try:
            return await self.installation_for(owner, repo)
        except NotFound:
            return None
        except Moved:
            # It has another name or owner, and the lists know who may use it.
            for one in await self.installations():
                if one.suspended_at is None and repo_id in {info.id for info in await self.repositories(one.id)}:
                    return one
        return None

    async def installation_for(self, owner: str, repo: str) -> Installation:
        """The installation that serves a repository. Raises NotFound where the App is not installed."""
        answer = await self._app_session.call("GET", route("/repos/{owner}/{repo}/installation", owner, repo))
        return parse(Installation, answer.json())

    async def repositories(self, installation_id: int) -> list[RepositoryInfo]:
        """The repositories that an installation may use."""
        where = route("/installation/repositories")
        pages = self._metadata_session(installation_id).pages(where, key="repositories", max_pages=MOST_PAGES)
        return [parse(RepositoryInfo, item) async for item in pages]

    async def deliveries(self, since: datetime, *, failed: bool = False) -> list[Delivery]:
        """Attempts to deliver a webhook at or after `since` (aware), newest first; GitHub keeps them three days.

        `failed`: only those that failed. Raises TooLarge where there are more than fifty pages of them.
        """
        found: list[Delivery] = []
        params = {"status": "failure"} if failed else None
        async for item in self._app_session.pages(route("/app/hook/deliveries"), params=params):
            delivery = parse(Delivery, item)
            if delivery.delivered_at < since:
                break
            found.append(delivery)
        return found

    async def recent_deliveries(self) -> list[Delivery]:
        """The last hundred attempts to deliver a webhook, newest first."""
        answer = await self._app_session.call("GET", route("/app/hook/deliveries"), params={"per_page": 100})
        found = answer.json()
        return [parse(Delivery, item) for item in found] if isinstance(found, list) else []

    async def registered(self) -> Registered:
        """The App as it is registered, asked anew; with the time of GitHub's clock."""
        answer = await self._app_session.call("GET", route("/app"))
        return parse(Registered, {**answer.json(), "at": date_of(answer.headers.get("date", ""))})

    async def hook(self) -> Hook:
        """Where webhooks go. An App without any has an empty address."""
        try:
            answer = await self._app_session.call("GET", route("/app/hook/config"))
        except NotFound:
            return Hook()
        return parse(Hook, answer.json())

    async def named(self, installation_id: int, owner: str, repo: str) -> RepositoryInfo:
        """A repository by its name of today. Raises NotFound, Moved."""
        session = self._metadata_session(installation_id)
        return parse(RepositoryInfo, (await session.call("GET", route("/repos/{owner}/{repo}", owner, repo))).json())

    async def delivery(self, delivery_id: int) -> DeliveryContent:
        """The payload of a delivery, as GitHub keeps it."""
        answer = await self._app_session.call("GET", route("/app/hook/deliveries/{id}", delivery_id))
        return parse(DeliveryContent, answer.json())

    async def redeliver(self, delivery_id: int) -> None:
        """Ask GitHub to send a delivery again, with the same GUID."""
        await self._app_session.call("POST", route("/app/hook/deliveries/{id}/attempts", delivery_id))


def date_of(header: str) -> datetime | None:
    """The time of a `Date` header, aware; None where it is none."""
    try:
        found = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
