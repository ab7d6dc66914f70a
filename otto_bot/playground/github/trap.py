"""A trap for one write: the n-th is held before or after it is carried out, so that a test can end the bot there.

Counted, from 1 in the order of arrival, is every request that may change the repository as others see it: POST,
PATCH, PUT and DELETE of REST, GraphQL, and pushes. Not counted are the App's own affairs (tokens and redeliveries,
`/app/` and `/installation/`) and git's four byte probe for authentication. A write that is refused counts too. With
`method` and `path` only the writes that fit are counted: the third comment is the third one whatever else is written.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from otto_bot.playground.github.people_config import Regex, Strict
from otto_bot.playground.github.state import Json

WRITING = frozenset({"POST", "PATCH", "PUT", "DELETE"})
APART = re.compile(r"^/(app|installation|login|applications)/|/git-upload-pack$")
PROBE = b"4"


class TrapError(ValueError):
    """The trap cannot be set this way; the text says why."""


class TrapConfig(Strict):
    """Which write is held, counted since the stand-in started, and whether before or after it is carried out.

    With `method` and `path` (a regular expression) only the writes that fit are counted.
    """

    nth: int = Field(ge=1)
    when: Literal["before", "after"]
    method: str | None = None
    path: Regex = ""

    def fits(self, method: str, path: str) -> bool:
        """Whether a write is one of those that are counted."""
        return method == (self.method or method) and re.search(self.path, path) is not None


@dataclass
class Held:
    """The write in the trap: which one it is, and how it got out."""

    method: str
    path: str
    end: Literal["released", "dropped"] | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)


class Trap:
    """At most one trap at a time; a new one may be set when the last has let go."""

    def __init__(self) -> None:
        self._made: list[tuple[str, str]] = []
        self._config: TrapConfig | None = None
        self._held: Held | None = None
        self._reached = asyncio.Event()

    @property
    def writes(self) -> int:
        """How many writes there were."""
        return len(self._made)

    def set(self, config: TrapConfig) -> None:
        """Arms it. Raises TrapError for a write that was made already, or while another write is held."""
        if self._held is not None and self._held.end is None:
            raise TrapError("a write is held: release it first")
        made = sum(1 for write in self._made if config.fits(*write))
        if config.nth <= made:
            raise TrapError(f"nth: {made} writes were made already")
        self._config, self._held, self._reached = config, None, asyncio.Event()

    def release(self) -> None:
        """Lets the held write go on; disarms a trap that was not reached."""
        if self._held is None:
            self._config = None
        else:
            self._held.released.set()

    async def look(self, seconds: float) -> Json:
        """How it stands; waits up to `seconds` for it to be reached."""
        try:
            await asyncio.wait_for(self._reached.wait(), seconds)
        except TimeoutError:
            return self._shown()
        return self._shown()

    def _shown(self) -> Json:
        held = self._held
        return {
            "writes": self.writes, "set": self._config.model_dump() if self._config else None,
            "reached": held is not None, "held": held is not None and held.end is None,
            "end": held.end if held else None, "write": {"method": held.method, "path": held.path} if held else None,
        }  # fmt: skip

    def count(self, scope: Scope) -> int | None:
        """The number of a write; None for every other request."""
        method, path = scope["method"], scope["path"]
        if method not in WRITING or APART.search(path):
            return None
        if path.endswith("/git-receive-pack") and dict(scope["headers"]).get(b"content-length") == PROBE:
            return None
        self._made.append((method, path))
        return self.writes

    async def pass_on(self, number: int | None, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Calls the application, and holds the write that the trap waits for."""
        config = self._config
        if config is None or number is None or not self._is_the_one(config, number):
            await app(scope, receive, send)
            return
        held = Held(scope["method"], scope["path"])
        if config.when == "before":
            kept = _Body(receive)
            await kept.read()
            if await self._hold(held, receive):
                await app(scope, kept.again, send)
            return
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await app(scope, receive, keep)
        if await self._hold(held, receive):
            for message in answer:
                await send(message)

    def _is_the_one(self, config: TrapConfig, number: int) -> bool:
        if not config.fits(*self._made[number - 1]):
            return False
        return sum(1 for write in self._made[:number] if config.fits(*write)) == config.nth

    async def _hold(self, held: Held, receive: Receive) -> bool:
        """True when it was released, False when nobody waits for the answer any more."""
        self._held = held
        self._reached.set()
        await _first(held.released.wait(), _gone(receive))
        held.end = "released" if held.released.is_set() else "dropped"
        return held.end == "released"


class _Body:
    """A request's body, read to its end, to be read once more."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []
        self.transport = getattr(getattr(receive, "__self__", None), "transport", None)

    async def read(self) -> None:
        while not self._messages or self._messages[-1].get("more_body"):
            self._messages.append(await self._receive())

    async def again(self) -> Message:
        return self._messages.pop(0) if self._messages else await self._receive()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _first(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
