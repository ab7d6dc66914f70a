"""The one door to every page, form and stream: who it is, what they may see, and whether they meant to do this."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from fastapi import Request

from otto_bot.core.values import Person
from otto_bot.text import login as text
from otto_bot.web import cookies
from otto_bot.web.answer import Page
from otto_bot.web.assets import Assets
from otto_bot.web.bearer import BadToken, Bearer, CannotTell
from otto_bot.web.github_door import Door
from otto_bot.web.plain import plain
from otto_bot.web.reach import Reach
from otto_bot.web.sessions import LASTS, MOST_COOKIE, Seals, Ticket
from otto_bot.web.sites import Place, foreign
from otto_bot.web.viewer import Viewer

if TYPE_CHECKING:
    from otto_bot.github.person_verbs import PersonRepository

LOGIN, CALLBACK, LOGOUT = "/login", "/login/callback", "/logout"
API = "/api/"
LONGEST_NEXT = 500


class Entrance:
    """Knows whoever asks: by their cookie, by where they sit, and by what GitHub lets them read."""

    def __init__(self, reach: Reach, assets: Assets, now: Callable[[], datetime]) -> None:
        self.reach, self._assets, self._now = reach, assets, now
        self.seals, self.door, self._place = Seals(reach.client_secret), Door(reach, now), Place(reach)
        self.bearer = Bearer(reach.client_id, self._owner, now)

    async def viewer(self, request: Request) -> Viewer | Page:
        """Who it is; or the page that they get instead of what they asked for."""
        base = self.base(request)
        if isinstance(base, Page):
            return base
        if self.bears(request):
            return await self._program(request)
        ticket = self.ticket(request)
        if ticket is None:
            return self._nobody(request, text.NEEDED)
        return await self._somebody(request, ticket)

    async def acting(self, request: Request, csrf: str) -> Viewer | Page:
        """Who does something, by a form that carries `csrf`; or the page that they get because they may not."""
        base = self.base(request)
        if isinstance(base, Page):
            return base
        if self.bears(request):
            return await self._program(request)  # no browser sends such a header for another site: nothing is forged
        if foreign(request, base):
            return self.say(403, text.FOREIGN, (("/", text.HOME),))
        viewer = await self.viewer(request)
        ticket = self.ticket(request)
        if isinstance(viewer, Page):
            return viewer
        if viewer.person is None or ticket is None:
            words = text.TO_ACT if self.reach.can_log_in else text.NO_LOGIN
            return self.say(403, words, self._ways(request) if self.reach.can_log_in else (("/", text.HOME),))
        return viewer if self.seals.fits(ticket.id, csrf) else self.say(403, text.FORM_OLD, (("/", text.HOME),))

    async def user_token(self, request: Request) -> str | None:
        """GitHub's token of whoever is logged in: what they do on GitHub they do themselves. Raises GitHubError."""
        if isinstance(self.base(request), Page):
            return None
        if self.bears(request):
            return (await self.bearer.bearing(request.headers.getlist("authorization"))).token
        ticket = self.ticket(request)
        return None if ticket is None else (await self.door.fresh(ticket)).token

    async def repositories(self, request: Request) -> list[PersonRepository]:
        """What whoever is logged in may read, with what they may write; nothing where GitHub cannot be asked."""
        from otto_bot.github.errors import GitHubError

        ticket = None if isinstance(self.base(request), Page) else self.ticket(request)
        if ticket is None:
            return []
        try:
            return await self.door.repositories(await self.door.fresh(ticket))
        except GitHubError:
            return []

    def base(self, request: Request) -> str | Page:
        """The address under which these pages are reached, without a slash; or why they are not shown there."""
        return self._place.base(request, self._assets.url("otto.css"))

    def ticket(self, request: Request) -> Ticket | None:
        """The session of a request's cookie, as long as it lasts."""
        if not self.reach.can_log_in:
            return None
        sealed = cookies.read(request.cookies, cookies.SESSION, secure=self.secure)
        if not sealed:
            return None
        found = self.seals.open(cookies.SESSION, Ticket, sealed, self._now(), LASTS)
        if found is None or self.door.over(found.id):
            cookies.drop(request.scope, cookies.SESSION, secure=self.secure)
            return None
        return found

    def keep(self, request: Request, ticket: Ticket) -> bool:
        """The answer sets the cookie of this session; not where no browser would keep it."""
        for one in (ticket, ticket.model_copy(update={"refresh": "", "refresh_ends": None})):
            sealed = self.seals.seal(cookies.SESSION, one)
            if len(sealed) <= MOST_COOKIE:
                left = ceil((ticket.at + LASTS - self._now()).total_seconds())
                cookies.put(request.scope, cookies.SESSION, sealed, secure=self.secure, seconds=max(left, 0))
                return True
        return False

    def end(self, request: Request, ticket: Ticket) -> None:
        """The session is over: its cookie goes, and is worth nothing here any more."""
        self.door.forget(ticket.id)
        cookies.drop(request.scope, cookies.SESSION, secure=self.secure)

    @property
    def secure(self) -> bool:
        """Whether browsers speak https with us."""
        return self.reach.mode == "login" and self.reach.public_url.startswith("https://")

    def say(self, status: int, words: text.Words, ways: tuple[tuple[str, str], ...] = ()) -> Page:
        """A page that says what to do."""
        return plain(status, self._assets.url("otto.css"), words, ways)

    async def _owner(self, token: str) -> Any:
        """GitHub's client is loaded with the first token."""
        return await self.door.logins.owner(token)

    def bears(self, request: Request) -> bool:
        """Whether a program sends a token to the API; where nobody can log in the header is not looked at."""
        asks = "authorization" in request.headers and request.url.path.startswith(API)
        return asks and self.reach.can_log_in

    async def _program(self, request: Request) -> Viewer | Page:
        """Who sends a token; only words for whoever sends another one, or while GitHub does not say."""
        try:
            found = await self.bearer.bearing(request.headers.getlist("authorization"))
        except BadToken:
            return self.say(401, text.NEEDED)
        except CannotTell:
            return self.say(503, text.NO_GITHUB)
        return await self._somebody(request, found.ticket(self._now()))

    async def _somebody(self, request: Request, ticket: Ticket) -> Viewer | Page:
        from otto_bot.github.errors import GitHubError, LoginRefused, TooLarge, Unauthorized

        try:
            fresh = await self.door.fresh(ticket)
            if fresh is not ticket:
                self.keep(request, fresh)
            return self._known(fresh, await self.door.repositories(fresh))
        except (Unauthorized, LoginRefused):
            self.end(request, ticket)
            return self._nobody(request, text.ENDED)
        except GitHubError as error:
            if self.reach.mode == "local":
                return self._known(ticket, None)
            words = text.TOO_MANY if isinstance(error, TooLarge) else text.NO_GITHUB
            return self.say(503, words, ((address_of(request), text.RELOAD),))

    def _known(self, ticket: Ticket, found: list[PersonRepository] | None) -> Viewer:
        """On the very machine everything is read; elsewhere what GitHub has named."""
        readable = frozenset(one.id for one in found or ())
        return Viewer(
            login="in",
            person=Person(id=ticket.user, login=ticket.login),
            repositories=None if self.reach.mode == "local" else readable,
            writable=None if found is None else frozenset(one.id for one in found if one.can_write),
            csrf=self.seals.csrf(ticket.id),
        )

    def _nobody(self, request: Request, words: text.Words) -> Viewer | Page:
        if self.reach.mode == "local":
            possible: Literal["none", "possible"] = "possible" if self.reach.can_log_in else "none"
            return Viewer(login=possible)
        return self.say(401, words, self._ways(request))

    def _ways(self, request: Request) -> tuple[tuple[str, str], ...]:
        return ((f"{LOGIN}?next={quote(address_of(request), safe='')}", text.LOG_IN),)


def address_of(request: Request) -> str:
    """Where somebody comes back to after the login."""
    if request.method not in ("GET", "HEAD"):
        return "/"
    query = request.url.query
    return local_path(f"{request.url.path}?{query}" if query else request.url.path)


def local_path(said: str) -> str:
    """A path of these pages; the list of runs for anything else, such as an address that leads elsewhere."""
    odd = not said.isascii() or not said.isprintable() or " " in said or "\\" in said or len(said) > LONGEST_NEXT
    if odd or not said.startswith("/") or said.startswith("//"):
        return "/"
    path = said.partition("?")[0].partition("#")[0]
    return "/" if path.startswith((LOGIN, LOGOUT)) else said
