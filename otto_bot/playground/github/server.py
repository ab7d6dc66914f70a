"""The composition: one application from one config."""

from __future__ import annotations

import asyncio
import importlib
import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from otto_bot.playground.actions.api import Actions, ActionsConfig, ActionsError
from otto_bot.playground.github import auth
from otto_bot.playground.github.bridge import Bridge
from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.config import ConfigError, StandInConfig
from otto_bot.playground.github.control import Control
from otto_bot.playground.github.gate import Gate
from otto_bot.playground.github.git_http import GitHttp, install_hooks
from otto_bot.playground.github.gitrepo import ZERO, BareRepo, GitError, Person
from otto_bot.playground.github.graphql import GraphQL
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.oauth import OAuth
from otto_bot.playground.github.pages import Pages
from otto_bot.playground.github.reactions import Reactions
from otto_bot.playground.github.registering import Registering
from otto_bot.playground.github.rest import serve as rest
from otto_bot.playground.github.traffic import Recorded, from_environment
from otto_bot.playground.github.webhooks import Courier
from otto_bot.playground.github.world import World


@dataclass
class StandIn:
    """The application and what runs behind it. Serve `asgi`; `app` is the inner FastAPI application."""

    hub: Hub
    app: FastAPI
    asgi: ASGIApp

    def set_url(self, url: str) -> None:
        """Tells the stand-in its own address, once it is known; every URL it writes begins with it."""
        self.hub.world.base_url = url


def _utc() -> datetime:
    return datetime.now(UTC)


def build(
    config: StandInConfig,
    *,
    clock: Callable[[], datetime] = _utc,
    token_bytes: Callable[[int], bytes] = os.urandom,
    new_guid: Callable[[], str] = lambda: str(uuid.uuid4()),
    stop: Callable[[], None] = lambda: None,
    with_actions: bool = True,
) -> StandIn:
    """Everything from a config. Raises ConfigError for a key or a source folder that cannot be used."""
    key = auth.public_key(config.app)
    config.state_dir.mkdir(parents=True, exist_ok=True)
    repo = BareRepo(config.state_dir.resolve() / "git" / f"{config.repo}.git")
    world = World(config, repo, clock, token_bytes)
    world.unregistered = world.uninstalled = world.taken_out = not config.registered
    _seed(world)
    courier = Courier(world, new_guid, list(config.faults), config.app.webhook_url)
    hub = Hub(world, courier, key, list(config.faults))
    courier.faults = hub.faults
    hub.reactions = Reactions(hub, list(config.people))
    bridge = Bridge(hub)
    if with_actions:
        hub.actions = _actions(bridge, config)
    if config.issue is not None:
        author = config.issue.author or config.maintainer
        issue_changes.open_issue(world, author, config.issue.title, config.issue.body, config.issue.labels)
    world.listeners += [hub.remember, courier.hear, bridge.hear, hub.reactions.hear]
    app = _application(hub, bridge, stop)
    traffic = from_environment(os.environ, config.enterprise)
    if traffic is None:
        return StandIn(hub, app, Gate(app, hub))
    courier.delivering = traffic.delivered
    recorded = Recorded(app, traffic)
    return StandIn(hub, app, Gate(recorded, hub, recorded.refused))


def build_app(config: StandInConfig) -> ASGIApp:
    """The application alone, with the system's clock and randomness."""
    return build(config).asgi


def _seed(world: World) -> None:
    config, repo = world.config, world.repo
    try:
        repo.create(config.default_branch)
        install_hooks(repo.path / "hooks")
        ref = f"refs/heads/{config.default_branch}"
        if ref in repo.refs():
            return
        source = config.repo_source_dir
        if source is not None and not source.is_dir():
            raise ConfigError(f"repo_source_dir: {source} is no folder")
        tree = repo.write_folder(source.resolve()) if source else repo.write_tree(None, [])
        if config.submodules:
            tree = repo.write_tree(tree, [("160000", path, sha) for path, sha in config.submodules.items()])
        owner = world.user(config.maintainer)
        assert owner is not None
        who = Person(owner.login, f"{owner.id}+{owner.login}@users.noreply.github.com", world.now())
        head: list[str] = []
        for subject in config.seed_subjects or ["Initial commit"]:
            head = [repo.write_commit(tree, head, subject, who, who)]
        for name in (config.default_branch, *config.branches):
            repo.update_ref(f"refs/heads/{name}", head[0], ZERO)
    except GitError as error:
        raise ConfigError(f"the repository cannot be made: {error}") from error


