"""The endpoints as a web application: who calls, may they, what do they get, in GitHub's order and words."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from otto_bot.playground.github import auth, versions
from otto_bot.playground.github.gitrepo import GitError
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.rest import (
    actions,
    apps,
    checks,
    commits,
    gitdata,
    issues,
    labels,
    pulls,
    repos,
    settings,
    users,
)
from otto_bot.playground.github.rights import check_person
from otto_bot.playground.github.routing import Actor, ApiError, Call, MovedError, Reply, Route, not_found
from otto_bot.playground.github.world import REPO_ID

MAX_BODY_BYTES = 20 * 1024 * 1024
FAMILIES = (apps, users, checks, issues, labels, pulls, settings, actions, gitdata, repos, commits)


def all_routes() -> list[Route]:
    """Every endpoint, in the order in which paths are tried."""
    return [route for family in FAMILIES for route in family.routes.rows]


def mount(app: FastAPI, hub: Hub) -> None:
    """Adds every endpoint to the application."""
    for route in all_routes():
        app.router.add_route(route.path, _endpoint(hub, route), methods=[route.method])


def _endpoint(hub: Hub, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            version = versions.asked(request.headers, hub.world.config.enterprise)
            reply = await _answer(hub, route, request, version)
            reply.body = versions.told(reply.body, version, route.path)
        except ApiError as error:
            reply = Reply(error.body(), error.status, dict(error.headers))
        except GitError as error:
            reply = Reply(ApiError(422, f"git: {error}").body(), 422)
        return _response(reply)

    return endpoint


def _response(reply: Reply) -> Response:
    if isinstance(reply.body, bytes):
        return Response(reply.body, reply.status, reply.headers)
    if reply.body is None:
        return Response(None, reply.status, reply.headers)
    body = json.dumps(reply.body).encode()
    return Response(body, reply.status, {"Content-Type": "application/json; charset=utf-8", **reply.headers})


async def _answer(hub: Hub, route: Route, request: Request, version: str) -> Reply:
    actor = auth.identify(hub.world, hub.key, request.headers.get("authorization"), hub.apps.values())
    auth.check_awake(hub.world, actor)
    request.scope["playground.actor"] = "app" if actor.kind == "app" else actor.login
    _check_kind(route, actor)
    _check_repo(hub, request)
    if actor.kind == "user":
        check_person(hub.world, route, actor, request)
    _check_needs(route, actor)
    _check_archived(hub, request)
    call = Call(
        hub, actor, request.method, f"{hub.world.api_root}{request.url.path}", dict(request.path_params),
        dict(request.query_params), await read_body(request), request.headers.get("accept", ""), version,
    )  # fmt: skip
    answer = route.handler(call)
    return await answer if inspect.isawaitable(answer) else answer


def _check_kind(route: Route, actor: Actor) -> None:
    if route.auth == "app" and actor.kind != "app":
        raise ApiError(401, "A JSON web token could not be decoded")
    if route.auth == "user" and actor.kind != "user":
        raise ApiError(403 if actor.kind == "installation" else 401, "Resource not accessible by integration")
    if route.auth == "installation" and actor.kind == "app":
        raise ApiError(403, "Resource not accessible by integration")


def _check_repo(hub: Hub, request: Request) -> None:
    params, world = request.path_params, hub.world
    if "owner" not in params:
        return
    name = f"{params['owner']}/{params['repo']}".lower()
    if name in world.old_names:
        tail = request.url.path.split("/", 4)[4:]
        raise MovedError(request.method, "/".join([f"{world.api_root}/repositories/{REPO_ID}", *tail]))
    if name != world.full_name.lower() or world.taken_out:
        raise not_found()


def _check_archived(hub: Hub, request: Request) -> None:
    """Whoever asks: an archived repository is only to be read."""
    writes = request.method not in ("GET", "HEAD") and "owner" in request.path_params
    if hub.world.archived and writes:
        raise ApiError(403, "Repository was archived so is read-only.")


def _check_needs(route: Route, actor: Actor) -> None:
    if actor.kind != "app" and route.needs and not any(actor.may(need) for need in route.needs):
        wanted = "; ".join(f"{name}={level}" for name, level in route.needs)
        headers = {"X-Accepted-GitHub-Permissions": wanted}
        raise ApiError(403, "Resource not accessible by integration", headers=headers)


async def read_body(request: Request) -> bytes:
    """The body, refused when it is larger than any request of the API may be."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise ApiError(413, f"Request body is larger than {MAX_BODY_BYTES} bytes")
        parts.append(part)
    return b"".join(parts)
