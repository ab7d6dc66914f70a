"""One coder session: a workspace, the loop, a commit. Long, journalled, and it yields when asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from otto_bot.agents.coder import CodeResult, CoderLimits, code
from otto_bot.agents.coder_prompt import CodeRequest
from otto_bot.agents.surroundings import CODER_MAP_TOKENS
from otto_bot.agents.toolbox import Toolbox
from otto_bot.agents.turns import Signal
from otto_bot.core.aside import told_to_models
from otto_bot.core.asks import started_anew
from otto_bot.core.attempt import Attempt
from otto_bot.core.authors import at_least_write
from otto_bot.core.decision import Action
from otto_bot.core.effects import Effect
from otto_bot.core.enclosing import plainly
from otto_bot.core.events import AttemptCoded, AttemptFailed, AttemptStarted, AttemptStopped, RunEvent
from otto_bot.core.evidence import Cause, Excerpt, Failure, Phase
from otto_bot.core.guided import guided_by
from otto_bot.core.plan import TaskSpec
from otto_bot.core.projects import in_scope
from otto_bot.core.protected_paths import TOLD
from otto_bot.core.review_rounds import asked_of
from otto_bot.core.run import Run
from otto_bot.core.unseen import escaped
from otto_bot.diagnosis.progress import left_as_it_was, progress
from otto_bot.git.mirror import Mirror
from otto_bot.git.workspace import Workspace
from otto_bot.jobs.caged import caged
from otto_bot.jobs.carrying import SessionKept, keep_commit
from otto_bot.jobs.context import Context, failures_before
from otto_bot.jobs.context_notes import handoff, told_notes
from otto_bot.jobs.journal import StoredJournal
from otto_bot.jobs.keep_prompt import keep_prompt
from otto_bot.jobs.learn import told_to
from otto_bot.jobs.money import budgeted
from otto_bot.jobs.outcomes import Later
from otto_bot.jobs.saving import NOTHING, Saved, saved
from otto_bot.jobs.set_aside import read_only_of
from otto_bot.jobs.starting import overtaken, own_base, start_of
from otto_bot.jobs.surroundings import focus_of, house_rules, map_of
from otto_bot.jobs.tried_before import own_evidence, previous_diff
from otto_bot.model.errors import ProviderError
from otto_bot.model.toolset import FileTools
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.commits import attempt_commit

COMMAND_SECONDS = 300.0


async def code_task(context: Context, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """AttemptCoded, or AttemptFailed / AttemptStopped with the reason."""
    mirror = await context.mirror(run)
    task = run.task(effect.task)
    if task.last is None or task.last.number != effect.attempt:
        start = await start_of(context, run, mirror, effect)
        await keep_commit(context.archive, run, mirror, start.base, context.now())
        run = await context.record(
            run.id,
            AttemptStarted(
                at=context.now(),
                task=effect.task,
                attempt=effect.attempt,
                base_sha=start.base,
                branch=start.branch,
                fresh=start.fresh,
                learnings=await told_to(context, run, effect.task),
            ),
        )
        task = run.task(effect.task)
    attempt = task.last
    if attempt is None or attempt.number != effect.attempt:
        return []
    await mirror.fetch(*_needed(run, attempt))
    session = _Session(context, run, mirror, effect, ticket, attempt)
    return await session.work()


def _needed(run: Run, attempt: Attempt) -> list[str]:
    before = [a.sha for a in run.task(_task_of(run, attempt)).attempts if a.sha and a.pushed]
    return list(dict.fromkeys([run.base_sha, *([run.head] if run.head else []), *before, attempt.base_sha]))


def _task_of(run: Run, attempt: Attempt) -> str:
    return next(key for key, task in run.tasks.items() if attempt in task.attempts)


class _Session:
    """One attempt being coded."""

    def __init__(
        self, context: Context, run: Run, mirror: Mirror, effect: Effect, ticket: Ticket, attempt: Attempt
    ) -> None:
        self.context = context
        self.run = run
        self.mirror = mirror
        self.effect = effect
        self.ticket = ticket
        self.attempt = attempt
        self.path = context.state_dir / "work" / f"run-{run.id}-{effect.task}-a{attempt.number}"

    @property
    def _spec(self) -> TaskSpec:
        assert self.run.plan is not None
        return self.run.plan.task(self.effect.task)

    async def work(self) -> Sequence[RunEvent]:
        """Code, then turn what is there into a commit."""
        notes = told_notes(self.run, self.attempt)
        workspace = await Workspace.open(self.mirror, self.attempt.base_sha, self.path, notes=notes)
        if (again := await self._anew(workspace)) is not None:
            await workspace.remove()
            return [again]
        try:
            result = await self._code(workspace)
        except ProviderError as error:
            if error.retryable:
                raise
            await workspace.remove()
            return [self._failed(Cause.PROVIDER_ERROR, error.message)]
        if result.ending == "paused":
            raise Later(None, "the run is paused or the worker stops")
        events = await self._finish(workspace, result)
        await workspace.remove()
        return events

    async def _code(self, workspace: Workspace) -> CodeResult:
        read_only = await read_only_of(self.mirror, self.attempt.base_sha)
        files = await asyncio.to_thread(FileTools, workspace.path, self.context.enclose or plainly, read_only)
        tools = Toolbox(
            files=files,
            snapshot=lambda: _tree(workspace),
            restore=workspace.restore,
            runner=caged(self.context, self.run, workspace, COMMAND_SECONDS, self._spec.projects),
        )
        # The purse stops it in time, other tasks counted in; turns of before a restart are paid already.
        limits = CoderLimits(usd=self.run.caps.usd)
        request = await self._request(workspace)
        await keep_prompt(self.context, self.run.id, request, can_run=tools.runner is not None)
        return await code(
            budgeted(self.context, self.run),
            tools,
            StoredJournal(self.context, SessionKept(self.mirror, self.attempt.base_sha)),
            limits,
            request,
            self._signal,
            asyncio.get_running_loop().time,
        )

    async def _request(self, workspace: Workspace) -> CodeRequest:
        run, attempt = self.run, self.attempt
        assert run.plan is not None
        task = run.task(self.effect.task)
        before = failures_before(run, task, attempt.number)
        spec = self._spec
        focus = focus_of(spec, attempt.guidance, *attempt.routed)
        body, points = asked_of(run, self.effect.task)
        reviewer = next((review.by.login for review in run.reviews if self.effect.task in review.tasks), "")
        return CodeRequest(
            run=str(run.id),
            model=run.config.models.coder,
            task=spec,
            attempt=attempt.number,
            plan_summary=run.plan.summary,
            evidence=own_evidence(before),
            guidance=attempt.guidance,
            guided_by=guided_by(run, attempt),
            review=points,
            review_body=body,
            reviewed_by=at_least_write(reviewer),
            facts=attempt.routed,
            learnings=tuple(told.line for told in attempt.learnings),
            previous_diff=escaped(await self._previous_diff()),
            house_rules=await house_rules(self.context.reading(self.mirror), run.base_sha, spec.files),
            repository_map=await map_of(self.mirror, attempt.base_sha, focus, CODER_MAP_TOKENS, self.context.enclose),
            notes=told_notes(run, attempt),
            notes_file=workspace.notes_file,
            projects=in_scope(spec.projects, run.config.paths.projects),
            partial=self.mirror.contents.partial,
            protected=(*run.config.paths.guarded, *TOLD, *told_to_models(run.aside)),
            nonce=self.context.nonce_for(f"run/{run.id}/code/{self.effect.task}/a{attempt.number}"),
        )

    async def _previous_diff(self) -> str:
        """A fresh start sees what was tried before it, also what could never be pushed."""
        reading, merging = self.context.reading(self.mirror), self.context.merging(self.mirror)
        task = self.run.task(self.effect.task)
        earlier = tuple(a for a in task.attempts if a.number < self.attempt.number)
        here = await self.mirror.held([a.sha for a in earlier if a.sha])
        undone = await overtaken(self.context, self.run, self.mirror, task.model_copy(update={"attempts": earlier}))
        last = next((a.sha for a in reversed(earlier) if a.sha and a.pushed), None)
        began = await own_base(self.context, self.run, self.mirror, task.key, last) if undone and last else None
        return await previous_diff(reading, merging, task.attempts, self.attempt, here=here, began=began)

    async def _signal(self) -> Signal:
        """Asked before each step: go on, pause, or stop and push what is there."""
        if self.context.stopping():
            return "pause"
        if await self.context.still_wanted(self.ticket):
            run = await asyncio.to_thread(self.context.ledger.load, self.run.id)
            return "stop" if run.stopping else "go"
        return "pause"

    async def _finish(self, workspace: Workspace, result: CodeResult) -> Sequence[RunEvent]:
        reading = self.context.reading(self.mirror)
        changed = result.tree != reading.tree_id(self.attempt.base_sha)
        if result.ending == "stopped":
            return [await self._stopped(workspace, result.tree if changed else None)]
        if result.ending == "money_limit":
            return [await self._out_of_money(workspace, result.tree if changed else None)]
        if result.ending not in ("finished", "no_finish"):
            return [await self._over_limit(workspace, result, result.tree if changed else None)]
        if not changed and self._base_mended():
            # Its own change was right: with the new base taken in it is verified once more.
            return [self._coded(self.attempt.base_sha, "no changes, on the new base", result)]
        if not changed:
            words = result.handoff.summary if result.handoff else result.detail
            return [self._unchanged(f"the coder changed nothing. {words}")]
        changes = await asyncio.to_thread(reading.diff, self.attempt.base_sha, result.tree)
        sha = await self._commit(workspace, result.tree)
        stat = f"{len(changes)} files, +{sum(c.additions for c in changes)} −{sum(c.deletions for c in changes)}"
        return [self._coded(sha, stat, result)]

    def _coded(self, sha: str, stat: str, result: CodeResult) -> AttemptCoded:
        return AttemptCoded(
            at=self.context.now(),
            task=self.effect.task,
            attempt=self.attempt.number,
            sha=sha,
            tree=result.tree,
            stat=stat,
            handoff=handoff(result.handoff, self.context.redactor),
        )

    def _base_mended(self) -> bool:
        """Whether the attempt before failed only as its base did, and a newer base is part of this one."""
        before = [a for a in self.run.task(self.effect.task).attempts if a.number == self.attempt.number - 1]
        if not before or before[0].sha is None or before[0].failure is None:
            return False
        newer = before[0].base_round < self.attempt.base_round and before[0].sha != self.attempt.base_sha
        return newer and (before[0].failure.pre_existing or before[0].failure.cause is Cause.BASE_RED)

    async def _anew(self, workspace: Workspace) -> AttemptCoded | None:
        """The files of the attempt before as another commit, where nothing but that was asked for; else None.

        What GitHub ended before any job it never repeats: only a new commit is looked at.
        """
        before = [a for a in self.run.task(self.effect.task).attempts if a.number == self.attempt.number - 1]
        if not before or before[0].sha is None or self.attempt.strategy is not Action.RETRY:
            return None
        if self.attempt.guidance or not started_anew(before[0].failure):
            return None
        tree, sha = await _tree(workspace), self.attempt.base_sha
        if sha == before[0].sha:
            sha = await self._commit(workspace, tree)
        key, stat = {"task": self.effect.task, "attempt": self.attempt.number}, "no changes, as a new commit"
        return AttemptCoded(at=self.context.now(), **key, sha=sha, tree=tree, stat=stat, handoff=before[0].handoff)

    async def _commit(self, workspace: Workspace, tree: str) -> str:
        habits = await self.context.habits(self.run)
        message = self.context.redactor.text(attempt_commit(self.run, self.effect.task, self.attempt.number, habits))
        # A fresh start of a single-task run goes on top of the run branch: no ref of ours moves backwards.
        on_head = self.run.single and self.attempt.base_sha != self.run.head
        merged = on_head and await self.context.merging(self.mirror).is_ancestor(self.run.head, self.attempt.base_sha)
        parent = self.run.head if on_head and not merged else self.attempt.base_sha
        sha = await workspace.commit(
            tree, [parent], message, author=await self.context.author(), when=self.context.now()
        )
        await keep_commit(self.context.archive, self.run, self.mirror, sha, self.context.now())
        return sha

    async def _stopped(self, workspace: Workspace, tree: str | None) -> RunEvent:
        kept = await self._save(workspace, tree)
        where = {"task": self.effect.task, "attempt": self.attempt.number}
        return AttemptStopped(at=self.context.now(), **where, sha=kept.sha, tree=kept.tree, pushed=kept.pushed)

    async def _out_of_money(self, workspace: Workspace, tree: str | None) -> RunEvent:
        kept = await self._save(workspace, tree)
        failed = self._failed(Cause.BUDGET, f"the money ended in the middle of the work. {kept.words}")
        return failed.model_copy(update={"sha": kept.sha, "tree": kept.tree, "pushed": kept.pushed})

    async def _over_limit(self, workspace: Workspace, result: CodeResult, tree: str | None) -> RunEvent:
        kept = await self._save(workspace, tree)
        words = ": ".join(part for part in (result.ending.replace("_", " "), result.detail) if part)
        failed = self._failed(Cause.AGENT_LIMIT, f"{words}. {kept.words}")
        return failed.model_copy(update={"sha": kept.sha, "tree": kept.tree, "pushed": kept.pushed})

    async def _save(self, workspace: Workspace, tree: str | None) -> Saved:
        if tree is None:
            return NOTHING
        commit = partial(self._commit, workspace, tree)
        return await saved(self.context, self.run, self.mirror, self.effect.task, self.attempt, tree, commit)

    def _unchanged(self, detail: str) -> AttemptFailed:
        """What was there before the attempt is there still, so it fails by the same again: that keeps its mark."""
        event = self._failed(Cause.NO_CHANGES, detail)
        before = left_as_it_was(failures_before(self.run, self.run.task(self.effect.task), self.attempt.number))
        if before is None or not before.fingerprint:
            return event
        return event.model_copy(
            update={"failure": event.failure.model_copy(update={"fingerprint": before.fingerprint})}
        )

    def _failed(self, cause: Cause, detail: str, excerpts: tuple[Excerpt, ...] = ()) -> AttemptFailed:
        words = excerpts or (Excerpt(kind="message", source="coder", text=detail or cause.value),)
        failure = Failure(
            task=self.effect.task,
            attempt=self.attempt.number,
            phase=Phase.CODING,
            cause=cause,
            detail=detail[:1000],
            fingerprint=f"{cause.value}",
            excerpts=words,
        )
        before = failures_before(self.run, self.run.task(self.effect.task), self.attempt.number)
        failure = failure.model_copy(update={"progress": progress(before, failure)})
        return AttemptFailed(at=self.context.now(), task=self.effect.task, attempt=self.attempt.number, failure=failure)


async def _tree(workspace: Workspace) -> str:
    return (await workspace.snapshot()).tree
