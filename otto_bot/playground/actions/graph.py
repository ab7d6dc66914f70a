"""The jobs of a workflow file within an attempt, in the order of their needs; a called file has a graph of its own."""

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from otto_bot.playground.actions import artifacts, faults
from otto_bot.playground.actions.api import ActionsConfig, ActionsHost, Annotation, Artifact, Conclusion, Fault
from otto_bot.playground.actions.called import called_with, outputs_of
from otto_bot.playground.actions.concurrency import Group, group_of
from otto_bot.playground.actions.contexts import github_context, job_scope, with_matrix
from otto_bot.playground.actions.expressions import Scope, condition
from otto_bot.playground.actions.groups import Groups, Ticket
from otto_bot.playground.actions.legs import Leg as PlannedLeg
from otto_bot.playground.actions.legs import fail_fast, legs_of, shown_name
from otto_bot.playground.actions.live import LiveJob
from otto_bot.playground.actions.reviews import let_in
from otto_bot.playground.actions.rewrite import NeedResult
from otto_bot.playground.actions.runner import LegOutcome, LegRequest, Runner
from otto_bot.playground.actions.standing import Standing
from otto_bot.playground.actions.state import Leg, RunState
from otto_bot.playground.actions.values import ExpressionError
from otto_bot.playground.actions.workflow import WorkflowFile, needs_of

_HOSTED = re.compile(r"(?:ubuntu|macos|windows)-[\w.-]+")


@dataclass(slots=True)
class Attempting:
    """What all jobs of an attempt share. `carried`: legs of the attempt before, by job key, that are not run again."""

    state: RunState
    runner: Runner
    host: ActionsHost
    config: ActionsConfig
    slots: asyncio.Semaphore
    groups: Groups
    carried: Mapping[str, list[Leg]]
    standing: Callable[[], Standing]
    github: dict[str, Any] = field(init=False)
    invalid: str | None = None

    def __post_init__(self) -> None:
        where = self.host.repository, self.config.server_url
        self.github = github_context(self.state.event, self.state.record, *where)


