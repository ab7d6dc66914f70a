"""What follows when refs have moved: create and push events, pull requests kept in step, an empty suite opened."""

from __future__ import annotations

from otto_bot.playground.github.changes import checks as check_changes
from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.changes import pulls as pull_changes
from otto_bot.playground.github.gitdiff import commits_between, is_ancestor
from otto_bot.playground.github.gitrepo import ZERO
from otto_bot.playground.github.shapes import repo
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import World

RefChange = tuple[str, str, str]
MAX_PAYLOAD_COMMITS = 20


def differing(before: dict[str, str], after: dict[str, str]) -> list[RefChange]:
    """(ref, old, new) of every ref that differs; ZERO stands for absent."""
    names = sorted(before.keys() | after.keys())
    rows = ((name, before.get(name, ZERO), after.get(name, ZERO)) for name in names)
    return [row for row in rows if row[1] != row[2]]


def visible_refs(world: World) -> dict[str, str]:
    """Branches and tags; `refs/pull` is GitHub's own."""
    return {**world.repo.refs("refs/heads/"), **world.repo.refs("refs/tags/")}


def pushed(world: World, actor: str, changes: list[RefChange]) -> None:
    """Announces refs that have moved, in the order GitHub does."""
    for name, old, new in changes:
        branch = name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else None
        if old == ZERO:
            _announce_create(world, actor, name)
        _announce_push(world, actor, name, old, new)
        if branch is None:
            continue
        if new != ZERO:
            suite = world.ensure_suite(world.config.app.id, new, branch)
            suite.before = suite.before or old
        _follow_branch(world, actor, branch, new)
        if new != ZERO:
            check_changes.of_other_apps(world, new, branch, old)


def _announce_create(world: World, actor: str, name: str) -> None:
    kind = "branch" if name.startswith("refs/heads/") else "tag"
    body: Json = {
        "ref": name.split("/", 2)[2], "ref_type": kind, "master_branch": world.config.default_branch,
        "full_ref": name, "description": None, "pusher_type": "user",
    }  # fmt: skip
    world.announce("create", None, actor, body)


def _announce_push(world: World, actor: str, name: str, old: str, new: str) -> None:
    body: Json = {
        "ref": name, "before": old, "after": new, "created": old == ZERO, "deleted": new == ZERO,
        "forced": ZERO not in (old, new) and not is_ancestor(world.repo, old, new), "base_ref": None,
        "compare": f"{world.html}/compare/{old[:12]}...{new[:12]}", "commits": [], "head_commit": None,
        "pusher": {"name": actor, "email": f"{actor}@users.noreply.github.com"},
    }  # fmt: skip
    if new != ZERO:
        since = old if old != ZERO else world.repo.resolve(world.config.default_branch)
        rows = commits_between(world.repo, since if since != new else None, new)[:MAX_PAYLOAD_COMMITS]
        body["commits"] = [repo.push_commit(world, row) for row in reversed(rows)]
        body["head_commit"] = repo.push_commit(world, world.repo.commit(new))
    world.announce("push", None, actor, body)


def _follow_branch(world: World, actor: str, branch: str, new: str) -> None:
    for issue in world.pulls_of_head(branch):
        if new == ZERO:
            issue_changes.close_issue(world, actor, issue)
        else:
            pull_changes.synchronize(world, actor, issue, new)
    pull_changes.base_moved(world, actor, branch, new)
