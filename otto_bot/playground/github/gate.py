"""The door: every request is logged, faults happen here, GitHub's own headers are added."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from otto_bot.playground.github.auth import identify_git
from otto_bot.playground.github.config import FaultConfig
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.state import RequestRow
from otto_bot.playground.github.versions import REST

OURS = "/_playground"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
PRIMARY = "API rate limit exceeded for installation."


class Gate:
    """ASGI middleware around the whole stand-in."""

    def __init__(
        self, app: ASGIApp, hub: Hub, refused: Callable[[Scope, Receive], Awaitable[None]] | None = None
    ) -> None:
        self.app = app
        self.hub = hub
        self._refused = refused
        """Told of each request that does not reach the application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the stand-in's own pages through; everything else is logged and may be hit by a fault."""
        if scope["type"] != "http" or scope["path"].startswith(OURS) or _browses(scope):
            await self.app(scope, receive, send)
            return
        elsewhere, scope = self._elsewhere(scope["path"]), _without_prefix(scope)
        world = self.hub.world
        row = RequestRow(
            len(world.requests) + 1, world.clock(), scope["method"], scope["path"], 0, "anonymous"
        )  # fmt: skip
        world.requests.append(row)
        row.write = self.hub.trap.count(scope)
        write = row.write is not None
        fault = self.hub.counter.next_request(self.hub.faults, row.method, row.path, write=write)
        row.fault = fault.kind if fault else None
        noting = self._noting(scope, row, send)
        if elsewhere:
            await _answer(noting, 404, "Not Found", {})
            return
        try:
            if refusal := self.hub.limits.look(world.config.limits, scope, row.at):
                row.fault = refusal.fault
                await self._turned_away(scope, receive)
                await self._limited(noting, refusal.retry_after, primary=refusal.primary)
                return
            await self._serve(scope, receive, noting, row, fault)
        finally:
            row.seconds = (world.clock() - row.at).total_seconds()
            row.actor = scope.get("playground.actor", row.actor)
            row.refs = scope.get("playground.refs")

    def _noting(self, scope: Scope, row: RequestRow, send: Send) -> Send:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                row.status = message["status"]
                message = {**message, "headers": [*message.get("headers", []), *self._headers(scope, row, message)]}
            await send(message)

        return noting

    def _headers(self, scope: Scope, row: RequestRow, message: Message) -> list[tuple[bytes, bytes]]:
        given = {name.lower() for name, _ in message.get("headers", [])}
        mine = {
            "X-GitHub-Request-Id": f"0PLAY:{row.seq:04X}:{len(self.hub.world.requests):04X}",
            "X-GitHub-Media-Type": "github.v3; format=json",
            **self._server(),
            **self.hub.limits.headers(self.hub.world.config.limits, scope, row.at),
        }  # fmt: skip
        return [(key.encode(), value.encode()) for key, value in mine.items() if key.lower().encode() not in given]

    def _server(self) -> dict[str, str]:
        """By what an Enterprise Server is known."""
        release = self.hub.world.config.enterprise
        return {"X-GitHub-Enterprise-Version": f"enterprise-server@{release}.0"} if release else {}

    def _elsewhere(self, asked: str) -> bool:
        """Whether a path is the API's of github.com, where an Enterprise Server has pages."""
        return bool(self.hub.world.config.enterprise and REST.search(asked))

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, row: RequestRow, fault: FaultConfig | None
    ) -> None:
        kind = fault.kind if fault else None
        if fault and kind == "delay_ms":
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault and kind in ("status", "secondary_limit", "primary_limit"):
            if fault.kind != "status" and fault.retry_after:
                self.hub.limits.named(scope, fault.retry_after, row.at)
            await self._turned_away(scope, receive)
            await self._refuse(send, fault)
            return
        if kind == "token_expired":
            self._expire(scope)
        if fault and kind == "status_after":
            await self._carry_out(scope, receive, row)
            await self._refuse(send, fault)
            return
        if kind == "lost_response":
            await self._carry_out(scope, receive, row)
            _abort(receive)
            return
        await self.hub.trap.pass_on(row.write, self.app, scope, receive, send)

    async def _turned_away(self, scope: Scope, receive: Receive) -> None:
        if self._refused is not None:
            await self._refused(scope, receive)

    async def _refuse(self, send: Send, fault: FaultConfig) -> None:
        if fault.kind in ("status", "status_after"):
            await _answer(send, fault.status, "Server Error", {})
        else:
            await self._limited(send, fault.retry_after, primary=fault.kind == "primary_limit")

    async def _limited(self, send: Send, retry_after: int | None, *, primary: bool) -> None:
        if primary:
            reset = math.ceil(self.hub.world.clock().timestamp()) + (retry_after or 1)
            await _answer(send, 403, PRIMARY, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)})
        else:
            await _answer(send, 403, SECONDARY, {} if retry_after is None else {"retry-after": str(retry_after)})

    def _expire(self, scope: Scope) -> None:
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        git = identify_git(self.hub.world, header)
        value = git.token if git else header.partition(" ")[2].strip()
        if token := self.hub.world.tokens.get(value):
            token.revoked = True

    async def _carry_out(self, scope: Scope, receive: Receive, row: RequestRow) -> None:
        """The request is carried out in full, without a byte of answer."""

        async def swallow(message: Message) -> None:
            if message["type"] == "http.response.start":
                row.status = message["status"]

        await self.app(scope, receive, swallow)


async def _answer(send: Send, status: int, message: str, more: dict[str, str]) -> None:
    headers = {"content-type": "application/json; charset=utf-8", **more}
    body = json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest"}).encode()
    lines = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def _abort(receive: Receive) -> None:
    """Cuts the connection. ASGI has no word for this; the server's request cycle behind `receive` has the transport."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    abort: Callable[[], None] | None = getattr(transport, "abort", None)
    if abort is None:
        raise RuntimeError("this server gives no access to the connection: a lost response cannot be played")
    abort()


def _browses(scope: Scope) -> bool:
    """A person with a browser: their looks are no part of the log."""
    return scope["method"] in ("GET", "POST") and b"text/html" in dict(scope["headers"]).get(b"accept", b"")


def _without_prefix(scope: Scope) -> Scope:
    """`/api/v3/…` and `/api/graphql`, as GitHub Enterprise has them, are the same API."""
    path: str = scope["path"]
    short = path.removeprefix("/api/v3") if path.startswith("/api/v3/") else path.removeprefix("/api")
    if path.startswith("/api/v3/") or path == "/api/graphql":
        return {**scope, "path": short, "raw_path": short.encode()}
    return scope