class JobGraph:
    """`path` is the caller's key and a slash where the file is called by a job, `shown` its name and a slash."""

    def __init__(
        self, attempt: Attempting, workflow: WorkflowFile, inputs: Mapping[str, Any], path: str = "", shown: str = ""
    ) -> None:
        self._attempt = attempt
        self._state = attempt.state
        self._config = attempt.config
        self._workflow = workflow
        self._inputs = inputs
        self._path = path
        self._shown = shown
        self._results: dict[str, NeedResult] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._reasons: dict[int, str] = {}

    async def run(self) -> Conclusion:
        """Run every job; how it all ended."""
        async with asyncio.TaskGroup() as group:
            for key in self._workflow.jobs:
                self._tasks[key] = group.create_task(self._job(key))
        return self._conclusion()

    def outputs(self) -> dict[str, str]:
        """What a called file gives to its caller, once it has run."""
        return outputs_of(self._workflow, self._inputs, self._results)

    def _conclusion(self) -> Conclusion:
        results = {result.result for result in self._results.values()}
        if "failure" in results:
            return "failure"
        if "cancelled" in results:
            return "cancelled"
        return "skipped" if results == {"skipped"} else "success"

    async def _job(self, key: str) -> None:
        needs = needs_of(self._workflow.jobs[key])
        if needs:
            await asyncio.wait([self._tasks[need] for need in needs])
        known = self._attempt.carried.get(self._path + key)
        if known is not None and all(leg.result in ("success", "skipped") for leg in known):
            self._carry(key, known)
        else:
            await self._run_job(key)
        if key not in self._results:
            self._results[key] = self._need_result(key)

    def _carry(self, key: str, legs: list[Leg]) -> None:
        for leg in legs:
            old = leg.live
            live = self._live(key, old.record.name, old.record.labels)
            live.carry_over(old)
            self._state.attempt.add(self._path + key, Leg(live, leg.outputs, leg.tolerated))

    async def _run_job(self, key: str) -> None:
        job = self._workflow.jobs[key]
        scope = self._scope(key)
        try:
            if not condition(job.get("if"), scope):
                self._skip(key)
                return
            planned = legs_of(self._workflow, key, scope)
            fast = fail_fast(job, scope)
            groups = [group_of(job, with_matrix(scope, plan.matrix)) for plan in planned]
            if "uses" in job:
                await self._call(key, planned, scope)
                return
        except ExpressionError as error:
            self._refuse(key, str(error))
            return
        await self._run_legs(key, planned, groups, scope, fast)

    async def _call(self, key: str, planned: tuple[PlannedLeg, ...], scope: Scope) -> None:
        """The jobs of a called workflow stand beside the caller's, `caller / callee`; the call itself is no job."""
        job = self._workflow.jobs[key]
        graphs: list[JobGraph] = []
        for plan in planned:
            within = with_matrix(scope, plan.matrix)
            file, inputs = called_with(self._state.files, job, within)
            number = f"{key}/" if len(planned) == 1 else f"{key}#{len(graphs)}/"
            graphs.append(JobGraph(self._attempt, file, inputs, self._path + number, f"{self._shown}{plan.name} / "))
        ends = await asyncio.gather(*(graph.run() for graph in graphs))
        outputs: dict[str, str] = {}
        for graph in graphs:
            outputs |= graph.outputs()
        result = next((one for one in ("failure", "cancelled", "success") if one in ends), "skipped")
        self._results[key] = NeedResult(result, outputs)

    async def _run_legs(
        self, key: str, planned: tuple[PlannedLeg, ...], groups: list[Group | None], scope: Scope, fast: bool
    ) -> None:
        before = self._attempt.carried.get(self._path + key, ())
        done_before = {leg.live.record.name: leg for leg in before if leg.result == "success"}
        tasks: list[asyncio.Task[None]] = []
        for plan, group in zip(planned, groups, strict=True):
            if self._shown + plan.name in done_before:
                self._carry(key, [done_before[self._shown + plan.name]])
                continue
            leg = Leg(self._new_job(key, plan.name, plan.labels), tolerated=plan.continue_on_error)
            self._state.attempt.add(self._path + key, leg)
            tasks.append(asyncio.create_task(self._leg(plan, leg, scope, group)))
        try:
            await self._watch(tasks, key, fast)
        finally:
            for task in tasks:
                task.cancel()
            # Processes and folders are gone before the run says that it has ended.
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, tasks: list[asyncio.Task[None]], key: str, fast: bool) -> None:
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if not task.cancelled():
                    task.result()
            if fast and any(
                leg.live.is_over and leg.result == "failure" for leg in self._state.attempt.legs[self._path + key]
            ):
                for task in pending:
                    task.cancel()

    async def _leg(self, plan: PlannedLeg, leg: Leg, scope: Scope, group: Group | None) -> None:
        live = leg.live
        fault = faults.find(self._config.faults, self._state.record, live.record.name)
        ticket = None
        try:
            ticket = await self._turn(group, live)
            if fault is not None and fault.delay_ms:
                await asyncio.sleep(fault.delay_ms / 1000)
            standing = self._attempt.standing()
            if not await let_in(self._state, standing, self._workflow.jobs[plan.key], live):
                faults.rejected(live)
                return
            if not self._attempt.standing().paid or (fault is not None and fault.kind == "never_start"):
                faults.never_start(live)
                return
            if not all(self._is_hosted(label) for label in plan.labels):
                await self._wait_for_ever()
            await self._on_runner(plan, leg, scope, fault)
        except asyncio.CancelledError:
            live.cancelled(self._reasons.get(live.record.id, self._state.cancel_reason))
            raise
        except OSError as error:
            # The playground itself failed; the job says so rather than hang.
            live.annotate(Annotation(".github", 1, 1, "failure", f"The runner failed: {error}"))
            live.close_log("failure")
            live.complete("failure")
        finally:
            if ticket is not None:
                self._attempt.groups.leave(ticket)

    async def _turn(self, group: Group | None, live: LiveJob) -> Ticket | None:
        """Wait for the job's turn in its own concurrency group."""
        if group is None:
            return None
        come, task = asyncio.Event(), asyncio.current_task()
        assert task is not None

        def cancel(reason: str) -> None:
            self._reasons[live.record.id] = reason
            task.cancel()

        ticket = Ticket(group, come.set, cancel)
        if not self._attempt.groups.enter(ticket):
            live.wait()
            try:
                await self._wait_for(come)
            except asyncio.CancelledError:
                self._attempt.groups.leave(ticket)
                raise
        return ticket

    async def _on_runner(self, plan: PlannedLeg, leg: Leg, scope: Scope, fault: Fault | None) -> None:
        live = leg.live
        request = self._request(plan, live, scope)
        if fault is not None and fault.kind == "hang":
            self._attempt.runner.begin(request, live)
            faults.enter_first_step(live)
            await self._wait_for_ever()
        async with self._attempt.slots:
            self._attempt.runner.begin(request, live)
            try:
                outcome = await self._outcome(request, live, fault)
            finally:
                if request.folder.exists():  # of hundreds of jobs most may have needed none
                    await asyncio.to_thread(shutil.rmtree, request.folder, ignore_errors=True)
        if outcome is not None:
            leg.outputs = outcome.outputs
            self._attempt.invalid = outcome.invalid or self._attempt.invalid
            live.close_log(outcome.conclusion)
            live.complete(outcome.conclusion)

    async def _outcome(self, request: LegRequest, live: LiveJob, fault: Fault | None) -> LegOutcome | None:
        """`None`: the fault has completed the job."""
        kind = fault.kind if fault is not None else None
        if kind == "fail_setup":
            return self._attempt.runner.fail_setup(live, faults.SETUP)
        if kind == "flaky":
            faults.flaky(live)
            return None
        if kind == "lost_runner":
            faults.enter_first_step(live)
            faults.lost_runner(live)
            return None
        outcome = await self._attempt.runner.run(request, live)
        if request.folder.exists():
            await self._take_artifacts(request)
        return outcome

    async def _take_artifacts(self, request: LegRequest) -> None:
        run = self._state.record
        into = self._config.root / "artifacts" / str(run.id) / str(run.run_attempt)
        for name, folder, size in await asyncio.to_thread(artifacts.take, request.folder, into):
            artifact = Artifact(self._attempt.host.next_id(), run.id, name, size, self._attempt.host.now(), folder)
            self._state.artifacts[name] = (run.run_attempt, artifact)

    def _request(self, plan: PlannedLeg, live: LiveJob, scope: Scope) -> LegRequest:
        state = self._state
        needed = needs_of(self._workflow.jobs[plan.key])
        return LegRequest(
            workflow=self._workflow,
            leg=plan,
            event=state.event,
            run=state.record,
            scope=scope,
            needs={key: self._results[key] for key in needed},
            folder=self._folder(live),
            runner_name=f"GitHub Actions {live.record.id}",
            artifacts={name: artifact.folder for name, (_attempt, artifact) in state.artifacts.items()},
            taken=tuple(name for name, (made, _) in state.artifacts.items() if made == state.record.run_attempt),
        )

    def _folder(self, live: LiveJob) -> Path:
        return self._config.root.resolve() / "jobs" / str(live.record.id)

    async def _wait_for_ever(self) -> None:
        await self._wait_for(asyncio.Event())

    async def _wait_for(self, event: asyncio.Event) -> None:
        self._state.attempt.waiting += 1
        self._state.publish(self._state.record)
        try:
            await event.wait()
        finally:
            self._state.attempt.waiting -= 1

    def _is_hosted(self, label: str) -> bool:
        return label in self._config.hosted_labels or bool(_HOSTED.fullmatch(label))

    def _scope(self, key: str) -> Scope:
        needs = {
            need: {"result": self._results[need].result, "outputs": dict(self._results[need].outputs)}
            for need in needs_of(self._workflow.jobs[key])
        }
        ancestors = [self._results[ancestor].result for ancestor in self._ancestors(key)]
        return job_scope(self._attempt.github, self._inputs, needs, ancestors)

    def _ancestors(self, key: str) -> set[str]:
        found: set[str] = set()
        left = list(needs_of(self._workflow.jobs[key]))
        while left:
            need = left.pop()
            if need not in found:
                found.add(need)
                left += needs_of(self._workflow.jobs[need])
        return found

    def _need_result(self, key: str) -> NeedResult:
        legs = self._state.attempt.legs.get(self._path + key, [])
        results = {leg.result for leg in legs}
        outputs: dict[str, str] = {}
        for leg in legs:
            outputs |= {name: value for name, value in leg.outputs.items() if value}
        for result in ("failure", "cancelled", "success"):
            if result in results:
                return NeedResult(result, outputs)
        return NeedResult("skipped", outputs)

    def _skip(self, key: str) -> None:
        live = self._new_job(key, shown_name(key, self._workflow.jobs[key]), ())
        live.complete("skipped")
        self._state.attempt.add(self._path + key, Leg(live))

    def _refuse(self, key: str, problem: str) -> None:
        live = self._new_job(key, shown_name(key, self._workflow.jobs[key]), ())
        live.annotate(Annotation(self._state.record.workflow_path, 1, 1, "failure", problem))
        live.complete("failure")
        self._state.attempt.add(self._path + key, Leg(live))

    def _new_job(self, key: str, name: str, labels: tuple[str, ...]) -> LiveJob:
        return self._live(key, self._shown + name, labels)

    def _live(self, key: str, name: str, labels: tuple[str, ...]) -> LiveJob:
        job_id = self._attempt.host.next_id()
        return self._state.new_job(job_id, job_id, key, name, labels)
