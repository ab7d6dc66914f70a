"""Logging people in with the App: a token for the code that they bring back, a new one in time, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx

from otto_bot.core.redact import Redactor
from otto_bot.github.censoring import Censor
from otto_bot.github.client import Kit
from otto_bot.github.credentials import ClientCredentials, Nobody, PersonCredentials
from otto_bot.github.errors import LoginRefused, Refused, Unreachable
from otto_bot.github.host_checks import API_VERSION, check_api_url
from otto_bot.github.pace import LocalSlots, Pace, Sleep
from otto_bot.github.person_verbs import PersonVerbs
from otto_bot.github.routes import route
from otto_bot.github.session import Credentials, Session
from otto_bot.github.tokens import Client, Token
from otto_bot.github.transport import SharedTransport

NEVER = timedelta(days=3650)
"""Where GitHub names no end: the App's owner has switched expiry off."""
MOST_SECONDS = 400 * 24 * 3600


class Grant:
    """What GitHub gave for a code: secrets, so that nothing of it is in `repr`."""

    def __init__(self, token: Token, refresh: str, refresh_ends: datetime | None) -> None:
        self.token, self.refresh, self.refresh_ends = token, refresh, refresh_ends


class Logins:
    """The App's user authorisation. `now` gives aware UTC datetimes."""

    def __init__(
        self,
        api_url: str,
        web_url: str,
        client: Client,
        *,
        now: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
        censor: Censor | None = None,
        user_agent: str = "otto-bot",
        api_version: str | None = API_VERSION,
    ) -> None:
        self._web_url, self._client, self._now, self._sleep = web_url.rstrip("/"), client, now, sleep
        self._transport = SharedTransport(transport)

        def kit(base: str, censor: Censor, version: str | None) -> Kit:
            return Kit(
                base, 0, None, user_agent=user_agent, transport=self._transport, api_version=version, censor=censor
            )

        # Codes and tokens themselves must arrive whole; what people write is censored as everything else.
        self._site = kit(self._web_url, _whole, None)
        self._ends = kit(check_api_url(api_url), _whole, api_version)
        self._people = kit(check_api_url(api_url), censor or Redactor().text, api_version)

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Grant:
        """The token for a code. Raises LoginRefused where GitHub does not take the code (any more)."""
        return await self._grant({"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier})

    async def refresh(self, refresh: str) -> Grant:
        """A new token before the old one ends. Raises LoginRefused where it is too late."""
        return await self._grant({"grant_type": "refresh_token", "refresh_token": refresh})

    async def revoke(self, token: str) -> None:
        """The token ends now."""
        session = self._session(self._ends, ClientCredentials(self._client))
        where = route("/applications/{client_id}/token", self._client.id)
        await session.call("DELETE", where, body={"access_token": token}, allow=frozenset({404, 422}))

    async def owner(self, token: str) -> Any:
        """What GitHub says of a token of this App: whose it is, until when. None where it is none, or over."""
        session = self._session(self._ends, ClientCredentials(self._client))
        where = route("/applications/{client_id}/token", self._client.id)
        answer = await session.call("POST", where, body={"access_token": token}, allow=frozenset({404, 422}))
        return None if answer.status in (404, 422) else answer.json()

    def person(self, token: Token) -> PersonVerbs:
        """What the owner of this token may see and do."""
        return PersonVerbs(self._session(self._people, PersonCredentials(token)))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.shutdown()

    def _session(self, kit: Kit, credentials: Credentials) -> Session:
        # A person's limits are their own, and apart from those of the App and its installations.
        pace = Pace(0, LocalSlots(), self._now, self._sleep)
        return Session(kit.exchange, credentials, pace, self._now, self._sleep)

    async def _grant(self, asked: Mapping[str, str]) -> Grant:
        body = {"client_id": self._client.id, "client_secret": self._client.secret, **asked}
        session = self._session(self._site, Nobody())
        where = route("/login/oauth/access_token")
        data = (await session.call("POST", where, body=body, accept="application/json")).json()
        if not isinstance(data, dict):
            raise Unreachable(200, "POST /login/oauth/access_token: the answer is no object")
        if data.get("error"):
            raise LoginRefused(str(data["error"])[:60], str(data.get("error_description") or ""))
        return self._read(data)

    def _read(self, data: Mapping[str, Any]) -> Grant:
        token, refresh = data.get("access_token"), data.get("refresh_token")
        if not isinstance(token, str) or not token or str(data.get("token_type", "bearer")).lower() != "bearer":
            raise Refused(200, "POST /login/oauth/access_token: the answer has no usable token")
        ends = self._after(data.get("expires_in"))
        return Grant(
            Token(token, ends or self._now() + NEVER),
            refresh if isinstance(refresh, str) else "",
            self._after(data.get("refresh_token_expires_in")),
        )

    def _after(self, seconds: object) -> datetime | None:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < MOST_SECONDS:
            return None
        return self._now() + timedelta(seconds=seconds)


def _whole(text: str) -> str:
    return text
