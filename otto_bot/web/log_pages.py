"""The addresses of logs, attempts and diffs. What makes their pages is loaded with the first one."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from fastapi import APIRouter, Request, Response

from otto_bot.web.answer import GUARDS, Page
from otto_bot.web.at_github import AtGitHub
from otto_bot.web.pages import Pages
from otto_bot.web.viewer import Asked

if TYPE_CHECKING:
    from otto_bot.core.run import Run
    from otto_bot.web.diff_desk import DiffDesk
    from otto_bot.web.logs.desk import Desk


class Logs:
    """What is behind the addresses, made when somebody looks."""

    def __init__(self, pages: Pages, github: AtGitHub) -> None:
        self.pages, self.github = pages, github

    @cached_property
    def desk(self) -> Desk:
        """Everything that reads logs."""
        from otto_bot.web.logs.desk import Desk

        return Desk(self.pages.site, self.github)

    @cached_property
    def diffs(self) -> DiffDesk:
        """Everything that reads diffs."""
        from otto_bot.web.diff_desk import DiffDesk

        return DiffDesk(self.pages.site, self.github)

    async def close(self) -> None:
        """Stop what is on its way from GitHub."""
        if "desk" in self.__dict__:
            await self.desk.close()
        await self.github.close()

    async def run(self, request: Request, run_id: str) -> Found | Page:
        """The run that somebody asks about, and who; or the page that they get instead."""
        viewer = await self.pages.entrance.viewer(request)
        if isinstance(viewer, Page):
            return viewer
        asked, pages = Asked(viewer, dict(request.query_params)), self.pages

        def load() -> Run | Page:
            return pages.site.answered(asked, lambda site: site.load(run_id, asked))

        run = await pages.beside(load)
        return run if isinstance(run, Page) else Found(run, asked)


class Found(NamedTuple):
    """A run that somebody may see."""

    run: Run
    asked: Asked


def router(logs: Logs) -> APIRouter:
    """Logs of jobs, transcripts of coders as logs, and parts of both."""
    api = APIRouter()

    @api.get("/runs/{run_id}/logs")
    async def jobs(request: Request, run_id: str) -> Response:
        found = await logs.run(request, run_id)
        page = found if isinstance(found, Page) else await logs.desk.jobs(found.run, found.asked)
        return page.response()

    @api.get("/runs/{run_id}/logs/{job}")
    async def log(request: Request, run_id: str, job: str) -> Response:
        found = await logs.run(request, run_id)
        page = found if isinstance(found, Page) else await logs.desk.job(found.run, job, found.asked)
        return page.response()

    @api.get("/runs/{run_id}/logs/{job}/part")
    async def part(request: Request, run_id: str, job: str) -> Response:
        found = await logs.run(request, run_id)
        told = found if isinstance(found, Page) else await logs.desk.job_part(found.run, job, found.asked)
        return _told(told)

    @api.get("/runs/{run_id}/tasks/{key}/attempts/{number}")
    async def attempt(request: Request, run_id: str, key: str, number: str) -> Response:
        found = await logs.run(request, run_id)
        page = found if isinstance(found, Page) else await logs.desk.attempt(found.run, key, number, found.asked)
        return page.response()

    @api.get("/runs/{run_id}/tasks/{key}/attempts/{number}/log")
    async def transcript(request: Request, run_id: str, key: str, number: str) -> Response:
        found = await logs.run(request, run_id)
        page = found if isinstance(found, Page) else await logs.desk.coder(found.run, key, number, found.asked)
        return page.response()

    @api.get("/runs/{run_id}/tasks/{key}/attempts/{number}/log/part")
    async def transcript_part(request: Request, run_id: str, key: str, number: str) -> Response:
        found = await logs.run(request, run_id)
        told = found if isinstance(found, Page) else await logs.desk.coder_part(found.run, key, number, found.asked)
        return _told(told)

    return api


def diff_router(logs: Logs) -> APIRouter:
    """Diffs of runs and of attempts, and whether they are still what stands on GitHub."""
    api = APIRouter()

    async def page(request: Request, run_id: str, key: str) -> Response:
        found = await logs.run(request, run_id)
        made = found if isinstance(found, Page) else await logs.diffs.page(found.run, key, found.asked)
        return made.response()

    async def now(request: Request, run_id: str, key: str) -> Response:
        found = await logs.run(request, run_id)
        return _told(found if isinstance(found, Page) else await logs.diffs.now(found.run, key, found.asked))

    @api.get("/runs/{run_id}/diff")
    async def of_run(request: Request, run_id: str) -> Response:
        return await page(request, run_id, "")

    @api.get("/runs/{run_id}/diff/now")
    async def of_run_now(request: Request, run_id: str) -> Response:
        return await now(request, run_id, "")

    @api.get("/runs/{run_id}/tasks/{key}/diff")
    async def of_task(request: Request, run_id: str, key: str) -> Response:
        return await page(request, run_id, key)

    @api.get("/runs/{run_id}/tasks/{key}/diff/now")
    async def of_task_now(request: Request, run_id: str, key: str) -> Response:
        return await now(request, run_id, key)

    return api


def _told(told: dict[str, object] | Page) -> Response:
    """A part for a script; where there is none, its page's status."""
    headers = {**GUARDS, "Cache-Control": "no-store"}
    body, status = (
        (json.dumps({"standing": "foreign"}), told.status) if isinstance(told, Page) else (json.dumps(told), 200)
    )
    return Response(body, status_code=status, media_type="application/json", headers=headers)
