"""The state report: everything a demo or a test may want to know about what happened, as one JSON object."""

from __future__ import annotations

from otto_bot.playground.github.gitdiff import files_between
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.shapes import pulls as pull_shapes
from otto_bot.playground.github.state import Comment, Delivery, Issue, Json, RequestRow
from otto_bot.playground.github.world import World


def state(hub: Hub) -> Json:
    """The whole report."""
    world = hub.world
    heads = world.repo.refs()
    return {
        "repository": world.full_name, "url": world.html, "default_branch": world.config.default_branch,
        "comments": [comment(world, row) for row in world.comments],
        "issues": [issue(row) for row in world.issues if row.pull is None],
        "pull_requests": [pull(world, row) for row in world.pulls()],
        "requests": [request(row) for row in world.requests],
        "branches": {name.removeprefix("refs/heads/"): sha for name, sha in heads.items()},
        "checks": _checks(world), "statuses": _statuses(world),
        "deliveries": [delivery(row) for row in world.deliveries],
        "workflow_runs": _runs(hub), "labels": [row.name for row in world.labels],
        "reviews": [
            {"number": r.number, "author": r.author, "state": r.state, "body": r.body} for r in world.reviews
        ],
        "threads": [
            {
                "id": c.id, "number": c.number, "author": c.author, "path": c.path, "line": c.line, "body": c.body,
                "in_reply_to": c.in_reply_to,
                "reactions": [{"content": r.content, "user": r.user} for r in c.reactions],
            }
            for c in world.review_comments
        ],
        "reactions": hub.reactions.done if hub.reactions else [],
        "problems": hub.reactions.problems if hub.reactions else [],
    }  # fmt: skip


def comment(world: World, row: Comment) -> Json:
    """A conversation comment and where it stands."""
    owner = world.issue(row.number)
    return {
        "id": row.id, "where": owner.where if owner else "", "author": row.author, "body": row.body,
        "created_at": row.created_at.isoformat(), "edits": row.edits, "was": row.was,
        "reactions": [{"content": r.content, "user": r.user} for r in row.reactions],
    }  # fmt: skip


def issue(row: Issue) -> Json:
    """An issue."""
    return {
        "number": row.number, "title": row.title, "state": row.state, "author": row.author,
        "labels": list(row.labels),
        "reactions": [
            {"content": r.content, "user": r.user, "created_at": r.created_at.isoformat()} for r in row.reactions
        ],
    }  # fmt: skip


def pull(world: World, row: Issue) -> Json:
    """A pull request with the names of its changed files."""
    part = pull_shapes.part(row)
    changes = files_between(world.repo, pull_shapes.base_of(world, part), part.head_sha)
    return {
        "number": row.number, "title": row.title, "body": row.body, "author": row.author, "draft": part.draft,
        "state": "merged" if part.merged_at else row.state, "head": part.head_ref, "head_sha": part.head_sha,
        "base": part.base_ref, "labels": list(row.labels), "reviewers": list(part.reviewers),
        "files": [change.path for change in changes],
    }  # fmt: skip


def request(row: RequestRow) -> Json:
    """One line of the request log; only a push that moved something has `refs`, only a write its number."""
    shown: Json = {
        "seq": row.seq, "at": row.at.isoformat(), "method": row.method, "path": row.path, "status": row.status,
        "actor": row.actor, "seconds": row.seconds,
    }  # fmt: skip
    if row.refs:
        shown["refs"] = row.refs
    if row.fault:
        shown["fault"] = row.fault
    if row.write:
        shown["write"] = row.write
    return shown


def delivery(row: Delivery) -> Json:
    """One delivery attempt."""
    return {
        "id": row.id, "guid": row.guid, "event": row.event, "action": row.action, "status": row.status,
        "status_code": row.status_code, "redelivery": row.redelivery, "created_at": row.created_at.isoformat(),
        "delivered_at": row.delivered_at.isoformat() if row.delivered_at else None,
    }  # fmt: skip


def _checks(world: World) -> list[Json]:
    return [
        {
            "id": row.id, "name": row.name, "head_sha": row.head_sha, "status": row.status,
            "conclusion": row.conclusion, "external_id": row.external_id, "ours": row.app_id == world.config.app.id,
            **{part: row.output.get(part) for part in ("title", "summary", "text")},
            "actions": [button.get("identifier") for button in row.actions],
        }
        for row in world.checks
    ]  # fmt: skip


def _statuses(world: World) -> list[Json]:
    return [{"sha": row.sha, "context": row.context, "state": row.state} for row in world.statuses]


def _runs(hub: Hub) -> list[Json]:
    if hub.actions is None:
        return []
    return [
        {
            "id": run.id, "name": run.name, "event": run.event, "head_sha": run.head_sha, "branch": run.head_branch,
            "status": run.status, "conclusion": run.conclusion, "run_attempt": run.run_attempt, "error": run.error,
            "created_at": run.created_at.isoformat(), "updated_at": run.updated_at.isoformat(),
            "jobs": [
                {
                    "id": job.id, "name": job.name, "status": job.status, "conclusion": job.conclusion,
                    "completed_at": job.completed_at.isoformat() if job.completed_at else None,
                }
                for job in hub.actions.jobs(run.id)
            ],
        }
        for run in reversed(hub.actions.runs())
    ]  # fmt: skip
