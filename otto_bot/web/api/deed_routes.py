"""The addresses of the API that act. Who asks is looked at as for reading; acting needs a token besides."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from otto_bot.web.actions import Actions
from otto_bot.web.api.base import refusals
from otto_bot.web.api.deed_models import CommandHeard, CommandSent, RunAsked, RunSent
from otto_bot.web.api.deeds import Deeds
from otto_bot.web.api.reading import Reading
from otto_bot.web.api.routes import Beside, Looking, RunId, who


def acting_routes(actions: Actions, reading: Reading, looking: Looking, beside: Beside) -> APIRouter:
    """Say something to a run; ask for a run."""
    api, deeds = APIRouter(dependencies=[Depends(looking)]), Deeds(actions)

    @api.post(
        "/runs/{run_id}/commands", response_model=CommandHeard, responses=refusals(404, 409),
        summary="Say something to a run", operation_id="say",
    )  # fmt: skip
    async def say(request: Request, run_id: RunId, sent: CommandSent) -> Any:
        run = await beside(lambda: reading.one(who(request), run_id))
        return await deeds.command(request, run, sent)

    @api.post(
        "/runs", response_model=RunAsked, responses=refusals(404), summary="Ask for a run", operation_id="ask_for_run"
    )
    async def begin(request: Request, sent: RunSent) -> Any:
        return await deeds.begin(request, sent)

    return api