def _actions(bridge: Bridge, config: StandInConfig) -> Actions:
    """The Actions service with the settings of `actions` in the config."""
    settings = {**config.actions, "root": config.state_dir.resolve() / "actions"}
    try:
        chosen = TypeAdapter(ActionsConfig).validate_python(settings)
    except ValidationError as error:
        raise ConfigError("\n".join(f"actions.{e['loc']}: {e['msg']}" for e in error.errors())) from error
    module = importlib.import_module("otto_bot.playground.actions.service")
    try:
        service: Actions = module.ActionsService(bridge, chosen)
    except RuntimeError as error:  # no act, or no cage where one is required
        raise ConfigError(f"actions: {error}") from error
    return service


def _application(hub: Hub, bridge: Bridge, stop: Callable[[], None]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(hub.courier.run()), asyncio.create_task(bridge.pump())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if hub.actions is not None:
                await hub.actions.aclose()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    Control(hub, stop).mount(app)
    pages = Pages(hub)
    add = app.router.add_route
    add("/", _root(hub, pages), methods=["GET"])
    add("/graphql", GraphQL(hub).__call__, methods=["POST"])
    OAuth(hub).mount(app)
    Registering(hub).mount(app)
    add("/_blobs/{key}", _blob(hub), methods=["GET"])
    add("/{owner}/{repo}.git/{rest:path}", GitHttp(hub).__call__, methods=["GET", "POST"])
    rest.mount(app, hub)
    for path, handler in (
        ("", pages.home), ("/issues", pages.issues), ("/pulls", pages.pulls), ("/issues/{number:int}", pages.issue),
        ("/pull/{number:int}", pages.issue), ("/runs/{id:int}", pages.check), ("/actions", pages.actions),
        ("/actions/runs/{run:int}", pages.run), ("/actions/runs/{run:int}/job/{job:int}", pages.job),
        ("/actions/runs/{run:int}/artifacts/{artifact:int}", pages.artifact),
    ):  # fmt: skip
        add("/{owner}/{repo}" + path, _of_repository(hub, handler), methods=["GET"])
    add("/{owner}/{repo}/issues/{number:int}", _of_repository(hub, pages.labelled), methods=["POST"])
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _not_found)
    return app


def _of_repository(hub: Hub, page: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """A page of the repository under its name of today; a former name leads there."""

    async def shown(request: Request) -> Response:
        owner, name = request.path_params.pop("owner"), request.path_params.pop("repo")
        asked = f"{owner}/{name}".lower()
        if asked in hub.world.old_names:
            tail = "/".join(request.url.path.split("/", 3)[3:])
            return RedirectResponse(f"{hub.world.html}/{tail}".rstrip("/"), 301)
        if asked != hub.world.full_name.lower():
            return await _not_found(request, LookupError(asked))
        found: Response = await page(request)
        return found

    return shown


async def _not_found(_request: Request, _error: Exception) -> Response:
    return JSONResponse(
        {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}, 404
    )  # fmt: skip


def _root(hub: Hub, pages: Pages) -> Callable[[Request], Any]:
    async def root(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return await pages.home(request)
        return JSONResponse({"current_user_url": f"{hub.world.api_root}/user", "repository_url": hub.world.api})

    return root


def _blob(hub: Hub) -> Callable[[Request], Any]:
    """Short-lived downloads of logs and artifacts: no token needed, 410 when the time is over."""

    async def blob(request: Request) -> Response:
        found = hub.links.get(request.path_params["key"])
        if found is None or hub.actions is None:
            return Response("The specified blob does not exist.", 404)
        kind, number, until = found
        if hub.world.clock().timestamp() > until:
            return Response("Signature not valid in the specified time frame", 410)
        try:
            if kind == "job":
                return Response(hub.actions.log(number), media_type="text/plain; charset=utf-8")
            if kind == "artifact":
                return Response(hub.actions.artifact_zip(number), media_type="application/zip")
            attempt = int(kind.removeprefix("attempt-")) if kind.startswith("attempt-") else None
            return Response(hub.actions.run_log_zip(number, attempt), media_type="application/zip")
        except ActionsError as error:
            return Response(str(error), error.status)

    return blob
