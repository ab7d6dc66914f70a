"""Accounts, the app and its installation as GitHub writes them."""

from __future__ import annotations

from otto_bot.playground.github.registered import Registered
from otto_bot.playground.github.state import Json, Reaction, User
from otto_bot.playground.github.world import ACTIONS_APP_ID, INSTALLATION_ID, World, node_id, stamp

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
USER_LINKS = {
    "followers_url": "/followers", "following_url": "/following{/other_user}", "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}", "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs", "repos_url": "/repos", "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}  # fmt: skip


def user(world: World, login: str | None) -> Json | None:
    """An account; None where GitHub shows a deleted one as null."""
    found = world.user(login) if login else None
    return account(world, found) if found else None


def known_user(world: World, login: str) -> Json:
    """An account that exists; a login nobody has becomes `ghost`, as on GitHub."""
    return account(world, world.user(login) or User("ghost", 10137))


def account(world: World, row: User) -> Json:
    """A `simple-user`."""
    url = f"{world.api_root}/users/{row.login.replace('[', '%5B').replace(']', '%5D')}"
    page = f"apps/{row.login.removesuffix('[bot]')}" if row.type == "Bot" else row.login
    return {
        "login": row.login, "id": row.id, "node_id": node_id("U", row.id),
        "avatar_url": f"{world.base_url}/_playground/avatar/{row.id}", "gravatar_id": "", "url": url,
        "html_url": f"{world.base_url}/{page}", **{key: url + tail for key, tail in USER_LINKS.items()},
        "type": row.type, "site_admin": False, "user_view_type": "public",
    }  # fmt: skip


def public_user(world: World, row: User) -> Json:
    """A `public-user`, as `GET /users/{login}` answers."""
    return {
        **account(world, row), "name": row.login, "company": None, "blog": "", "location": None, "email": None,
        "hireable": None, "bio": None, "twitter_username": None, "public_repos": 1, "public_gists": 0,
        "followers": 0, "following": 0, "created_at": stamp(world.started_at), "updated_at": stamp(world.started_at),
    }  # fmt: skip


def association(world: World, login: str) -> str:
    """`author_association` of an account."""
    if login.lower() == world.config.owner.lower():
        return "OWNER"
    row = world.user(login)
    if row is None or row.type == "Bot":
        return "NONE"
    return {"none": "NONE", "read": "NONE"}.get(row.permission, "COLLABORATOR")


def app(world: World, app_id: int) -> Json:
    """An `integration`: our app, GitHub Actions, or one of the others."""
    ours, other = app_id == world.config.app.id, world.other_apps.get(app_id)
    slug = world.config.app.slug if ours else other.slug if other else "github-actions"
    name = world.config.app.name if ours else other.name or other.slug if other else "GitHub Actions"
    asked = {"metadata": "read", **world.config.app.permissions}
    permissions = asked if ours else {"actions": "write", "checks": "write", "metadata": "read"}
    return {
        "id": app_id, "slug": slug, "node_id": node_id("A", app_id),
        "client_id": f"Iv23li{app_id:014d}", "owner": known_user(world, world.config.owner),
        "name": name, "description": "",
        "external_url": f"{world.base_url}/apps/{slug}", "html_url": f"{world.base_url}/apps/{slug}",
        "created_at": stamp(world.started_at), "updated_at": stamp(world.started_at),
        "permissions": permissions, "events": list(world.config.app.events) if ours else [],
    }  # fmt: skip


def registered(world: World, row: Registered) -> Json:
    """An `integration` that was registered here from a manifest."""
    shown, config = app(world, row.config.id), row.config
    page = f"{world.base_url}/apps/{config.slug}"
    return {
        **shown, "slug": config.slug, "client_id": config.client_id, "name": config.name,
        "description": row.description, "external_url": row.url, "html_url": page,
        "permissions": {"metadata": "read", **config.permissions}, "events": list(config.events),
    }  # fmt: skip


def granted(world: World) -> dict[str, str]:
    """What the installation may do; metadata is always readable."""
    return {"metadata": "read", **(world.config.app.permissions if world.accepted is None else world.accepted)}


def installation(world: World) -> Json:
    """The one installation of the app."""
    url = f"{world.base_url}/app/installations/{INSTALLATION_ID}"
    owner = known_user(world, world.config.owner)
    return {
        "id": INSTALLATION_ID, "account": owner, "repository_selection": "selected",
        "access_tokens_url": f"{url}/access_tokens", "repositories_url": f"{world.base_url}/installation/repositories",
        "html_url": f"{world.base_url}/settings/installations/{INSTALLATION_ID}",
        "app_id": world.config.app.id, "app_slug": world.config.app.slug, "target_id": owner["id"],
        "target_type": "User", "permissions": granted(world), "events": list(world.config.app.events),
        "created_at": stamp(world.started_at), "updated_at": stamp(world.started_at),
        "single_file_name": None, "has_multiple_single_files": False, "single_file_paths": [],
        "suspended_by": user(world, world.suspended_by), "suspended_at": stamp(world.suspended_at),
    }  # fmt: skip


def reaction(world: World, row: Reaction) -> Json:
    """One emoji."""
    return {
        "id": row.id, "node_id": node_id("REA", row.id), "user": user(world, row.user),
        "content": row.content, "created_at": stamp(row.created_at),
    }  # fmt: skip


def rollup(rows: list[Reaction], url: str) -> Json:
    """Counts by emoji."""
    counts = {content: sum(row.content == content for row in rows) for content in CONTENTS}
    return {"url": f"{url}/reactions", "total_count": len(rows), **counts}


def is_actions(app_id: int) -> bool:
    """True for GitHub Actions' own app."""
    return app_id == ACTIONS_APP_ID
