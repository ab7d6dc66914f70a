"""The scripted model: a process that speaks `POST /v1/messages` and answers from a scenario's script.

The bot talks to it with the real client. What is scripted is only the words; request checks, streaming, tool calls,
structured output, errors and cut connections are the protocol's own.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from otto_bot.playground import model_check
from otto_bot.playground.listening import listener
from otto_bot.playground.model_cache import PromptCache
from otto_bot.playground.model_call import HEADER, Call, Chooser, read_call
from otto_bot.playground.model_reply import Draw, Json, ReplyError, events, input_tokens, message
from otto_bot.playground.scenario import ERROR_TYPES, Rule, Scenario, load

MAX_BODY = 32 * 1024 * 1024
MAX_LOGGED = 5_000
Clock = Callable[[], datetime]


@dataclass
class Logged:
    """One answered call, as `/_playground/calls` lists it. `rule` is 1-based, as in the file; None = unmatched."""

    seq: int
    at: str
    run: str
    call: str
    role: str
    task: str
    attempt: int | None
    gate: int | None
    try_: int
    turn: int
    streamed: bool
    rule: int | None
    status: int
    cut: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    problem: str = ""
    seconds: float = 0.0
    """Until the answer stood."""


class Cut(Response):
    """Sends the first half of a body and drops the connection, as a dying network does."""

    def __init__(self, body: bytes, media_type: str) -> None:
        super().__init__(body, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Returns before the body is complete; the server then closes the connection."""
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})


class ScriptedModel:
    """Answers calls from one scenario and keeps the log of them."""

    def __init__(self, scenario: Scenario, clock: Clock, draw: Draw | None = None, keep: int = MAX_LOGGED) -> None:
        self._scenario = scenario
        self._draw = draw or Draw(scenario.name)
        self._keep = keep
        self._chooser = Chooser(scenario.script.script)
        self._clock = clock
        self._cache = PromptCache(clock)
        self._seq = 0
        self.calls: list[Logged] = []
        self.bodies: dict[int, Json] = {}

    async def messages(self, request: Request) -> Response:
        """`POST /v1/messages`."""
        body = await _body(request)
        problem = body if isinstance(body, str) else model_check.problem(body)
        if isinstance(body, str) or problem:
            return failed(400, problem or "")
        return self.answer(request.headers.get(HEADER, ""), body)

    async def count_tokens(self, request: Request) -> Response:
        """`POST /v1/messages/count_tokens`."""
        body = await _body(request)
        problem = body if isinstance(body, str) else model_check.problem(body, counting=True)
        if isinstance(body, str) or problem:
            return failed(400, problem or "")
        return JSONResponse({"input_tokens": input_tokens(body)})

    async def list_calls(self) -> Response:
        """Every call so far, oldest first, without its words."""
        return JSONResponse([{**asdict(entry), "try": entry.try_} for entry in self.calls])

    async def one_call(self, seq: int) -> Response:
        """The whole request of one call."""
        if seq not in self.bodies:
            return failed(404, f"no call {seq}")
        return JSONResponse(self.bodies[seq])

    def answer(self, header: str, body: Json) -> Response:
        """The reply to one call that has passed the protocol's own checks."""
        began = self._clock()
        call = read_call(header, body)
        entry = self._log(call, bool(body.get("stream")), body)
        said = self._answered(entry, call, body)
        entry.seconds = (self._clock() - began).total_seconds()
        return said

    def _answered(self, entry: Logged, call: Call, body: Json) -> Response:
        chosen = self._chooser.choose(call)
        if chosen is None:
            return self._refuse(entry, f"no rule of {self._scenario.file} answers this call ({call.name})")
        index, rule = chosen
        entry.rule = index + 1
        if rule.reply.error is not None:
            return self._error(entry, rule)
        try:
            said = message(rule.reply, call, body, entry.seq, self._draw, self._cache.use(body))
        except ReplyError as error:
            return self._refuse(entry, f"{self._scenario.file}: script[{index + 1}] cannot answer {call.name}: {error}")
        entry.input_tokens = said["usage"]["input_tokens"]
        entry.output_tokens = said["usage"]["output_tokens"]
        entry.cache_read_tokens = said["usage"]["cache_read_input_tokens"]
        entry.cache_write_tokens = said["usage"]["cache_creation_input_tokens"]
        entry.cut = rule.reply.cut
        return _spoken(said, streamed=entry.streamed, cut=rule.reply.cut)

    def _log(self, call: Call, streamed: bool, body: Json) -> Logged:
        self._seq += 1
        entry = Logged(
            seq=self._seq, at=self._clock().isoformat(), run=call.run, call=call.name, role=call.role, task=call.task,
            attempt=call.attempt, gate=call.gate, try_=call.try_, turn=call.turn, streamed=streamed,
            rule=None, status=200,
        )  # fmt: skip
        self.calls.append(entry)
        self.bodies[entry.seq] = body
        if len(self.calls) > self._keep:
            self.bodies.pop(self.calls.pop(0).seq)
        return entry

    def _refuse(self, entry: Logged, problem: str) -> Response:
        entry.status, entry.problem, entry.rule = 400, problem, None
        return failed(400, problem)

    def _error(self, entry: Logged, rule: Rule) -> Response:
        error = rule.reply.error
        assert error is not None
        entry.status = error.status
        headers = {} if error.retry_after is None else {"retry-after": f"{error.retry_after:g}"}
        return failed(error.status, error.message, error.kind, headers)


