"""Run one leg in a fresh checkout, with act or in a shell, and keep its job's steps, log and annotations up to date."""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otto_bot.playground.actions import cage, process
from otto_bot.playground.actions.actlog import ActReader, parse_line
from otto_bot.playground.actions.api import (
    ActionsConfig,
    ActionsError,
    ActionsHost,
    Annotation,
    Conclusion,
    TriggerEvent,
    WorkflowRun,
)
from otto_bot.playground.actions.checkout import make_repository
from otto_bot.playground.actions.contexts import job_environment, with_matrix
from otto_bot.playground.actions.expressions import Scope
from otto_bot.playground.actions.joblog import JobLog, write_setup
from otto_bot.playground.actions.legs import Leg
from otto_bot.playground.actions.live import LiveJob
from otto_bot.playground.actions.rewrite import LABEL, NeedResult, rewritten
from otto_bot.playground.actions.shell_steps import Feed, needs_nothing, refused, run_steps
from otto_bot.playground.actions.steps import StepBook, plan_steps
from otto_bot.playground.actions.uses import HERE, mappings, refusal, uses_of
from otto_bot.playground.actions.workflow import WorkflowFile

_MAX_OUTPUTS_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LegRequest:
    """Everything that one leg needs. `folder` is its own, made by the runner; `artifacts` are those of the run, and
    `taken` the names of those that this attempt uploaded.
    """

    workflow: WorkflowFile
    leg: Leg
    event: TriggerEvent
    run: WorkflowRun
    scope: Scope
    needs: Mapping[str, NeedResult]
    folder: Path
    runner_name: str
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LegOutcome:
    """How the leg ended. `invalid` is act's word that the whole file is no workflow."""

    conclusion: Conclusion
    outputs: Mapping[str, str] = field(default_factory=dict)
    invalid: str | None = None


