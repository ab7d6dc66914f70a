"""Where requests to the API come in: it is loaded with the first of them, and every answer carries the same headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from otto_bot.web.answer import GUARDS

if TYPE_CHECKING:
    from otto_bot.web.actions import Actions
    from otto_bot.web.pages import Pages

PREFIX = "/api/"
MOST_BODY = 262_144
"""Bytes of a request: 60,000 characters of an issue fit, whatever their alphabet."""


class ApiDoor:
    """The API behind its addresses, made when somebody asks."""

    def __init__(self, engine: sa.Engine, pages: Pages, actions: Actions, now: Callable[[], datetime]) -> None:
        self._engine, self._pages, self._actions, self._now = engine, pages, actions, now

    @cached_property
    def _application(self) -> ASGIApp:
        from otto_bot.web.api.application import application  # everything that a run is, and the shapes of answers

        return application(self._engine, self._pages, self._actions, self._now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**GUARDS, "Cache-Control": "no-store"})
            await send(message)

        application = self._refused(scope) or self._application
        await application(scope, receive, guarded)

    def _refused(self, scope: Scope) -> ASGIApp | None:
        """The answer to what is too long to be read."""
        if scope.get("method") in ("GET", "HEAD", "OPTIONS") or _length(scope) <= MOST_BODY:
            return None
        from otto_bot.text.api import TOO_LONG
        from otto_bot.web.api.application import refusal
        from otto_bot.web.api.base import Refused

        return refusal(Refused(413, "too_long", TOO_LONG, most=f"{MOST_BODY:,}"))


def _length(scope: Scope) -> int:
    """Bytes of a body as they are announced; more than are taken where they are not."""
    headers = dict(scope["headers"])
    said = headers.get(b"content-length", b"")
    if not said and b"transfer-encoding" not in headers:
        return 0
    return int(said) if said.isdigit() and len(said) < 10 else MOST_BODY + 1
