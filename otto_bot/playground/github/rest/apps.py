"""The app, its installation, tokens and webhook deliveries; rate limits, users and the API's root."""

from __future__ import annotations

from otto_bot.playground.github import webhooks
from otto_bot.playground.github.limits import HOURLY
from otto_bot.playground.github.routing import ApiError, Call, Reply, Routes, not_found
from otto_bot.playground.github.shapes import people, repo
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import INSTALLATION_ID, PERMISSION_RANK, REPO_ID, stamp

routes = Routes()


@routes.on("GET /app", auth="app")
def get_app(call: Call) -> Reply:
    """The app."""
    if call.actor.app is not None:
        return Reply({**people.registered(call.world, call.actor.app), "installations_count": 0})
    return Reply({**people.app(call.world, call.world.config.app.id), "installations_count": 1})


@routes.on("GET /app/installations", auth="app")
def list_installations(call: Call) -> Reply:
    """Every installation: one, or none."""
    none = call.world.uninstalled or call.actor.app is not None
    return call.page([] if none else [None], lambda _: people.installation(call.world))


@routes.on("GET /app/installations/{installation:int}", auth="app")
def get_installation(call: Call) -> Reply:
    """One installation."""
    _known_installation(call)
    return Reply(people.installation(call.world))


@routes.on("GET ~/installation", auth="app")
def repo_installation(call: Call) -> Reply:
    """The installation on the repository."""
    _installed_here(call)
    return Reply(people.installation(call.world))


def _installed_here(call: Call) -> None:
    if call.world.taken_out or call.actor.app is not None:
        raise not_found()


@routes.on("GET /users/{login}/installation", auth="app")
def user_installation(call: Call) -> Reply:
    """The installation on the owner's account."""
    if call.params["login"].lower() != call.world.config.owner.lower() or call.actor.app is not None:
        raise not_found()
    return Reply(people.installation(call.world))


def _known_installation(call: Call) -> None:
    if call.params["installation"] != INSTALLATION_ID or call.world.uninstalled or call.actor.app is not None:
        raise not_found()


@routes.on("POST /app/installations/{installation:int}/access_tokens", auth="app")
def create_token(call: Call) -> Reply:
    """A token, narrowed to what is asked for."""
    _known_installation(call)
    if call.world.suspended_at is not None:
        raise ApiError(403, "This installation has been suspended")
    body = call.body
    names, numbers = body.get("repositories") or [], body.get("repository_ids") or []
    here = not call.world.taken_out
    if any(number != REPO_ID or not here for number in numbers) or any(
        name != call.world.config.repo or not here for name in names
    ):
        raise ApiError(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    granted = people.granted(call.world)
    wanted = body.get("permissions")
    if wanted is not None:
        if not isinstance(wanted, dict) or any(not _covers(granted, *item) for item in wanted.items()):
            raise ApiError(422, "The permissions requested are not granted to this installation.")
        granted = {"metadata": "read", **wanted}
    token = call.world.mint(granted)
    answer: Json = {
        "token": token.value, "expires_at": stamp(token.expires_at), "permissions": granted,
        "repository_selection": "selected",
    }  # fmt: skip
    if names or numbers:
        answer["repositories"] = [repo.full(call.world)]
    return Reply(answer, 201)


def _covers(granted: dict[str, str], name: str, level: object) -> bool:
    has = granted.get(name)
    return level in ("read", "write") and (has == "write" or has == level)


@routes.on("DELETE /installation/token")
def revoke_token(call: Call) -> Reply:
    """Ends the token that is used."""
    call.world.tokens[call.actor.token].revoked = True
    return Reply(status=204)


@routes.on("GET /installation/repositories", ("metadata", "read"))
def list_repositories(call: Call) -> Reply:
    """Repositories of the installation: one, or none."""
    reply = call.page([] if call.world.taken_out else [None], lambda _: repo.full(call.world), key="repositories")
    reply.body["repository_selection"] = "selected"
    return reply


@routes.on("GET /app/hook/config", auth="app")
def hook_config(call: Call) -> Reply:
    """Where webhooks go; an app without any has no hook."""
    url = call.hub.courier.url
    if not url:
        raise not_found()
    return Reply({"url": url, "content_type": call.world.config.app.hook_content_type, "secret": "********",
                  "insecure_ssl": "0"})  # fmt: skip


@routes.on("GET /app/hook/deliveries", auth="app")
def list_deliveries(call: Call) -> Reply:
    """Deliveries, newest first; the cursor is the id of the last one seen. An App without a webhook has no log."""
    app = call.world.config.app
    if call.actor.app is not None or (app.slug in call.hub.apps and app.webhook_url is None):
        raise not_found()
    rows = [row for row in reversed(call.world.deliveries) if row.status_code is not None]
    if (status := call.query.get("status")) in ("success", "failure"):
        rows = [row for row in rows if (200 <= (row.status_code or 0) < 400) == (status == "success")]
    if cursor := call.query.get("cursor"):
        if not cursor.isdecimal():
            raise ApiError(400, "Invalid cursor")
        rows = [row for row in rows if row.id < int(cursor)]
    size = call.number("per_page", 30, 100)
    shown, more = rows[:size], len(rows) > size
    link = f"<{call.url}?per_page={size}&cursor={shown[-1].id}" if more else ""
    tail = f"&status={status}" if status else ""
    headers = {"Link": f'{link}{tail}>; rel="next"'} if more else {}
    return Reply([webhooks.shown(row) for row in shown], headers=headers)


@routes.on("GET /app/hook/deliveries/{delivery:int}", auth="app")
def get_delivery(call: Call) -> Reply:
    """One delivery with request and response."""
    for row in call.world.deliveries:
        if row.id == call.params["delivery"]:
            return Reply(webhooks.shown(row, full=True))
    raise not_found()


@routes.on("POST /app/hook/deliveries/{delivery:int}/attempts", auth="app")
def redeliver(call: Call) -> Reply:
    """Delivers again under the same GUID."""
    for row in call.world.deliveries:
        if row.id == call.params["delivery"]:
            call.hub.courier.redeliver(row)
            return Reply({}, 202)
    raise not_found()


@routes.on("GET /rate_limit", auth="either")
def rate_limit(call: Call) -> Reply:
    """Limits; the stand-in never runs out by itself."""
    reset = int(call.world.now().timestamp()) + 3600
    rate = {"limit": HOURLY, "used": 1, "remaining": HOURLY - 1, "reset": reset}
    names = ("core", "search", "graphql")
    return Reply({"resources": dict.fromkeys(names, rate), "rate": rate})


@routes.on("GET /users/{login}", ("metadata", "read"), auth="either")
def get_user(call: Call) -> Reply:
    """An account."""
    found = call.world.user(call.params["login"])
    if found is None:
        raise not_found()
    return Reply(people.public_user(call.world, found))


@routes.on("GET ~/collaborators/{login}/permission", ("metadata", "read"))
def get_permission(call: Call) -> Reply:
    """What an account may do: `permission` knows four words, `role_name` six."""
    found = call.world.user(call.params["login"])
    if found is None:
        raise ApiError(404, f"{call.params['login']} is not a user")
    role = found.permission
    shown = {"maintain": "write", "triage": "read"}.get(role, role)
    rank = PERMISSION_RANK[role]
    levels = {"admin": 5, "maintain": 4, "push": 3, "triage": 2, "pull": 1}
    user = {
        **people.account(call.world, found), "role_name": found.role or role,
        "permissions": {name: rank >= least for name, least in levels.items()},
    }  # fmt: skip
    return Reply({"permission": shown, "user": user, "role_name": found.role or role})
