"""Check runs, check suites and statuses as GitHub writes them."""

from __future__ import annotations

from typing import Any

from otto_bot.playground.github.shapes import people, pulls, repo
from otto_bot.playground.github.state import CheckRun, CheckSuite, Json, Status
from otto_bot.playground.github.world import World, node_id, stamp


def of_head(world: World, branch: str | None, sha: str) -> list[Json]:
    """Open pull requests whose head is this commit."""
    return [pulls.minimal(world, row) for row in world.pulls_of_head(branch, sha)]


def run(world: World, row: CheckRun, *, hook: bool = False) -> Json:
    """A check run; a webhook carries its whole suite."""
    url = f"{world.api}/check-runs/{row.id}"
    suite = world.suite(row.suite_id)
    shown: Json = {
        "id": row.id, "node_id": node_id("CR", row.id), "name": row.name, "head_sha": row.head_sha,
        "external_id": row.external_id, "url": url, "html_url": f"{world.html}/runs/{row.id}",
        "details_url": row.details_url or f"{world.html}/runs/{row.id}", "status": row.status,
        "conclusion": row.conclusion, "started_at": stamp(row.started_at), "completed_at": stamp(row.completed_at),
        "output": {
            "title": row.output.get("title"), "summary": row.output.get("summary"), "text": row.output.get("text"),
            "annotations_count": len(row.annotations), "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": suite.id}, "app": people.app(world, row.app_id),
        "pull_requests": of_head(world, suite.head_branch, row.head_sha),
    }  # fmt: skip
    if hook:
        shown["check_suite"] = {
            "id": suite.id, "node_id": node_id("CS", suite.id), "head_branch": suite.head_branch,
            "head_sha": suite.head_sha, "status": suite.status, "conclusion": suite.conclusion,
            "url": f"{world.api}/check-suites/{suite.id}", "before": suite.before, "after": suite.head_sha,
            "pull_requests": shown["pull_requests"], "app": shown["app"],
            "created_at": stamp(suite.created_at), "updated_at": stamp(suite.updated_at),
        }  # fmt: skip
    return shown


def suite(world: World, row: CheckSuite) -> Json:
    """A check suite."""
    url = f"{world.api}/check-suites/{row.id}"
    return {
        "id": row.id, "node_id": node_id("CS", row.id), "head_branch": row.head_branch, "head_sha": row.head_sha,
        "status": row.status, "conclusion": row.conclusion, "url": url, "before": row.before, "after": row.head_sha,
        "pull_requests": of_head(world, row.head_branch, row.head_sha), "app": people.app(world, row.app_id),
        "created_at": stamp(row.created_at), "updated_at": stamp(row.updated_at),
        "head_commit": repo.simple_commit(world.repo.commit(row.head_sha)), "repository": repo.minimal(world),
        "latest_check_runs_count": sum(c.suite_id == row.id for c in world.checks),
        "check_runs_url": f"{url}/check-runs", "rerequestable": True, "runs_rerequestable": True,
    }  # fmt: skip


def annotation(world: World, row: Json, sha: str) -> Json:
    """One annotation, with every key GitHub shows."""
    keys: dict[str, Any] = {"start_column": None, "end_column": None, "title": None, "raw_details": None}
    names = ("path", "start_line", "end_line", "annotation_level", "message", *keys)
    href = f"{world.html}/blob/{sha}/{row.get('path', '')}"
    return {**keys, **{key: row.get(key) for key in names}, "blob_href": href}


def status(world: World, row: Status, *, creator: bool = True) -> Json:
    """A commit status."""
    shown: Json = {
        "url": f"{world.api}/statuses/{row.sha}", "avatar_url": f"{world.base_url}/_playground/avatar/0",
        "id": row.id, "node_id": node_id("SC", row.id), "state": row.state, "description": row.description,
        "target_url": row.target_url, "context": row.context, "created_at": stamp(row.created_at),
        "updated_at": stamp(row.created_at),
    }  # fmt: skip
    return {**shown, "creator": people.user(world, row.creator)} if creator else shown
