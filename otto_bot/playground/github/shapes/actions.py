"""Workflow runs, jobs, artifacts and workflows as GitHub writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote

from otto_bot.playground.actions.api import Artifact, Job, Workflow, WorkflowRun
from otto_bot.playground.github.shapes import people, pulls, repo
from otto_bot.playground.github.state import Json
from otto_bot.playground.github.world import World, node_id, stamp

ARTIFACT_DAYS = 90


def run(world: World, row: WorkflowRun) -> Json:
    """A workflow run in its latest attempt."""
    url = f"{world.api}/actions/runs/{row.id}"
    actor = people.known_user(world, row.actor)
    previous = f"{url}/attempts/{row.run_attempt - 1}" if row.run_attempt > 1 else None
    return {
        "id": row.id, "name": row.name, "node_id": node_id("WFR", row.id), "head_branch": row.head_branch,
        "head_sha": row.head_sha, "path": row.workflow_path, "display_title": row.display_title,
        "run_number": row.run_number, "event": row.event, "status": row.status, "conclusion": row.conclusion,
        "workflow_id": row.workflow_id, "check_suite_id": row.check_suite_id,
        "check_suite_node_id": node_id("CS", row.check_suite_id), "url": url,
        "html_url": f"{world.html}/actions/runs/{row.id}",
        "pull_requests": [
            pulls.short(world, p.number, _pull_id(world, p.number), (p.head_branch, p.head_sha),
                        (p.base_branch, p.base_sha))
            for p in row.pull_requests
        ],
        "created_at": stamp(row.created_at), "updated_at": stamp(row.updated_at), "actor": actor,
        "run_attempt": row.run_attempt, "referenced_workflows": [], "run_started_at": stamp(row.run_started_at),
        "triggering_actor": actor, "jobs_url": f"{url}/jobs", "logs_url": f"{url}/logs",
        "check_suite_url": f"{world.api}/check-suites/{row.check_suite_id}", "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel", "rerun_url": f"{url}/rerun", "previous_attempt_url": previous,
        "workflow_url": f"{world.api}/actions/workflows/{row.workflow_id}",
        "head_commit": repo.simple_commit(world.repo.commit(row.head_sha)), "repository": repo.minimal(world),
        "head_repository": repo.minimal(world),
    }  # fmt: skip


def _pull_id(world: World, number: int) -> int:
    found = world.issue(number)
    return found.id if found else number


def job(world: World, row: Job, head_branch: str | None) -> Json:
    """A job with its steps."""
    run_url = f"{world.api}/actions/runs/{row.run_id}"
    steps = [
        {
            "name": s.name, "status": s.status, "conclusion": s.conclusion, "number": s.number,
            "started_at": stamp(s.started_at), "completed_at": stamp(s.completed_at),
        }
        for s in row.steps
    ]  # fmt: skip
    return {
        "id": row.id, "run_id": row.run_id, "workflow_name": row.workflow_name, "head_branch": head_branch,
        "run_url": run_url, "run_attempt": row.run_attempt, "node_id": node_id("CR", row.check_run_id),
        "head_sha": row.head_sha, "url": f"{world.api}/actions/jobs/{row.id}",
        "html_url": f"{world.html}/actions/runs/{row.run_id}/job/{row.id}", "status": row.status,
        "conclusion": row.conclusion, "created_at": stamp(row.created_at),
        "started_at": stamp(row.started_at or row.created_at), "completed_at": stamp(row.completed_at),
        "name": row.name, "steps": steps, "check_run_url": f"{world.api}/check-runs/{row.check_run_id}",
        "labels": list(row.labels), "runner_id": 1 if row.runner_name else None, "runner_name": row.runner_name,
        "runner_group_id": 2 if row.runner_name else None,
        "runner_group_name": "GitHub Actions" if row.runner_name else None,
    }  # fmt: skip


def pending(world: World, waiting: Mapping[str, tuple[str, ...]]) -> list[Json]:
    """The environments that a run waits for."""
    return [
        {
            "environment": {
                "id": number, "node_id": node_id("EN", number), "name": name,
                "url": f"{world.api}/environments/{quote(name, safe='')}",
                "html_url": f"{world.html}/deployments/activity_log?environments_filter={quote(name)}",
            },
            "wait_timer": 0, "wait_timer_started_at": None, "current_user_can_approve": False,
            "reviewers": [{"type": "User", "reviewer": people.known_user(world, login)} for login in who],
        }
        for number, (name, who) in enumerate(waiting.items(), 900001)
    ]  # fmt: skip


def artifact(world: World, row: Artifact, head_sha: str, head_branch: str) -> Json:
    """An uploaded artifact."""
    url = f"{world.api}/actions/artifacts/{row.id}"
    owner = {"id": row.run_id, "repository_id": 700001, "head_repository_id": 700001}
    return {
        "id": row.id, "node_id": node_id("MDg", row.id), "name": row.name, "size_in_bytes": row.size_in_bytes,
        "url": url, "archive_download_url": f"{url}/zip", "expired": False, "created_at": stamp(row.created_at),
        "updated_at": stamp(row.created_at), "expires_at": stamp(row.created_at + timedelta(days=ARTIFACT_DAYS)),
        "workflow_run": {**owner, "head_branch": head_branch, "head_sha": head_sha},
    }  # fmt: skip


def workflow(world: World, row: Workflow) -> Json:
    """A workflow file."""
    name = row.path.rsplit("/", 1)[-1]
    return {
        "id": row.id, "node_id": node_id("W", row.id), "name": row.name, "path": row.path, "state": "active",
        "created_at": stamp(world.started_at), "updated_at": stamp(world.started_at),
        "url": f"{world.api}/actions/workflows/{row.id}",
        "html_url": f"{world.html}/blob/{world.config.default_branch}/{row.path}",
        "badge_url": f"{world.html}/actions/workflows/{name}/badge.svg",
    }  # fmt: skip
