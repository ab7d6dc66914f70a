"""What a person who logged in by the App asks about themselves, and what the App asks about their tokens."""

from __future__ import annotations

from otto_bot.playground.github.rights import may_read, permissions_of
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, not_found
from otto_bot.playground.github.shapes import people, repo
from otto_bot.playground.github.state import Json, User
from otto_bot.playground.github.world import INSTALLATION_ID

routes = Routes()


def _person(call: Call) -> User:
    found = call.world.user(call.actor.login)
    assert found is not None
    return found


def _reads(call: Call) -> bool:
    """Whether there is anything that both the App and the person may read."""
    world = call.world
    return not (world.uninstalled or world.taken_out) and may_read(world, _person(call), of_app=True)


@routes.on("GET /user", auth="user")
def get_user(call: Call) -> Reply:
    """Who the token belongs to."""
    return Reply(people.public_user(call.world, _person(call)))


@routes.on("GET /user/installations", auth="user")
def list_installations(call: Call) -> Reply:
    """Installations of the App where they may read something: one, or none."""
    rows = [None] if _reads(call) else []
    return call.page(rows, lambda _: people.installation(call.world), key="installations")


@routes.on("GET /user/installations/{installation:int}/repositories", auth="user")
def list_repositories(call: Call) -> Reply:
    """What both may read there: one, or none."""
    if call.params["installation"] != INSTALLATION_ID or not _reads(call):
        raise not_found()
    if call.world.suspended_at is not None:
        raise ApiError(403, "This installation has been suspended")
    world, person = call.world, _person(call)

    def show(_: None) -> Json:
        return {**repo.full(world), "permissions": permissions_of(person)}

    reply = call.page([None], show, key="repositories")
    reply.body["repository_selection"] = "selected"
    return reply
