"""Logging in and out: to GitHub, back with a code, and the end of a session."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from otto_bot.github.authorize import authorize_url
from otto_bot.text import login as text
from otto_bot.web import cookies
from otto_bot.web.answer import GUARDS, Page
from otto_bot.web.entrance import CALLBACK, LOGIN, LOGOUT, Entrance, local_path
from otto_bot.web.sessions import LOGIN_LASTS, Leaving, Ticket, leaving, new_id
from otto_bot.web.sites import foreign

if TYPE_CHECKING:
    from collections.abc import Callable

    from otto_bot.github.errors import GitHubError

log = logging.getLogger(__name__)

MOST_FORM = 4_096
REVOKE_SECONDS = 5
ASKED = {
    "access_denied": text.DENIED,
    "application_suspended": text.SUSPENDED,
    "redirect_uri_mismatch": text.REDIRECT,
    "bad_verification_code": text.USED,
    "incorrect_client_credentials": text.CLIENT,
}
"""GitHub's words for what went wrong, and ours."""
_WORD = re.compile(r"[a-z_]{1,60}")


class Logging:
    """In and out."""

    def __init__(self, entrance: Entrance, now: Callable[[], datetime]) -> None:
        self._in, self._now = entrance, now

    async def begin(self, request: Request) -> Response:
        """Off to GitHub."""
        base = self._base(request)
        if isinstance(base, Page):
            return base.response()
        way = leaving(local_path(request.query_params.get("next", "/")), self._now())
        sealed = self._in.seals.seal(cookies.LOGIN, way)
        seconds = int(LOGIN_LASTS.total_seconds())
        cookies.put(request.scope, cookies.LOGIN, sealed, secure=self._in.secure, seconds=seconds)
        reach = self._in.reach
        return _go(
            authorize_url(
                reach.web_url, reach.client_id, redirect_uri=base + CALLBACK, state=way.state, challenge=way.challenge
            )
        )

    async def back(self, request: Request) -> Response:
        """Back from GitHub."""
        from otto_bot.github.errors import GitHubError

        base = self._base(request)
        if isinstance(base, Page):
            return base.response()
        way = self._way(request)
        if way is None:
            return self._again(400, text.STATE, "/")
        redirect_uri = base + CALLBACK
        if said := request.query_params.get("error"):
            return self._refused(said, redirect_uri, way.next)
        code = request.query_params.get("code", "")
        if not code or len(code) > MOST_FORM:
            return self._again(400, text.STATE, way.next)
        try:
            ticket = await self._ticket(code, redirect_uri, way)
        except GitHubError as error:
            return self._failed(error, redirect_uri, way.next)
        if not self._in.keep(request, ticket):
            return self._again(500, text.TOO_LONG, way.next)
        return _go(way.next)

    async def end(self, request: Request) -> Response:
        """Out: works also while GitHub does not answer."""
        base = self._base(request)
        if isinstance(base, Page):
            return base.response()
        if foreign(request, base):
            return self._in.say(403, text.FOREIGN, (("/", text.HOME),)).response()
        ticket = self._in.ticket(request)
        if ticket is None:
            return _go("/")
        if not self._in.seals.fits(ticket.id, await _csrf(request)):
            return self._in.say(403, text.FORM_OLD, (("/", text.HOME),)).response()
        self._in.end(request, ticket)
        await self._revoke(ticket)
        return _go("/")

    def _base(self, request: Request) -> str | Page:
        base = self._in.base(request)
        if not isinstance(base, Page) and not self._in.reach.can_log_in:
            return self._in.say(404, text.NO_LOGIN, (("/", text.HOME),))
        return base

    def _way(self, request: Request) -> Leaving | None:
        """What was sealed on leaving, if this return belongs to it; it is used up."""
        sealed = cookies.read(request.cookies, cookies.LOGIN, secure=self._in.secure)
        cookies.drop(request.scope, cookies.LOGIN, secure=self._in.secure)
        way = self._in.seals.open(cookies.LOGIN, Leaving, sealed, self._now(), LOGIN_LASTS)
        state = request.query_params.get("state", "")
        if way is None or not hmac.compare_digest(way.state.encode(), state.encode("utf-8", "replace")):
            return None
        if self._in.door.over(way.state):
            return None
        self._in.door.forget(way.state)
        return way

    async def _ticket(self, code: str, redirect_uri: str, way: Leaving) -> Ticket:
        logins = await self._in.door.opened()
        grant = await logins.exchange(code, redirect_uri=redirect_uri, verifier=way.verifier)
        who = await logins.person(grant.token).account()
        return Ticket(
            a=self._now(), i=new_id(), u=who.id, l=who.login, t=grant.token.value, e=grant.token.expires_at,
            r=grant.refresh, f=grant.refresh_ends,
        )  # fmt: skip

    async def _revoke(self, ticket: Ticket) -> None:
        """Best effort: where GitHub does not answer, the token ends by itself."""
        from otto_bot.github.errors import GitHubError

        with suppress(GitHubError, TimeoutError):
            async with asyncio.timeout(REVOKE_SECONDS):
                await (await self._in.door.opened()).revoke(ticket.token)

    def _failed(self, error: GitHubError, redirect_uri: str, following: str) -> Response:
        from otto_bot.github.errors import Forbidden, LoginRefused, NotFound

        log.warning("a login failed: %s", error)
        if isinstance(error, LoginRefused):
            return self._refused(error.reason, redirect_uri, following)
        if isinstance(error, NotFound):
            return self._again(502, text.CLIENT, following)
        return self._again(
            *((403, text.SUSPENDED) if isinstance(error, Forbidden) else (503, text.NO_GITHUB)), following
        )

    def _refused(self, reason: str, redirect_uri: str, following: str) -> Response:
        title, advice = ASKED.get(reason, text.OTHER_ERROR)
        shown = reason if _WORD.fullmatch(reason) else "unknown"
        return self._again(403, (title, advice.format(uri=redirect_uri, reason=shown)), following)

    def _again(self, status: int, words: text.Words, following: str) -> Response:
        from urllib.parse import quote

        ways = ((f"{LOGIN}?next={quote(following, safe='')}", text.AGAIN), ("/", text.HOME))
        return self._in.say(status, words, ways).response()


def _go(where: str) -> Response:
    return RedirectResponse(where, 303, {**GUARDS, "Cache-Control": "no-store"})


async def _csrf(request: Request) -> str:
    """The field of the form; nothing of a body that is none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("csrf", [""])[0]


def router(entrance: Entrance, now: Callable[[], datetime]) -> APIRouter:
    """The three addresses."""
    api, ways = APIRouter(), Logging(entrance, now)

    @api.get(LOGIN)
    async def begin(request: Request) -> Response:
        return await ways.begin(request)

    @api.get(CALLBACK)
    async def back(request: Request) -> Response:
        return await ways.back(request)

    @api.post(LOGOUT)
    async def end(request: Request) -> Response:
        return await ways.end(request)

    return api