def failed(status: int, text: str, kind: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the API's shape."""
    body = {
        "type": "error",
        "error": {"type": kind or ERROR_TYPES[status], "message": text},
        "request_id": "req_playground",
    }
    return JSONResponse(body, status_code=status, headers=dict(headers or {}))


def _spoken(said: Json, *, streamed: bool, cut: bool) -> Response:
    if streamed:
        raw = "".join(f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" for name, data in events(said))
        return Cut(raw.encode(), "text/event-stream") if cut else Response(raw, media_type="text/event-stream")
    whole = json.dumps(said, ensure_ascii=False).encode()
    return Cut(whole, "application/json") if cut else Response(whole, media_type="application/json")


def empty_app() -> FastAPI:
    """An application that asks for what the real API asks for, without a model behind it yet."""
    app = FastAPI(title="scripted model", docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(_authenticate)
    return app


def build_app(scenario: Scenario, clock: Clock) -> FastAPI:
    """The web application: the Messages API below `/v1`, the log below `/_playground`."""
    model = ScriptedModel(scenario, clock)
    app = empty_app()
    app.add_api_route("/v1/messages", model.messages, methods=["POST"])
    app.add_api_route("/v1/messages/count_tokens", model.count_tokens, methods=["POST"])
    app.add_api_route("/_playground/calls", model.list_calls, methods=["GET"])
    app.add_api_route("/_playground/calls/{seq}", model.one_call, methods=["GET"])
    return app


async def _authenticate(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    if "/v1/messages" in request.url.path:
        if not (request.headers.get("x-api-key") or request.headers.get("authorization")):
            return failed(401, "x-api-key header is required")
        if not request.headers.get("anthropic-version"):
            return failed(400, "anthropic-version: header is required")
    return await go_on(request)


async def _body(request: Request) -> Json | str:
    """The request's JSON object, or why it is none."""
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BODY:
            return f"request larger than {MAX_BODY} bytes"
    try:
        data: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return f"The request body is not valid JSON: {error}"
    return data if isinstance(data, dict) else "Input should be a valid dictionary"


def serve(folder: Path, port: int, announce: Callable[[Json], None]) -> None:
    """Serves until told to stop; `announce` gets the ready line's content once requests are accepted.

    Raises ScenarioError for a folder that cannot be used.
    """
    scenario = load(folder)
    _serve(build_app(scenario, lambda: datetime.now(UTC)), port, announce, {"scenario": scenario.name})


def serve_many(root: Path, port: int, announce: Callable[[Json], None]) -> None:
    """Serves every script folder below `root`, each below its own path, until told to stop."""
    from otto_bot.playground.model_many import add_scripts

    app = add_scripts(empty_app(), root, lambda: datetime.now(UTC))
    _serve(app, port, announce, {"scripts": str(root)})


def _serve(app: FastAPI, port: int, announce: Callable[[Json], None], what: Json) -> None:
    listening = listener(port)
    announce({"ready": True, "url": f"http://127.0.0.1:{listening.getsockname()[1]}", **what})
    config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2, access_log=False)
    uvicorn.Server(config).run(sockets=[listening])
