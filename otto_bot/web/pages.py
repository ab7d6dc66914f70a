"""The addresses of Mission Control. What makes a page is loaded with the first one: until then the host stays small."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from otto_bot.web.answer import GUARDS, Page
from otto_bot.web.assets import Assets, shipped
from otto_bot.web.entrance import Entrance, address_of
from otto_bot.web.reach import Reach
from otto_bot.web.viewer import Asked

if TYPE_CHECKING:
    from otto_bot.web.site import Site

Make = Callable[["Site", Asked], Page]
T = TypeVar("T")
THREADS = 2
FOREVER = "public, max-age=31536000, immutable"


class Where(NamedTuple):
    """What pages need to know of their host: where the server listens, and where people see GitHub and documents."""

    bound: str
    web_url: str
    docs_url: str
    reach: Reach | None = None
    """Who may see them; without it whoever sits at this machine."""


class Pages:
    """The site behind the addresses, made when somebody looks."""

    def __init__(self, engine: sa.Engine, where: Where, now: Callable[[], datetime]) -> None:
        self.engine, self.where, self._now = engine, where, now
        self.assets: Assets = shipped()
        self.entrance = Entrance(where.reach or Reach(bound=where.bound), self.assets, now)
        # Threads of their own: whoever reads pages keeps no webhook from being stored.
        self._threads = ThreadPoolExecutor(THREADS, "pages")

    @cached_property
    def site(self) -> Site:
        """Everything that makes a page."""
        from otto_bot.web.site import Site  # templates and all that a run is

        return Site(self.engine, self.assets, self.where.web_url, self.where.docs_url, self._now)

    async def answer(self, request: Request, make: Make) -> Response:
        """One page, made beside the event loop; or the words for who may not see it."""
        viewer = await self.entrance.viewer(request)
        if isinstance(viewer, Page):
            return viewer.response()
        work = partial(self._made, make, Asked(viewer, dict(request.query_params), address_of(request)))
        return (await self.beside(work)).response()

    async def beside(self, work: Callable[[], T]) -> T:
        """Work that would hold up the event loop, in a thread of the pages."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def lost(self, request: Request, _error: Exception) -> Response:
        """An address that is none: a browser on this machine is told where to go on, everybody else as before."""
        if "text/html" in request.headers.get("accept", ""):
            viewer = await self.entrance.viewer(request)
            if not isinstance(viewer, Page):
                return await self.answer(request, lambda site, asked: site.lost(asked))
            if self.entrance.reach.mode == "login":
                return viewer.response()
        return JSONResponse({"detail": "Not Found"}, status_code=404)

    def _made(self, make: Make, asked: Asked) -> Page:
        return self.site.answered(asked, lambda site: make(site, asked))


def router(pages: Pages) -> APIRouter:
    """Runs, one run, one task, one gate, insight, health, and what they look like."""
    api = APIRouter()

    @api.get("/")
    async def runs(request: Request) -> Response:
        return await pages.answer(request, lambda site, asked: site.runs(asked))

    @api.get("/runs/{run_id}")
    async def run(request: Request, run_id: str) -> Response:
        return await pages.answer(request, lambda site, asked: site.run(run_id, asked))

    @api.get("/runs/{run_id}/tasks/{key}")
    async def task(request: Request, run_id: str, key: str) -> Response:
        return await pages.answer(request, lambda site, asked: site.task(run_id, key, asked))

    @api.get("/runs/{run_id}/gates/{number}")
    async def gate(request: Request, run_id: str, number: str) -> Response:
        return await pages.answer(request, lambda site, asked: site.gate(run_id, number, asked))

    @api.get("/health")
    async def health(request: Request) -> Response:
        return await pages.answer(request, lambda site, asked: site.health(asked))

    @api.get("/insight")
    async def insight(request: Request) -> Response:
        return await pages.answer(request, lambda site, asked: site.insight(asked))

    @api.get("/favicon.ico")
    async def icon() -> Response:
        """Asked for by browsers that were shown a page without one."""
        return RedirectResponse(pages.assets.url("otto.svg"), headers=GUARDS)

    @api.get("/static/{name}")
    async def static(name: str) -> Response:
        found = pages.assets.body(name)
        if found is None:
            return Response("there is no such file\n", status_code=404, media_type="text/plain")
        body, kind = found
        return Response(body, media_type=kind, headers={**GUARDS, "Cache-Control": FOREVER})

    return api
