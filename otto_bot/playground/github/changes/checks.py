"""Changes of check runs, check suites and commit statuses."""

from __future__ import annotations

from otto_bot.playground.github.shapes import checks, people, repo
from otto_bot.playground.github.state import CheckRun, CheckSuite, Json, Status
from otto_bot.playground.github.world import ACTIONS_APP_ID, World, stamp

WORST_FIRST = (
    "startup_failure", "failure", "timed_out", "action_required", "cancelled", "stale", "neutral", "skipped",
    "success",
)  # fmt: skip


def tell(world: World, row: CheckRun, action: str, actor: str, **more: object) -> None:
    """Announces a `check_run` event."""
    body = {"check_run": {**checks.run(world, row, hook=True), **({"actions": row.actions} if row.actions else {})}}
    world.announce("check_run", action, actor, {**body, **more}, f"check/{row.id}")


def login_of(world: World, app_id: int) -> str:
    """Login of the account that acts for an app."""
    if app_id in world.other_apps:
        return f"{world.other_apps[app_id].slug}[bot]"
    return world.bot_login if app_id == world.config.app.id else "github-actions[bot]"


def of_other_apps(world: World, sha: str, branch: str, before: str) -> None:
    """A suite of each other App on a pushed commit, for ever queued where it reports nothing, and what it reports."""
    for app_id, app in world.other_apps.items():
        if any(row.app_id == app_id and row.head_sha == sha for row in world.suites):
            continue
        suite = world.ensure_suite(app_id, sha, branch)
        suite.before = before
        for name, state in app.reports.items():
            done = state != "queued"
            row = CheckRun(world.next_id(), suite.id, app_id, name, sha, started_at=world.now())
            if done:
                row.status, row.conclusion, row.completed_at = "completed", state, world.now()
            add_check(world, row)


def add_check(world: World, row: CheckRun) -> CheckRun:
    """A new check run."""
    world.checks.append(row)
    tell(world, row, "created", login_of(world, row.app_id))
    if row.status == "completed":
        tell(world, row, "completed", login_of(world, row.app_id))
    settle_suite(world, world.suite(row.suite_id))
    return row


def changed_check(world: World, row: CheckRun, was: str) -> None:
    """Announces the end of a check run when it has just ended, and settles its suite."""
    if row.status == "completed" and was != "completed":
        tell(world, row, "completed", login_of(world, row.app_id))
    settle_suite(world, world.suite(row.suite_id))


def settle_suite(world: World, suite: CheckSuite) -> None:
    """Brings a suite's state to that of its runs; announces `completed` when the last has ended.

    A suite of Actions follows its workflow run instead: more jobs may come after the last one so far.
    """
    if suite.app_id == ACTIONS_APP_ID:
        return
    rows = [row for row in world.checks if row.suite_id == suite.id]
    if not rows:
        return
    before = suite.status
    suite.updated_at = world.now()
    if any(row.status != "completed" for row in rows):
        suite.status, suite.conclusion = "in_progress", None
        return
    found = {row.conclusion for row in rows}
    suite.status = "completed"
    suite.conclusion = next((word for word in WORST_FIRST if word in found), "neutral")
    if before != "completed":
        body = {"check_suite": checks.suite(world, suite)}
        world.announce("check_suite", "completed", login_of(world, suite.app_id), body)


def add_status(
    world: World, actor: str, sha: str, state: str, context: str, description: str | None, target_url: str | None
) -> Status:
    """A new commit status."""
    row = Status(world.next_id(), sha, state, context, description, target_url, actor, world.now())
    world.statuses.append(row)
    info = world.repo.commit(sha)
    branches = [
        {"name": name, "commit": {"sha": sha, "url": f"{world.api}/commits/{sha}"}, "protected": False}
        for name in world.branches_at(sha)
    ]
    body: Json = {
        "id": row.id, "sha": sha, "name": world.full_name, "target_url": target_url, "context": context,
        "description": description, "state": state, "commit": repo.commit(world, info), "branches": branches,
        "created_at": stamp(row.created_at), "updated_at": stamp(row.created_at),
        "avatar_url": people.known_user(world, actor)["avatar_url"],
    }  # fmt: skip
    world.announce("status", None, actor, body)
    return row
