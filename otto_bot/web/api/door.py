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
    from otto_bot.web.pages import Pages

PREFIX = "/api/"


class ApiDoor:
    """The API behind its addresses, made when somebody asks."""

    def __init__(self, engine: sa.Engine, pages: Pages, now: Callable[[], datetime]) -> None:
        self._engine, self._pages, self._now = engine, pages, now

    @cached_property
    def _application(self) -> ASGIApp:
        from otto_bot.web.api.application import application  # everything that a run is, and the shapes of answers

        return application(self._engine, self._pages, self._now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**GUARDS, "Cache-Control": "no-store"})
            await send(message)

        await self._application(scope, receive, guarded)
