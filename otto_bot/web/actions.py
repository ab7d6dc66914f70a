"""The addresses where people act. GitHub's client, and all that a command is, come with the first action."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from fastapi import APIRouter, Request, Response

from otto_bot.web.answer import GUARDS, Page
from otto_bot.web.pages import Pages
from otto_bot.web.viewer import Asked

if TYPE_CHECKING:
    from otto_bot.core.run import Run
    from otto_bot.web.forms import Fields
    from otto_bot.web.site import Site
    from otto_bot.web.way_in import WayIn


class Actions:
    """Hears words for the runs behind the pages. `open_way` makes the way in, once."""

    def __init__(self, pages: Pages, open_way: Callable[[], WayIn]) -> None:
        self.pages, self._open_way = pages, open_way
        self._way: WayIn | None = None

    @property
    def engine(self) -> sa.Engine:
        """The database of the pages."""
        return self.pages.engine

    @property
    def way(self) -> WayIn:
        """The way in to runs and to GitHub; made when somebody acts."""
        if self._way is None:
            self._way = self._open_way()
        return self._way

    async def aclose(self) -> None:
        """Close the connections, where there are any."""
        if self._way is not None:
            await self._way.aclose()

    async def say(self, request: Request, run_id: str) -> Response:
        """A form of a run's pages was sent."""
        sent = await self.fields(request)
        if isinstance(sent, Response):
            return sent
        fields, asked = sent
        run = await self.pages.beside(lambda: self._run(run_id, asked))
        return run.response() if isinstance(run, Page) else await self._said(run, fields, asked)

    async def fields(self, request: Request, largest: int | None = None) -> tuple[Fields, Asked] | Response:
        """What a form sent, and who did; or the answer where it is no form of this person's."""
        from otto_bot.text.page_words import NOT_A_FORM, TOO_LONG
        from otto_bot.web.forms import LARGEST, NoForm, read

        try:
            fields = await read(request, largest or LARGEST)
        except NoForm as error:
            status, words = error.status, TOO_LONG if error.status == 413 else NOT_A_FORM
            viewer = await self.pages.entrance.viewer(request)
            if isinstance(viewer, Page):
                return viewer.response()
            return await self.made(Asked(viewer, {}), lambda site, asked: site.advice(asked, status, words))
        viewer = await self.pages.entrance.acting(request, fields.one("csrf"))
        return viewer.response() if isinstance(viewer, Page) else (fields, Asked(viewer, {}))

    async def made(self, asked: Asked, make: Callable[[Site, Asked], Page]) -> Response:
        """A page, made beside the event loop."""
        page = await self.pages.beside(lambda: self.pages.site.answered(asked, lambda site: make(site, asked)))
        return page.response()

    def _run(self, run_id: str, asked: Asked) -> Run | Page:
        found: list[Run | Page] = []

        def look(site: Site) -> Page:
            found.append(site.one(run_id, asked))
            return Page(200, "")

        page = self.pages.site.answered(asked, look)
        return found[0] if found else page

    async def _said(self, run: Run, fields: Fields, asked: Asked) -> Response:
        from otto_bot.core.commands import BadCommand
        from otto_bot.intake.page_words import Heard
        from otto_bot.text.page_words import NOT_A_FORM
        from otto_bot.web.said import not_heard, sent, word

        one = sent(run.id, fields)
        if one is None:
            return await self.made(asked, lambda site, who: site.advice(who, 400, NOT_A_FORM))
        if isinstance(one.command, BadCommand):
            bad = one.command
            return await self.made(asked, lambda site, who: not_heard(site, who, one, fields, bad, run))
        said = word(run, one, one.command, asked)
        outcome = await self.way.words.say(said)
        if isinstance(outcome, Heard):
            return go_on(f"{one.back}?said={said.key}#said")
        return await self.made(
            asked, lambda site, who: not_heard(site, who, one, fields, outcome, getattr(outcome, "run", run))
        )


def go_on(path: str) -> Response:
    """To a page of ours, which the browser asks for anew: loading it again sends nothing again."""
    return Response(status_code=303, headers={**GUARDS, "Cache-Control": "no-store", "Location": path})


def router(actions: Actions) -> APIRouter:
    """Words for a run, and the page that asks once more before it is stopped."""
    api = APIRouter()

    @api.post("/runs/{run_id}/say")
    async def say(request: Request, run_id: str) -> Response:
        return await actions.say(request, run_id)

    @api.get("/runs/{run_id}/stop")
    async def stop(request: Request, run_id: str) -> Response:
        from otto_bot.web.stopping import stop_page

        return await actions.pages.answer(request, lambda site, asked: stop_page(site, run_id, asked))

    @api.get("/new")
    async def new(request: Request) -> Response:
        from otto_bot.web.new_run import NewRun

        return await NewRun(actions, request).form()

    @api.post("/new")
    async def begin(request: Request) -> Response:
        from otto_bot.web.new_run import NewRun

        return await NewRun(actions, request).send()

    @api.get("/new/sent")
    async def begun(request: Request) -> Response:
        from otto_bot.web.new_run import NewRun

        return await NewRun(actions, request).sent()

    return api
