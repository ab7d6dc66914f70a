"""What was asked and answered, written down for whoever holds it against GitHub's description: each shape once.

Two bodies have one shape where names, types and enum-like words are the same: they fit a schema both or not at all.
A shape is one file, whichever stand-in saw it first; a line for every request counts how often it came. Nothing is
judged here, so that a play costs no more than a look at its own JSON.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = "PLAYGROUND_TRAFFIC"
"""The environment variable that names the folder; without it nothing is written."""
ELSEWHERE = re.compile(r"^/$|^/(graphql$|login/|settings/|_)|\.git/")
"""What GitHub's description of REST says nothing about."""
HEADERS = ("accept", "content-type", "user-agent", "x-github-api-version")
FREE = frozenset({"name", "title", "body", "login", "ref", "path", "message", "summary", "head_branch"})
"""Properties whose value people choose: a word in one of them is no word of GitHub's."""
MOST_KNOWN = 20_000
_VARYING = re.compile(r"[0-9a-f]{40}|\d+")
_REPOSITORY = re.compile(r"/repos/[^/?]+/[^/?]+")
_DIGITS = b"0123456789"
_WORD = re.compile(r"[A-Za-z][A-Za-z_]{0,23}")


def shape(value: Any) -> str:
    """Names, types and words of a JSON value; elements of a list count once."""
    if isinstance(value, dict):
        return "{" + ",".join([f"{key}:{_part(key, value[key])}" for key in sorted(value)]) + "}"
    if isinstance(value, list):
        return "[" + "|".join(sorted({shape(item) for item in value})) + "]"
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) else "''"
    if value is None or isinstance(value, bool):
        return str(value)
    return "-1" if value < 0 else type(value).__name__


def _part(key: str, value: Any) -> str:
    return "''" if key in FREE and isinstance(value, str) else shape(value)


class Traffic:
    """One stand-in's writing. `play` names who made it, for people; `server` is the release of an Enterprise Server."""

    def __init__(self, folder: Path, play: str, server: str) -> None:
        self._folder, self._play, self._server = folder, play, server
        self._known: dict[bytes, str] = {}
        self._seen: set[str] = set()
        (folder / "shapes").mkdir(parents=True, exist_ok=True)
        self._counts = folder / f"{os.getpid()}.count"

    def asked(self, scope: Scope, body: bytes) -> None:
        """A request."""
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        headers = {name: given[name] for name in HEADERS if name in given}
        self._note("request", f"{_where(scope)} {sorted(headers.items())}", body, self._operation(scope, headers))

    def answered(self, scope: Scope, status: int, kind: str, body: bytes) -> None:
        """What the stand-in answers to it."""
        given = dict(scope["headers"])
        asked = {name: given.get(name.encode(), b"").decode("latin-1") for name in HEADERS if name != "content-type"}
        row = {**self._operation(scope, asked), "status": status, "type": kind}
        self._note("answer", f"{_where(scope)} {asked} {status} {kind}", body if "json" in kind else b"", row)

    def delivered(self, event: str, action: str | None, body: bytes) -> None:
        """A webhook that the stand-in sends."""
        self._note("delivery", f"{event} {action}", body, {"event": event, "action": action})

    def _operation(self, scope: Scope, headers: Mapping[str, str]) -> dict[str, Any]:
        query = scope["query_string"].decode("latin-1")
        return {"method": scope["method"], "path": scope["path"], "query": query, "headers": headers}

    def _note(self, kind: str, key: str, body: bytes, row: Mapping[str, Any]) -> None:
        key = f"{self._server} {key}"
        # Two bodies that differ in digits alone have one shape, and need no second look.
        whole = blake2b(f"{kind} {key}\0".encode() + body.translate(None, _DIGITS), digest_size=16).digest()
        name = self._known.get(whole)
        if name is None:
            name = self._first(kind, key, body, row)
            if len(self._known) < MOST_KNOWN:
                self._known[whole] = name
        # Opened each time: a stand-in may be ended at any moment, and a test leaves no file open.
        with self._counts.open("a") as counts:
            counts.write(f"{name}\n")

    def _first(self, kind: str, key: str, body: bytes, row: Mapping[str, Any]) -> str:
        """The name of these bytes' shape; a new one is written down."""
        try:
            value, form = (json.loads(body), "json") if body.strip() else (None, "none")
        except ValueError:
            value, form = None, "bytes"
        digest = blake2b(f"{kind} {key} {form} {shape(value)}".encode(), digest_size=12).hexdigest()
        name = f"{kind}-{digest}"
        if name not in self._seen:
            self._seen.add(name)
            self._write(
                name, {"kind": kind, **row, "form": form, "body": value, "play": self._play, "server": self._server}
            )
        return name

    def _write(self, name: str, row: Mapping[str, Any]) -> None:
        target = self._folder / "shapes" / name
        if target.exists():
            return
        half = target.with_name(f"{name}.{uuid.uuid4().hex}.half")
        half.write_text(json.dumps(row))
        half.replace(target)


class Recorded:
    """ASGI middleware: what passes is written down as it was."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app, self._traffic = app, traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on everything unchanged."""
        if not _described(scope):
            await self._app(scope, receive, send)
            return
        asked, answer, status, kind, more = bytearray(), bytearray(), 0, "", True

        async def hearing() -> Message:
            nonlocal more
            message = await receive()
            asked.extend(message.get("body", b""))
            more = message.get("more_body", False)
            return message

        async def telling(message: Message) -> None:
            nonlocal status, kind
            if message["type"] == "http.response.start":
                while more:  # refused without a look at its body
                    await hearing()
                status = message["status"]
                kind = dict(message.get("headers", [])).get(b"content-type", b"").decode("latin-1")
            else:
                answer.extend(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, hearing, telling)
        finally:
            self._traffic.asked(scope, bytes(asked))
            if status:
                self._traffic.answered(scope, status, kind, bytes(answer))

    async def refused(self, scope: Scope, receive: Receive) -> None:
        """A request that a fault or a limit answers: what was asked counts all the same."""
        if not _described(scope):
            return
        asked, more = bytearray(), True
        while more:
            message = await receive()
            asked.extend(message.get("body", b""))
            more = message.get("more_body", False)
        self._traffic.asked(scope, bytes(asked))


def _described(scope: Scope) -> bool:
    """Whether it is a request to the REST API, and no page that a person looks at."""
    if scope["type"] != "http" or ELSEWHERE.search(scope["path"]):
        return False
    return b"text/html" not in dict(scope["headers"]).get(b"accept", b"")


def _where(scope: Scope) -> str:
    """Method, path and query, without what differs from run to run."""
    text = f"{scope['method']} {scope['path']}?{scope['query_string'].decode('latin-1')}"
    return _VARYING.sub("#", _REPOSITORY.sub("/repos/#/#", text))


def from_environment(environment: Mapping[str, str], server: str) -> Traffic | None:
    """What the environment asks for."""
    folder = environment.get(FOLDER)
    return Traffic(Path(folder), environment.get("PYTEST_CURRENT_TEST", ""), server) if folder else None