class Runner:
    """Runs legs. Holds nothing between them."""

    def __init__(self, host: ActionsHost, config: ActionsConfig, act: str, kind: cage.CageKind) -> None:
        self._host = host
        self._config = config
        self._act = act
        self._cage = kind

    def begin(self, request: LegRequest, live: LiveJob) -> None:
        """The runner takes the job: "Set up job" is in progress and the log begins."""
        scope = with_matrix(request.scope, request.leg.matrix)
        job = request.workflow.jobs[request.leg.key]
        log = JobLog(self._host.now, self._shown_paths(request.folder), self._config.log_limit_bytes)
        book = StepBook(plan_steps(job, request.workflow.document), scope, self._host.now())
        live.start(request.runner_name, log, book)
        uses = [plan.uses for plan in book.plans if plan.uses and plan.is_remote]
        defined = f"{self._host.repository}/{request.run.workflow_path}@{request.event.ref} ({request.event.head_sha})"
        write_setup(log, labels=request.leg.labels, defined_at=defined, runner=request.runner_name, uses=uses)

    async def run(self, request: LegRequest, live: LiveJob) -> LegOutcome:
        """Run to the end; the caller completes the record. A cancelled task leaves no process behind."""
        problem = await self._prepare(request)
        if problem is not None:
            return self.fail_setup(live, problem)
        log, book = live.log, live.book
        assert log is not None
        assert book is not None
        log.line(f"Complete job name: {request.leg.name}")
        book.finish_setup("success", self._host.now())
        live.steps_changed()
        reader = ActReader(request.leg.key, book, log, with_matrix(request.scope, request.leg.matrix), self._host.now)

        def feed(event: Mapping[str, Any]) -> None:
            if reader.feed(dict(event)):
                live.steps_changed()

        seconds = min(self._config.job_timeout_seconds, request.leg.timeout_seconds or self._config.job_timeout_seconds)
        carry_out = self._in_a_shell if self._config.runner == "shell" else self._by_act
        try:
            end = await carry_out(request, book, seconds, feed)
        finally:
            reader.settle()
            live.annotate(*reader.annotations)
        return self._outcome(request, live, reader.result, end, seconds)

    async def _by_act(self, request: LegRequest, _book: StepBook, seconds: float, feed: Feed) -> process.ProcessEnd:
        def on_line(raw: bytes) -> None:
            if (event := parse_line(raw)) is not None:
                feed(event)

        env, hidden = cage.environment(request.folder), (self._config.root, *self._config.hidden_paths)
        readable = (HERE, Path(self._act))
        with cage.wrapped(
            self._cage, self._command(request), env, job=request.folder, readable=readable, hidden=hidden
        ) as (line, handles):
            return await process.run(
                line, env=env, cwd=request.folder, seconds=seconds, on_line=on_line, pass_fds=handles
            )

    async def _in_a_shell(self, request: LegRequest, book: StepBook, seconds: float, feed: Feed) -> process.ProcessEnd:
        tree = request.folder / "tree"
        hidden = (self._config.root, *self._config.hidden_paths)
        env: dict[str, str] = {}
        if not needs_nothing(book.plans):
            env = {**cage.environment(request.folder), **job_environment(request.scope.contexts["github"])}

        def wrap(
            command: Sequence[str], variables: Mapping[str, str]
        ) -> AbstractContextManager[tuple[list[str], tuple[int, ...]]]:
            inside = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(tree), *command]
            return cage.wrapped(self._cage, inside, variables, job=request.folder, readable=(), hidden=hidden)

        plans = [plan.filled(request.scope) for plan in book.plans]
        return await run_steps(request.leg.key, plans, wrap, env, tree, seconds, feed)

    def fail_setup(self, live: LiveJob, problem: str) -> LegOutcome:
        """ "Set up job" failed: none of the file's steps exists."""
        assert live.log is not None
        assert live.book is not None
        live.log.error(problem)
        live.annotate(Annotation(".github", 1, 1, "failure", problem))
        live.book.finish_setup("failure", self._host.now())
        return LegOutcome("failure")

    async def _prepare(self, request: LegRequest) -> str | None:
        """Make the leg's folder; what GitHub would say in "Set up job" where it cannot start."""
        job = request.workflow.jobs[request.leg.key]
        for key in ("services", "container"):
            if job.get(key):
                return f"Container operations (`{key}`) need a runner with Docker, and the playground has none"
        plans = plan_steps(job, request.workflow.document)
        if self._config.runner == "shell" and refused(job, plans) is None and needs_nothing(plans):
            return None
        for name in ("home", "cache", "tmp", "tree", "io/present", "io/taken", "io/artifacts"):
            (request.folder / name).mkdir(parents=True)
        tree = request.folder / "tree"
        try:
            await self._host.checkout(request.event.merge_sha or request.event.head_sha, tree)
        except ActionsError as error:
            return str(error)
        if self._config.runner == "shell":
            return refused(job, plans)
        uses = uses_of(job, tree)
        problem = next((text for text in map(refusal, uses) if text is not None), None)
        if problem is None:
            await make_repository(tree, request.event, self._host.clone_url)
            await asyncio.to_thread(self._write_files, request)
        return problem

    def _write_files(self, request: LegRequest) -> None:
        folder = request.folder
        outputs = folder / "io" / "outputs.json"
        content = rewritten(request.workflow, request.leg, request.event.name, request.needs, outputs)
        (folder / "workflow.yml").write_bytes(content)
        payload = json.dumps(dict(request.event.payload), ensure_ascii=False)
        (folder / "event.json").write_text(payload, encoding="utf-8")
        (folder / "none").touch()
        for name in request.taken:
            (folder / "io" / "taken" / name).touch()
        for name, files in request.artifacts.items():
            shutil.copytree(files, folder / "io" / "present" / name)

    def _command(self, request: LegRequest) -> list[str]:
        folder, tree = request.folder, request.folder / "tree"
        github: dict[str, Any] = request.scope.contexts["github"]
        env = job_environment(github)
        env |= {"PLAYGROUND_IO": str(folder / "io"), "PLAYGROUND_UPLOAD": str(HERE / "upload.py")}
        command = [self._act, request.event.name, "--json", "--no-cache-server", "--use-gitignore=false"]
        command += ["-P", f"{LABEL}=-self-hosted", "-C", str(tree), "-W", str(folder / "workflow.yml")]
        command += ["-e", str(folder / "event.json"), "--actor", request.event.actor]
        command += ["--defaultbranch", self._host.default_branch, "--concurrent-jobs", "1"]
        # Files of these names in the repository mean nothing on GitHub.
        for option in ("--env-file", "--secret-file", "--var-file", "--input-file"):
            command += [option, str(folder / "none")]
        for mapping in mappings(uses_of(request.workflow.jobs[request.leg.key], tree)):
            command += ["--local-repository", mapping]
        for name, value in env.items():
            command += ["--env", f"{name}={value}"]
        return command

    def _outcome(
        self, request: LegRequest, live: LiveJob, result: str | None, end: process.ProcessEnd, seconds: float
    ) -> LegOutcome:
        assert live.log is not None
        if end.timed_out:
            minutes = f"{seconds / 60:g}"
            text = f"The job has exceeded the maximum execution time of {minutes} minutes."
            live.annotate(Annotation(".github", 1, 1, "failure", text))
            live.log.error(text)
            live.log.error("The operation was canceled.")
            return LegOutcome("cancelled")
        if result is None:
            text = live.log.shown(end.stderr.strip()[-2_000:]) or f"act ended with {end.exit_code} and no result"
            live.log.error(text)
            live.annotate(Annotation(".github", 1, 1, "failure", text.splitlines()[-1]))
            return LegOutcome("failure", invalid=text if "workflow is not valid" in text else None)
        conclusion: Conclusion = "success" if result == "success" else "failure"
        return LegOutcome(conclusion, _read_outputs(request.folder / "io" / "outputs.json"))

    def _shown_paths(self, folder: Path) -> list[tuple[str, str]]:
        """Host paths and what stands for them in the log. act's workspace has a hashed folder above it."""
        tool = "/opt/hostedtoolcache/Python/x64"
        name = self._host.repository.partition("/")[2]
        here = re.escape(str(folder))
        return [
            (rf"{here}/(?:tree|cache/act/[0-9a-f]+/hostexecutor)", f"/home/runner/work/{name}/{name}"),
            (rf"{here}/(?:tmp|cache/act/[0-9a-f]+)", "/home/runner/work/_temp"),
            (rf"{here}/home", "/home/runner"),
            (here, "/home/runner/work/_job"),
            (re.escape(sys.prefix), tool),
            (re.escape(sys.base_prefix), tool),
        ]


def _read_outputs(path: Path) -> dict[str, str]:
    """The job's outputs; empty where the file is missing or no longer what was written."""
    if not path.is_file() or path.is_symlink() or path.stat().st_size > _MAX_OUTPUTS_BYTES:
        return {}
    found = parse_line(path.read_bytes()) or {}
    return {str(name): str(value) for name, value in found.items()}
