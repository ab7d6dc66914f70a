"""The application of the API: its addresses, its description, and the form of every refusal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, FastAPI, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from otto_bot.store.database import StoreUnavailable
from otto_bot.store.versions import CODE_VERSION, shown
from otto_bot.text import api as text
from otto_bot.web.actions import Actions
from otto_bot.web.answer import Page
from otto_bot.web.api.base import Refusal, Refused, refusals
from otto_bot.web.api.deed_routes import acting_routes
from otto_bot.web.api.reading import Reading
from otto_bot.web.api.routes import looking_routes
from otto_bot.web.pages import Pages
from otto_bot.web.viewer import Viewer

log = logging.getLogger(__name__)

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="github_user",
    description="A token of this GitHub App's user authorisation. Not needed on the machine that Otto runs on.",
)


def application(engine: sa.Engine, pages: Pages, actions: Actions, now: Callable[[], datetime]) -> FastAPI:
    """The API over the same database, entrance and threads as the pages."""
    app = FastAPI(
        title="Otto", version=shown(CODE_VERSION), description=text.DESCRIPTION, openapi_url=None, docs_url=None,
        redoc_url=None,
    )  # fmt: skip
    reading = Reading(engine, pages.where.web_url, pages.where.docs_url, now)

    async def looking(request: Request, _token: Annotated[Any, Security(_BEARER)]) -> None:
        request.state.viewer = await admitted(pages, request)

    # More routers belong here: each route takes `looking` first, and its refusals are Refused.
    routers: tuple[APIRouter, ...] = (
        looking_routes(reading, looking, pages.beside),
        acting_routes(actions, reading, looking, pages.beside),
    )
    for router in routers:
        app.include_router(router, prefix="/api/v1", responses=refusals(401, 403, 422, 503))

    @app.get("/api/openapi.json", include_in_schema=False)
    async def described(request: Request) -> Response:
        await admitted(pages, request)
        return JSONResponse(app.openapi())

    _refusing(app)
    return app


async def admitted(pages: Pages, request: Request) -> Viewer:
    """Who asks. Raises Refused for whoever may not look."""
    viewer = await pages.entrance.viewer(request)
    if isinstance(viewer, Viewer):
        return viewer
    status = viewer.status if isinstance(viewer, Page) else viewer.status_code
    if status == 403:
        raise Refused(403, "not_here", text.NOT_HERE)
    if status == 503:
        raise Refused(503, "unavailable", text.NO_STORE)
    raise Refused(401, "nobody", text.NOBODY)  # where a browser is led to the login


def _refusing(app: FastAPI) -> None:
    """Whatever goes wrong is told in one form, with what to do."""

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> Response:
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def wrong(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = str(first["loc"][-1])[:60] if first["loc"] else "request"
        why = str(first["msg"]).removesuffix(".")[:300]
        return refusal(Refused(422, "wrong_parameter", text.WRONG_PARAMETER, name=name, why=why))

    @app.exception_handler(HTTPException)
    async def lost(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return refusal(Refused(405, "wrong_method", text.WRONG_METHOD, method=request.method[:20]), error.headers)
        return refusal(Refused(404, "no_route", text.NO_ROUTE))

    @app.exception_handler(StoreUnavailable)
    async def away(_: Request, error: StoreUnavailable) -> Response:
        log.warning("the API has no answer: %s", error)
        return refusal(Refused(503, "unavailable", text.NO_STORE))

    @app.exception_handler(ValidationError)
    async def unreadable(_: Request, error: ValidationError) -> Response:
        log.warning("the API has no answer: %s", error.errors()[0]["msg"])
        return refusal(Refused(500, "unreadable", text.UNREADABLE))


def refusal(error: Refused, headers: Any = None) -> Response:
    """The answer of a refusal. Who is nobody is told how one becomes somebody."""
    more = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    body = Refusal(error=error.problem).model_dump()
    return JSONResponse(body, status_code=error.status, headers={**(headers or {}), **more})
