"""Addresses of live pages: who may listen, how many at once, and that all of it ends when the server does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.sse import EventSourceResponse

from otto_bot.store.database import StoreUnavailable
from otto_bot.web.answer import GUARDS, Page
from otto_bot.web.live_eyes import Eyes
from otto_bot.web.live_hub import Hub, Pace
from otto_bot.web.live_stream import NotKnown, Stream, Verdict
from otto_bot.web.live_topic import Subject
from otto_bot.web.live_wire import resumed
from otto_bot.web.pages import Pages
from otto_bot.web.viewer import Viewer

STREAMS = 400
"""Open at once; below what the whole server takes (`serve.MOST_CONNECTIONS`), so that a webhook always gets in."""
MINE = 20
"""Of one person who is logged in."""
BUSY_SECONDS = 30
HEADERS = {**GUARDS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
MOST_NAME = 20
"""Characters of a gate's or a task's name."""
QUERY = 2_000
"""Characters of a list's query: longer ones are of no list."""


class Limits(NamedTuple):
    """How many streams."""

    all: int = STREAMS
    mine: int = MINE


class Places:
    """Counts open streams, of all and of each person."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[int] = Counter()

    @property
    def taken(self) -> int:
        """Open ones."""
        return self._open.total()

    @contextmanager
    def one(self, who: int) -> Iterator[bool]:
        """A place while it is needed; False where none is free. 0 = nobody is logged in: then all are the same."""
        free = self.taken < self._limits.all and (not who or self._open[who] < self._limits.mine)
        if not free:
            yield False
            return
        self._open[who] += 1
        try:
            yield True
        finally:
            self._open[who] -= 1
            if not self._open[who]:
                del self._open[who]  # or a name of everybody who ever looked stays


class Placed(EventSourceResponse):
    """A stream that takes its place when it begins to be sent, and gives it back whatever ends it."""

    def __init__(self, stream: Stream, places: Places, who: int) -> None:
        super().__init__(stream.messages(), headers=HEADERS)
        self._places, self._who = places, who

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it, or say that there is no place."""
        with self._places.one(self._who) as free:
            if free:
                await super().__call__(scope, receive, send)
            else:
                await busy()(scope, receive, send)


def busy() -> Response:
    """Too many listen already, or the server ends."""
    headers = {**HEADERS, "Retry-After": str(BUSY_SECONDS)}
    return Response("too many pages are open: close some, or wait\n", 503, headers, "text/plain")


class Streams:
    """Everything that streams need of their host."""

    def __init__(
        self, pages: Pages, engine: sa.Engine, now: Callable[[], datetime], pace: Pace | None = None,
        limits: Limits | None = None,
    ) -> None:  # fmt: skip
        self._pages, self._now = pages, now
        self.engine, self.entrance = engine, pages.entrance
        self.places = Places(limits or Limits())
        self.eyes = Eyes(engine, lambda: pages.site)
        self.hub = Hub(self.eyes, pages.beside, lambda: now().timestamp(), pace)

    def end(self) -> None:
        """End every stream now; none begins any more."""
        self.hub.end()

    async def run(self, request: Request, run_id: str) -> Response:
        """The stream of one run."""
        viewer = await self._viewer(request)
        if not isinstance(viewer, Viewer):
            return viewer
        number = int(run_id) if run_id.isascii() and run_id.isdigit() and len(run_id) < 10 else 0
        try:
            mark = await self._pages.beside(partial(self.eyes.mark, number))
        except StoreUnavailable:
            return busy()
        if mark is None or not viewer.sees(mark.repo_id):
            return await self._pages.answer(request, lambda site, asked: site.run(run_id, asked))
        subject = _subject(number, request.query_params)
        repo = mark.repo_id
        return self._stream(request, viewer, subject, lambda now: "" if now.sees(repo) else "left")

    async def page(self, request: Request) -> Response:
        """The stream of a page that is not of one run."""
        viewer = await self._viewer(request)
        if not isinstance(viewer, Viewer):
            return viewer
        query = {name: said for name, said in request.query_params.items() if name not in ("of", "after", "seen")}
        of = request.query_params.get("of", "")
        if of not in ("runs", "health"):
            return self._stream(request, viewer, Subject("page"), lambda _: "")
        if sum(map(len, query.values())) > QUERY:
            return Response("that is no list\n", 400, HEADERS, "text/plain")
        seen = viewer.repositories
        shown = tuple(sorted(query.items())) if of == "runs" else ()
        subject = Subject("runs" if of == "runs" else "health", query=shown, repositories=seen)
        return self._stream(request, viewer, subject, lambda now: "" if now.repositories == seen else "again")

    async def _viewer(self, request: Request) -> Viewer | Response:
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Response("not for other sites\n", 403, HEADERS, "text/plain")
        viewer = await self.entrance.viewer(request)
        if isinstance(viewer, Page):
            return viewer.response()
        return busy() if self.hub.ended else viewer

    def _stream(
        self, request: Request, viewer: Viewer, subject: Subject, sees: Callable[[Viewer], Verdict]
    ) -> Response:
        async def may() -> Verdict:
            found = await self.entrance.viewer(request)
            if isinstance(found, Viewer):
                return sees(found)
            if found.status >= 500:
                raise NotKnown
            return "left"

        query = request.query_params
        after = resumed(request.headers.get("last-event-id"), query.get("after"))
        stream = Stream(self.hub, subject, after, query.get("seen", ""), may, self._now)
        return Placed(stream, self.places, viewer.person.id if viewer.person is not None else 0)


def _subject(run: int, query: Mapping[str, str]) -> Subject:
    """What of a run is looked at: its own page, or that of one of its gates or tasks, which has no timeline."""
    for name in ("gate", "task"):
        if said := query.get(name):
            return Subject("run", run, "none", ((name, said[:MOST_NAME]),))
    events = query.get("events", "")
    return Subject("run", run, events if events in ("every", "none") else "")


def router(streams: Streams) -> APIRouter:
    """The streams."""
    api = APIRouter()

    @api.get("/runs/{run_id}/live")
    async def run(request: Request, run_id: str) -> Response:
        return await streams.run(request, run_id)

    @api.get("/live")
    async def page(request: Request) -> Response:
        return await streams.page(request)

    return api
