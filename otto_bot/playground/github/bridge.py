"""The stand-in's half of Actions: events in, runs and jobs out as webhooks, check suites and check runs."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from otto_bot.playground.actions.api import Job, NotFoundError, Record, TriggerEvent, Workflow, WorkflowRun
from otto_bot.playground.github.changes import checks as check_changes
from otto_bot.playground.github.changes import queue
from otto_bot.playground.github.gitdiff import files_between, merge_base
from otto_bot.playground.github.gitrepo import ZERO, GitError
from otto_bot.playground.github.shapes import actions as shapes
from otto_bot.playground.github.shapes import checks as check_shapes
from otto_bot.playground.github.shapes import pulls as pull_shapes
from otto_bot.playground.github.state import CheckRun, CheckSuite, Json
from otto_bot.playground.github.webhooks import payload
from otto_bot.playground.github.world import ACTIONS_APP_ID, ACTIONS_LOGIN, Visible, World

if TYPE_CHECKING:
    from otto_bot.playground.github.hub import Hub

ON_DEFAULT_BRANCH = {
    "issues", "issue_comment", "create", "status", "label", "pull_request_review", "pull_request_review_comment",
    "workflow_run",
}  # fmt: skip
MAX_DIFF_FILES = 300
LEVELS = {"notice": "notice", "warning": "warning", "failure": "failure"}


@dataclass
class Bridge:
    """Implements `ActionsHost`; `hear` feeds the service, one event after the other."""

    hub: Hub
    _queue: asyncio.Queue[Visible] = field(default_factory=asyncio.Queue)
    _seen: dict[tuple[str, int], tuple[int, str]] = field(default_factory=dict)

    @property
    def world(self) -> World:
        """The state."""
        return self.hub.world

    @property
    def repository(self) -> str:
        """`owner/name`."""
        return self.world.full_name

    @property
    def clone_url(self) -> str:
        """Where a job could clone from."""
        return f"{self.world.html}.git"

    @property
    def default_branch(self) -> str:
        """Short name of the default branch."""
        return self.world.config.default_branch

    def now(self) -> datetime:
        """The stand-in's clock."""
        return self.world.clock()

    def next_id(self) -> int:
        """A number that no other record has."""
        return self.world.next_id()

    async def checkout(self, sha: str, dest: Path) -> None:
        """Writes the tree of a commit into an empty folder; raises NotFoundError for an unknown commit."""
        if self.world.repo.resolve(sha) is None:
            raise NotFoundError(f"no commit {sha}")
        await asyncio.to_thread(self._write_tree, sha, dest)

    def _write_tree(self, sha: str, dest: Path) -> None:
        with tempfile.TemporaryDirectory(dir=self.world.repo.path) as folder:
            extra = {"GIT_INDEX_FILE": str(Path(folder) / "index"), "GIT_DIR": str(self.world.repo.path)}
            self.world.repo.git("read-tree", sha, env=extra)
            self.world.repo.git("-C", str(dest), "--work-tree=.", "checkout-index", "-a", "-f", "-q", env=extra)

    def changed(self, record: Record) -> None:
        """A run or a job has a new state."""
        if isinstance(record, WorkflowRun):
            self._run_changed(record)
        else:
            self._job_changed(record)

    def _is_new_state(self, kind: str, number: int, attempt: int, status: str) -> bool:
        """Steps of a job change often; GitHub announces only changes of its status."""
        state = (attempt, status)
        fresh = self._seen.get((kind, number)) != state
        self._seen[(kind, number)] = state
        return fresh

    def _run_changed(self, run: WorkflowRun) -> None:
        suite = self._suite(run)
        suite.status = "queued" if run.status == "pending" else run.status
        suite.conclusion, suite.updated_at = run.conclusion, self.world.now()
        fresh = ("run", run.id) not in self._seen
        if not self._is_new_state("run", run.id, run.run_attempt, run.status):
            return
        body: Json = {"workflow_run": shapes.run(self.world, run), "workflow": self._workflow(run)}
        # A re-run, and a run that was approved, is no new request; one that cannot start was requested all the same.
        actions = ["requested"] if fresh else []
        actions += [run.status] if run.status in ("in_progress", "completed") else []
        for action in actions:
            self.world.announce("workflow_run", action, run.actor, body, f"run/{run.id}")
        if run.status == "completed":
            shown = {"check_suite": check_shapes.suite(self.world, suite)}
            self.world.announce("check_suite", "completed", ACTIONS_LOGIN, shown)
            if run.event == "merge_group" and self.hub.actions is not None:
                group = [one for one in self.hub.actions.runs() if one.head_sha == run.head_sha]
                group = [one for one in group if one.event == "merge_group"]
                if all(one.status == "completed" for one in group):
                    queue.group_ended(self.world, run.head_branch, run.head_sha, [one.conclusion for one in group])

    def _workflow(self, run: WorkflowRun) -> Json:
        return shapes.workflow(self.world, Workflow(run.workflow_id, run.workflow_path, run.name, ()))

    def _suite(self, run: WorkflowRun) -> CheckSuite:
        for row in self.world.suites:
            if row.id == run.check_suite_id:
                return row
        now = self.world.now()
        row = CheckSuite(run.check_suite_id, ACTIONS_APP_ID, run.head_sha, run.head_branch, now, now)
        self.world.suites.append(row)
        return row

    def _job_changed(self, job: Job) -> None:
        if self.hub.actions is None:
            return
        run = self.hub.actions.run(job.run_id)
        self._sync_check(job, run)
        if not self._is_new_state("job", job.id, job.run_attempt, job.status):
            return
        action = job.status if job.status in ("in_progress", "completed", "waiting") else "queued"
        body = {"workflow_job": shapes.job(self.world, job, run.head_branch)}
        self.world.announce("workflow_job", action, run.actor, body, f"job/{job.id}")

    def _sync_check(self, job: Job, run: WorkflowRun) -> None:
        row = next((c for c in self.world.checks if c.id == job.check_run_id), None)
        was = row.status if row else None
        if row is None:
            suite = self._suite(run)
            url = f"{self.world.html}/actions/runs/{run.id}/job/{job.id}"
            row = CheckRun(job.check_run_id, suite.id, ACTIONS_APP_ID, job.name, job.head_sha, details_url=url)
            self.world.checks.append(row)
        row.status, row.conclusion = job.status, job.conclusion
        row.started_at, row.completed_at = job.started_at or job.created_at, job.completed_at
        row.annotations = [
            {
                "path": a.path, "start_line": a.start_line, "end_line": a.end_line, "message": a.message,
                "start_column": a.start_column, "end_column": a.end_column, "title": a.title or None,
                "annotation_level": LEVELS[a.level],
            }
            for a in job.annotations
        ]  # fmt: skip
        if was is None:
            check_changes.tell(self.world, row, "created", ACTIONS_LOGIN)
        if row.status == "completed" and was != "completed":
            check_changes.tell(self.world, row, "completed", ACTIONS_LOGIN)

    def hear(self, visible: Visible) -> None:
        """Queues an event that may start workflows."""
        asked = visible.event == "merge_group" and visible.action == "checks_requested"
        if asked or visible.event in {"push", "pull_request", *ON_DEFAULT_BRANCH}:
            self._queue.put_nowait(visible)

    async def pump(self) -> None:
        """Hands events to the service until cancelled, in order."""
        while True:
            visible = await self._queue.get()
            # An archived repository starts no workflow.
            if self.hub.actions is not None and not self.world.archived:
                for event in self._triggers(visible):
                    await self.hub.actions.on_event(event)
            self._queue.task_done()

    async def settled(self) -> None:
        """Returns when every event so far has been handed over."""
        await self._queue.join()

    def _triggers(self, visible: Visible) -> list[TriggerEvent]:
        if visible.event == "push":
            return self._push(visible)
        if visible.event == "pull_request":
            return self._pull(visible)
        if visible.event == "merge_group":
            return self._merge_group(visible)
        sha = self.world.repo.resolve(self.default_branch)
        if sha is None:
            return []
        return [
            TriggerEvent(
                visible.event, f"refs/heads/{self.default_branch}", sha, action=visible.action,
                branch=self.default_branch, payload=payload(self.world, visible), actor=visible.actor,
            )
        ]  # fmt: skip

    def _merge_group(self, visible: Visible) -> list[TriggerEvent]:
        group = visible.body["merge_group"]
        branch = group["head_ref"].removeprefix("refs/heads/")
        message = self.world.repo.commit(group["head_sha"]).message
        return [
            TriggerEvent(
                "merge_group", group["head_ref"], group["head_sha"], action=visible.action, branch=branch,
                head_branch=branch, title=message.split("\n")[0], payload=payload(self.world, visible),
                actor=visible.actor,
            )
        ]  # fmt: skip

    def _push(self, visible: Visible) -> list[TriggerEvent]:
        ref, old, new = (visible.body[key] for key in ("ref", "before", "after"))
        if new == ZERO:
            return []
        name = ref.split("/", 2)[2]
        branch = name if ref.startswith("refs/heads/") else None
        since = old if old != ZERO else merge_base(self.world.repo, self.default_branch, new)
        commit = visible.body["head_commit"] or {}
        return [
            TriggerEvent(
                "push", ref, new, branch=branch, tag=None if branch else name, head_branch=branch,
                changed_paths=self._paths(since if since != new else None, new),
                commit_message=commit.get("message", ""), title=commit.get("message", "").split("\n")[0],
                payload=payload(self.world, visible), actor=visible.actor,
            )
        ]  # fmt: skip

    def _pull(self, visible: Visible) -> list[TriggerEvent]:
        issue = self.world.issue(visible.body["number"])
        if issue is None or issue.pull is None:
            return []
        pull = issue.pull
        shown = visible.body["pull_request"]
        head, base = shown["head"]["sha"], shown["base"]["sha"]
        event = TriggerEvent(
            "pull_request", f"refs/pull/{issue.number}/merge", head, action=visible.action,
            base_branch=shown["base"]["ref"], base_sha=base, head_branch=shown["head"]["ref"],
            merge_sha=shown["merge_commit_sha"], draft=shown["draft"], changed_paths=self._paths(base, head, fork=True),
            commit_message=self.world.repo.commit(head).message, title=shown["title"],
            payload=payload(self.world, visible), actor=visible.actor, pull_request=issue.number,
        )  # fmt: skip
        # Without a test merge (a conflict) GitHub starts no pull_request workflow at all.
        conflict = pull_shapes.part(issue).merge_sha is None and pull.merged_at is None
        return [] if conflict else [event]

    def _paths(self, old: str | None, new: str, *, fork: bool = False) -> tuple[str, ...] | None:
        try:
            start = merge_base(self.world.repo, old, new) if fork and old else old
            changes = files_between(self.world.repo, start, new)
        except GitError:
            return None  # unknown passes every filter
        paths = {path for c in changes for path in (c.path, c.previous) if path}
        return tuple(sorted(paths)) if len(changes) <= MAX_DIFF_FILES else None
