"""What a person's token may do: never more than the App was granted, nor than the person may do by themselves."""

from __future__ import annotations

from starlette.requests import Request

from otto_bot.playground.github.routing import Actor, ApiError, Route, not_found
from otto_bot.playground.github.state import Json, User
from otto_bot.playground.github.world import PERMISSION_RANK, World

LEVELS = {"admin": 5, "maintain": 4, "push": 3, "triage": 2, "pull": 1}
READERS_WRITE = {
    "/repos/{owner}/{repo}/issues",
    "/repos/{owner}/{repo}/issues/{number:int}/comments",
    "/repos/{owner}/{repo}/issues/{number:int}/reactions",
    "/repos/{owner}/{repo}/issues/comments/{id:int}/reactions",
}
"""Where whoever may read may also write."""
TRIAGE = "/repos/{owner}/{repo}/issues/{number:int}"
"""Issues are sorted by who has triage; their authors may edit them."""
APPS_ONLY = "/repos/{owner}/{repo}/check-"
"""Checks are made by Apps themselves."""
EVERYWHERE = ("/repos/", "/repositories/", "/users/", "/rate_limit")


def permissions_of(person: User) -> Json:
    """The `permissions` of a repository as one person sees it."""
    rank = PERMISSION_RANK[person.permission]
    return {name: rank >= least for name, least in LEVELS.items()}


def may_read(world: World, person: User, *, of_app: bool = False) -> bool:
    """Whether they can open the repository. `of_app`: only where they were given access, as lists of an App's are."""
    given = PERMISSION_RANK[person.permission] >= 1
    return given or (not world.config.private and not of_app)


def check_person(world: World, route: Route, actor: Actor, request: Request) -> None:
    """Raises ApiError where the person behind a token may not call this."""
    if route.auth == "user":
        return
    if route.auth == "app" or not route.path.startswith(EVERYWHERE):
        raise ApiError(403, "Resource not accessible by integration")
    if "owner" not in request.path_params:
        return
    person = world.user(actor.login)
    if person is None or not may_read(world, person):
        raise not_found()
    if request.method in ("GET", "HEAD"):
        return
    if route.path.startswith(APPS_ONLY):
        raise ApiError(403, "You must authenticate via a GitHub App.")
    if PERMISSION_RANK[person.permission] < _least(world, route, actor, request):
        raise ApiError(403, "Must have push access to Repository.")


def _least(world: World, route: Route, actor: Actor, request: Request) -> int:
    if route.path in READERS_WRITE and request.method == "POST":
        return 0
    if route.path.startswith(TRIAGE):
        issue = world.issue(request.path_params["number"])
        owns = route.path == TRIAGE and issue is not None and issue.author == actor.login
        return 0 if owns else PERMISSION_RANK["triage"]
    return PERMISSION_RANK["write"]
