"""The control API under `/_playground/`: for the demo driver and for tests, never for the bot."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from otto_bot.playground.actions.api import ActionsError
from otto_bot.playground.github import report
from otto_bot.playground.github.changes.pulls import CannotMergeError
from otto_bot.playground.github.config import FaultConfig, ReactionConfig
from otto_bot.playground.github.gitrepo import GitError
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.people import Hand
from otto_bot.playground.github.people_actions import CannotDoError
from otto_bot.playground.github.people_config import Do
from otto_bot.playground.github.rest.serve import read_body
from otto_bot.playground.github.routing import ApiError, not_found
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.trap import TrapConfig
from otto_bot.playground.github.world import INSTALLATION_ID, Visible

HEADER = "x-playground-token"
POLL_SECONDS = 0.05
KEEP_ALIVE_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 60.0
FAULTS: TypeAdapter[list[FaultConfig]] = TypeAdapter(list[FaultConfig])
PEOPLE: TypeAdapter[list[ReactionConfig]] = TypeAdapter(list[ReactionConfig])


class Control:
    """Handlers of the control API; `stop` ends the server."""

    def __init__(self, hub: Hub, stop: Callable[[], None]) -> None:
        self.hub = hub
        self.stop = stop

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        routes: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "state", self.state), ("POST", "webhook_url", self.webhook_url), ("POST", "do", self.do),
            ("POST", "faults", self.faults), ("POST", "people", self.people), ("GET", "events", self.events),
            ("POST", "shutdown", self.shutdown), ("POST", "settle", self.settle), ("POST", "install", self.install),
            ("GET", "trap", self.trap), ("POST", "trap", self.set_trap), ("POST", "trap/release", self.release),
            ("GET", "log", self.log),
        ]  # fmt: skip
        for method, name, handler in routes:
            app.router.add_route(f"/_playground/{name}", self._guarded(handler), methods=[method])

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            wanted = self.hub.world.config.control_token
            given = request.headers.get(HEADER, "")
            if wanted is not None and not hmac.compare_digest(given.encode(), wanted.encode()):
                return JSONResponse({"message": f"header {HEADER} is missing or wrong"}, 401)
            try:
                return await handler(request)
            except (ValidationError, ValueError) as error:
                return JSONResponse({"message": _reason(error)}, 422)
            except ApiError as error:
                return JSONResponse(error.body(), error.status)

        return guarded

    async def state(self, request: Request) -> Response:
        """The whole state report, or the parts named by `?only=comments,requests`."""
        full = report.state(self.hub)
        only = [name for name in request.query_params.get("only", "").split(",") if name]
        return JSONResponse({name: full[name] for name in only if name in full} if only else full)

    async def log(self, request: Request) -> Response:
        """The stored log of a job, `?job=ID`."""
        number = request.query_params.get("job", "")
        if self.hub.actions is None or not number.isdecimal():
            raise not_found()
        try:
            return Response(self.hub.actions.log(int(number)), media_type="text/plain; charset=utf-8")
        except ActionsError as error:
            raise ApiError(error.status, str(error)) from error

    async def webhook_url(self, request: Request) -> Response:
        """Where webhooks go from now on: `{"url": …}`; null stops them."""
        body = json.loads(await read_body(request))
        self.hub.courier.url = body["url"] if isinstance(body, dict) else None
        return JSONResponse({"url": self.hub.courier.url})

    async def do(self, request: Request) -> Response:
        """A person's action, in the form of a reaction's `do`; answers when it is done."""
        action = Do.model_validate_json(await read_body(request))
        world = self.hub.world
        try:
            await Hand(self.hub, action.as_ or world.config.maintainer).do(action)
        except (CannotDoError, CannotMergeError, GitError) as error:
            return JSONResponse({"message": str(error)}, 409)
        return JSONResponse({"done": action.kind, "seq": world.seen})

    async def faults(self, request: Request) -> Response:
        """Adds faults; they count from now on."""
        rows = FAULTS.validate_json(await read_body(request))
        self.hub.faults.extend(rows)
        return JSONResponse({"faults": len(self.hub.faults)})

    async def people(self, request: Request) -> Response:
        """Adds reactions."""
        rows = PEOPLE.validate_json(await read_body(request))
        assert self.hub.reactions is not None
        self.hub.reactions.rows.extend(rows)
        return JSONResponse({"people": len(self.hub.reactions.rows)})

    async def install(self, _request: Request) -> Response:
        """Announces the installation, as GitHub does when a person installs the app."""
        from otto_bot.playground.github.shapes import people, repo

        world = self.hub.world
        body = {
            "installation": people.installation(world),
            "repositories": [
                {key: repo.minimal(world)[key] for key in ("id", "node_id", "name", "full_name", "private")}
            ],
        }  # fmt: skip
        world.announce("installation", "created", world.config.owner, body)
        return JSONResponse({"installation": INSTALLATION_ID})

    async def events(self, request: Request) -> Response:
        """Server-sent events of every visible change after `?since=N`; `?once=true` answers at once as a list."""
        since = int(request.query_params.get("since", "0"))
        if request.query_params.get("once"):
            return JSONResponse([_shown(row) for row in self.hub.history if row.seq > since])
        return StreamingResponse(self._stream(request, since), media_type="text/event-stream")

    async def _stream(self, request: Request, since: int) -> AsyncIterator[str]:
        idle = 0.0
        while not await request.is_disconnected():
            rows = [row for row in self.hub.history if row.seq > since]
            for row in rows:
                since = row.seq
                yield f"id: {row.seq}\ndata: {json.dumps(_shown(row))}\n\n"
            idle = 0.0 if rows else idle + POLL_SECONDS
            if idle >= KEEP_ALIVE_SECONDS:
                idle = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(POLL_SECONDS)

    async def settle(self, _request: Request) -> Response:
        """Answers when every webhook so far has been delivered."""
        await self.hub.courier.settled()
        return JSONResponse({"deliveries": len(self.hub.world.deliveries)})

    async def trap(self, request: Request) -> Response:
        """How the trap stands; `?wait=SECONDS` answers as soon as it is reached, or after that time."""
        seconds = float(request.query_params.get("wait", "0"))
        return JSONResponse(await self.hub.trap.look(min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)))

    async def set_trap(self, request: Request) -> Response:
        """Holds the n-th write since the stand-in started: `{"nth": 3, "when": "before"}` (or `"after"`)."""
        self.hub.trap.set(TrapConfig.model_validate_json(await read_body(request)))
        return JSONResponse(await self.hub.trap.look(0))

    async def release(self, _request: Request) -> Response:
        """Lets the held write go on."""
        self.hub.trap.release()
        return JSONResponse(await self.hub.trap.look(0))

    async def shutdown(self, _request: Request) -> Response:
        """Ends the process after this answer."""
        self.stop()
        return JSONResponse({"stopping": True})


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())
    return str(error)


def _shown(row: Visible) -> Json:
    """A short line about a change; the full objects are in the state report."""
    body = row.body
    shown: Json = {
        "seq": row.seq, "at": row.at.isoformat(), "event": row.event, "action": row.action, "actor": row.actor,
        "where": row.where,
    }  # fmt: skip
    if row.event == "issue_comment":
        shown["comment"] = {"id": body["comment"]["id"], "body": body["comment"]["body"]}
    elif row.event == "pull_request":
        pull = body["pull_request"]
        shown["pull_request"] = {key: pull[key] for key in ("number", "title", "draft", "state")}
    elif row.event in ("check_run", "workflow_run", "workflow_job"):
        one = body[row.event]
        shown[row.event] = {key: one[key] for key in ("id", "name", "status", "conclusion", "head_sha")}
    elif row.event == "push":
        shown["push"] = {key: body[key] for key in ("ref", "before", "after")}
    elif "label" in body:
        shown["label"] = body["label"]["name"]
    return shown
