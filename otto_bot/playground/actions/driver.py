"""Drive one attempt of a run: jobs in the order of their needs, each leg on a free runner, faults where asked for."""

import asyncio
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from otto_bot.playground.actions import artifacts, faults
from otto_bot.playground.actions.api import ActionsConfig, ActionsHost, Annotation, Artifact, Conclusion, Fault
from otto_bot.playground.actions.contexts import github_context, job_scope
from otto_bot.playground.actions.expressions import Scope, condition
from otto_bot.playground.actions.legs import Leg as PlannedLeg
from otto_bot.playground.actions.legs import fail_fast, legs_of, shown_name
from otto_bot.playground.actions.live import LiveJob
from otto_bot.playground.actions.reviews import let_in
from otto_bot.playground.actions.rewrite import NeedResult
from otto_bot.playground.actions.runner import LegOutcome, LegRequest, Runner
from otto_bot.playground.actions.standing import Standing
from otto_bot.playground.actions.state import Leg, RunState
from otto_bot.playground.actions.values import ExpressionError
from otto_bot.playground.actions.workflow import needs_of

_HOSTED = re.compile(r"(?:ubuntu|macos|windows)-[\w.-]+")


class AttemptDriver:
    """One attempt. `carried` are legs of the attempt before, by job key, that are not run again."""

    def __init__(
        self,
        state: RunState,
        runner: Runner,
        host: ActionsHost,
        config: ActionsConfig,
        slots: asyncio.Semaphore,
        carried: Mapping[str, list[Leg]],
        standing: Callable[[], Standing],
    ) -> None:
        self._state = state
        self._runner = runner
        self._host = host
        self._config = config
        self._slots = slots
        self._carried = carried
        self._standing = standing
        self._invalid: str | None = None
        self._github: dict[str, Any] = github_context(state.event, state.record, host.repository, config.server_url)
        self._results: dict[str, NeedResult] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def drive(self) -> None:
        """Run every job and publish the run's end. A cancelled task ends all jobs as cancelled."""
        self._state.set_status("in_progress")
        try:
            async with asyncio.TaskGroup() as group:
                for key in self._state.workflow.jobs:
                    self._tasks[key] = group.create_task(self._job(key))
        except asyncio.CancelledError:
            self._end_cancelled()
            return
        if self._invalid is not None:
            self._state.fail_to_start(self._invalid)
        else:
            self._state.set_status("completed", self._conclusion())

    def _end_cancelled(self) -> None:
        for live in self._state.attempt.order:
            live.cancelled(self._state.cancel_reason)
        self._state.set_status("completed", "cancelled")

    def _conclusion(self) -> Conclusion:
        results = {result.result for result in self._results.values()}
        if "failure" in results:
            return "failure"
        if "cancelled" in results:
            return "cancelled"
        return "skipped" if results == {"skipped"} else "success"

    async def _job(self, key: str) -> None:
        needs = needs_of(self._state.workflow.jobs[key])
        if needs:
            await asyncio.wait([self._tasks[need] for need in needs])
        if key in self._carried and self._all_carried(key):
            self._carry(key, self._carried[key])
        else:
            await self._run_job(key)
        self._results[key] = self._need_result(key)

    def _all_carried(self, key: str) -> bool:
        return all(leg.result in ("success", "skipped") for leg in self._carried[key])

    def _carry(self, key: str, legs: list[Leg]) -> None:
        for leg in legs:
            old = leg.live
            live = self._new_job(key, old.record.name, old.record.labels)
            live.carry_over(old)
            self._state.attempt.add(key, Leg(live, leg.outputs, leg.tolerated))

    async def _run_job(self, key: str) -> None:
        job = self._state.workflow.jobs[key]
        scope = self._scope(key)
        try:
            if not condition(job.get("if"), scope):
                self._skip(key)
                return
            planned = legs_of(self._state.workflow, key, scope)
            fast = fail_fast(job, scope)
        except ExpressionError as error:
            self._refuse(key, str(error))
            return
        await self._run_legs(key, planned, scope, fast)

    async def _run_legs(self, key: str, planned: tuple[PlannedLeg, ...], scope: Scope, fast: bool) -> None:
        done_before = {leg.live.record.name: leg for leg in self._carried.get(key, ()) if leg.result == "success"}
        tasks: list[asyncio.Task[None]] = []
        for plan in planned:
            if plan.name in done_before:
                self._carry(key, [done_before[plan.name]])
                continue
            leg = Leg(self._new_job(key, plan.name, plan.labels), tolerated=plan.continue_on_error)
            self._state.attempt.add(key, leg)
            tasks.append(asyncio.create_task(self._leg(plan, leg, scope)))
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
            if fast and any(leg.live.is_over and leg.result == "failure" for leg in self._state.attempt.legs[key]):
                for task in pending:
                    task.cancel()

    async def _leg(self, plan: PlannedLeg, leg: Leg, scope: Scope) -> None:
        live = leg.live
        fault = faults.find(self._config.faults, self._state.record, plan.name)
        try:
            if fault is not None and fault.delay_ms:
                await asyncio.sleep(fault.delay_ms / 1000)
            if not await let_in(self._state, self._standing(), self._state.workflow.jobs[plan.key], live):
                faults.rejected(live)
                return
            if not self._standing().paid or (fault is not None and fault.kind == "never_start"):
                faults.never_start(live)
                return
            if not all(self._is_hosted(label) for label in plan.labels):
                await self._wait_for_ever()
            await self._on_runner(plan, leg, scope, fault)
        except asyncio.CancelledError:
            live.cancelled(self._state.cancel_reason)
            raise
        except OSError as error:
            # The playground itself failed; the job says so rather than hang.
            live.annotate(Annotation(".github", 1, 1, "failure", f"The runner failed: {error}"))
            live.close_log("failure")
            live.complete("failure")

    async def _on_runner(self, plan: PlannedLeg, leg: Leg, scope: Scope, fault: Fault | None) -> None:
        live = leg.live
        request = self._request(plan, live, scope)
        if fault is not None and fault.kind == "hang":
            self._runner.begin(request, live)
            faults.enter_first_step(live)
            await self._wait_for_ever()
        async with self._slots:
            self._runner.begin(request, live)
            try:
                outcome = await self._outcome(request, live, fault)
            finally:
                await asyncio.to_thread(shutil.rmtree, request.folder, ignore_errors=True)
        if outcome is not None:
            leg.outputs = outcome.outputs
            self._invalid = outcome.invalid or self._invalid
            live.close_log(outcome.conclusion)
            live.complete(outcome.conclusion)

    async def _outcome(self, request: LegRequest, live: LiveJob, fault: Fault | None) -> LegOutcome | None:
        """`None`: the fault has completed the job."""
        kind = fault.kind if fault is not None else None
        if kind == "fail_setup":
            return self._runner.fail_setup(live, faults.SETUP)
        if kind == "flaky":
            faults.flaky(live)
            return None
        if kind == "lost_runner":
            faults.enter_first_step(live)
            faults.lost_runner(live)
            return None
        outcome = await self._runner.run(request, live)
        await self._take_artifacts(request)
        return outcome

    async def _take_artifacts(self, request: LegRequest) -> None:
        run = self._state.record
        into = self._config.root / "artifacts" / str(run.id) / str(run.run_attempt)
        for name, folder, size in await asyncio.to_thread(artifacts.take, request.folder, into):
            artifact = Artifact(self._host.next_id(), run.id, name, size, self._host.now(), folder)
            self._state.artifacts[name] = (run.run_attempt, artifact)

    def _request(self, plan: PlannedLeg, live: LiveJob, scope: Scope) -> LegRequest:
        state = self._state
        needed = needs_of(state.workflow.jobs[plan.key])
        return LegRequest(
            workflow=state.workflow,
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
        self._state.attempt.waiting += 1
        self._state.publish(self._state.record)
        try:
            await asyncio.Event().wait()
        finally:
            self._state.attempt.waiting -= 1

    def _is_hosted(self, label: str) -> bool:
        return label in self._config.hosted_labels or bool(_HOSTED.fullmatch(label))

    def _scope(self, key: str) -> Scope:
        needs = {
            need: {"result": self._results[need].result, "outputs": dict(self._results[need].outputs)}
            for need in needs_of(self._state.workflow.jobs[key])
        }
        ancestors = [self._results[ancestor].result for ancestor in self._ancestors(key)]
        return job_scope(self._github, self._state.inputs, needs, ancestors)

    def _ancestors(self, key: str) -> set[str]:
        found: set[str] = set()
        left = list(needs_of(self._state.workflow.jobs[key]))
        while left:
            need = left.pop()
            if need not in found:
                found.add(need)
                left += needs_of(self._state.workflow.jobs[need])
        return found

    def _need_result(self, key: str) -> NeedResult:
        legs = self._state.attempt.legs.get(key, [])
        results = {leg.result for leg in legs}
        outputs: dict[str, str] = {}
        for leg in legs:
            outputs |= {name: value for name, value in leg.outputs.items() if value}
        for result in ("failure", "cancelled", "success"):
            if result in results:
                return NeedResult(result, outputs)
        return NeedResult("skipped", outputs)

    def _skip(self, key: str) -> None:
        live = self._new_job(key, shown_name(key, self._state.workflow.jobs[key]), ())
        live.complete("skipped")
        self._state.attempt.add(key, Leg(live))

    def _refuse(self, key: str, problem: str) -> None:
        live = self._new_job(key, shown_name(key, self._state.workflow.jobs[key]), ())
        live.annotate(Annotation(self._state.record.workflow_path, 1, 1, "failure", problem))
        live.complete("failure")
        self._state.attempt.add(key, Leg(live))

    def _new_job(self, key: str, name: str, labels: tuple[str, ...]) -> LiveJob:
        job_id = self._host.next_id()
        return self._state.new_job(job_id, job_id, key, name, labels)
