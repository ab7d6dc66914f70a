"""Issues, labels, comments and timeline events as GitHub writes them."""

from __future__ import annotations

from urllib.parse import quote

from otto_bot.playground.github.shapes import people
from otto_bot.playground.github.state import Comment, Issue, IssueEvent, Json, Label
from otto_bot.playground.github.world import World, node_id, stamp


def label(world: World, row: Label) -> Json:
    """A label."""
    return {
        "id": row.id, "node_id": node_id("LA", row.id), "url": f"{world.api}/labels/{quote(row.name, safe='')}",
        "name": row.name, "description": row.description, "color": row.color, "default": False,
    }  # fmt: skip


def labels(world: World, names: list[str]) -> list[Json]:
    """The labels of those names that exist."""
    found = (world.label(name) for name in names)
    return [label(world, row) for row in found if row]


def count_comments(world: World, number: int) -> int:
    """How many comments stand under an issue."""
    return sum(row.number == number for row in world.comments)


def issue(world: World, row: Issue) -> Json:
    """An issue; for a pull request the issue side of it."""
    url = f"{world.api}/issues/{row.number}"
    shown: Json = {
        "url": url, "repository_url": world.api, "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments", "events_url": f"{url}/events", "timeline_url": f"{url}/timeline",
        "html_url": html_url(world, row), "id": row.id, "node_id": node_id("I", row.id), "number": row.number,
        "title": row.title, "user": people.known_user(world, row.author), "labels": labels(world, row.labels),
        "state": row.state, "state_reason": row.state_reason, "locked": False, "active_lock_reason": None,
        "assignee": None, "assignees": [people.known_user(world, login) for login in row.assignees],
        "milestone": None, "comments": count_comments(world, row.number), "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at), "closed_at": stamp(row.closed_at),
        "closed_by": people.user(world, row.closed_by), "author_association": people.association(world, row.author),
        "body": row.body or None, "reactions": people.rollup(row.reactions, url),
        "performed_via_github_app": people.app(world, world.config.app.id) if row.by_app else None,
    }  # fmt: skip
    if row.pull:
        pull = f"{world.api}/pulls/{row.number}"
        shown["draft"] = row.pull.draft
        shown["pull_request"] = {
            "url": pull, "html_url": html_url(world, row), "diff_url": f"{html_url(world, row)}.diff",
            "patch_url": f"{html_url(world, row)}.patch", "merged_at": stamp(row.pull.merged_at),
        }  # fmt: skip
    return shown


def html_url(world: World, row: Issue) -> str:
    """The page of an issue or pull request."""
    return f"{world.html}/{'pull' if row.pull else 'issues'}/{row.number}"


def comment(world: World, row: Comment) -> Json:
    """A conversation comment."""
    owner = world.issue(row.number)
    assert owner is not None
    url = f"{world.api}/issues/comments/{row.id}"
    app = world.config.app.id if row.by_app else row.via_app
    return {
        "url": url, "html_url": f"{html_url(world, owner)}#issuecomment-{row.id}",
        "issue_url": f"{world.api}/issues/{row.number}", "id": row.id, "node_id": node_id("IC", row.id),
        "user": people.user(world, row.author), "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at), "author_association": people.association(world, row.author),
        "body": row.body, "reactions": people.rollup(row.reactions, url),
        "performed_via_github_app": people.app(world, app) if app else None,
    }  # fmt: skip


def event(world: World, row: IssueEvent) -> Json:
    """A timeline event."""
    shown: Json = {
        "id": row.id, "node_id": node_id("E", row.id), "url": f"{world.api}/issues/events/{row.id}",
        "actor": people.user(world, row.actor), "event": row.event, "commit_id": None, "commit_url": None,
        "created_at": stamp(row.created_at),
        "performed_via_github_app": people.app(world, row.via_app) if row.via_app else None,
    }  # fmt: skip
    if row.renamed is not None:
        shown["rename"] = {"from": row.renamed[0], "to": row.renamed[1]}
    if row.label is not None:
        known = world.label(row.label)
        shown["label"] = {"name": row.label, "color": known.color if known else "ededed"}
    return shown
