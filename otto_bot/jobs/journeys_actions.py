"""Journeys by Actions: commands are written, a workflow carries them out, and its log is the evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from otto_bot.agents.journey_script import write_script
from otto_bot.agents.journeys import WalkRequest, bounded
from otto_bot.core.effects import Effect
from otto_bot.core.events import JourneysDispatched, JourneysPolled, JourneysTested, Refused, RunEvent
from otto_bot.core.journey_dispatch import MOST_DISPATCHES
from otto_bot.core.journey_script import Script, read_log
from otto_bot.core.journeys import Dispatched, JourneyReport, JourneyRound, report_problems
from otto_bot.core.pauses import FIRST, pause
from otto_bot.core.run import Run
from otto_bot.core.values import stored_json
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.github.errors import Conflict, Forbidden, LogsGone, NotFound, TooLarge
from otto_bot.github.errors import Refused as GitHubRefused
from otto_bot.jobs.context import Context
from otto_bot.jobs.dispatching import noted
from otto_bot.jobs.listening import hearing
from otto_bot.jobs.money import budgeted, keeper
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.jobs.plan_issue import key_files
from otto_bot.jobs.starting_ci import check_start
from otto_bot.jobs.surroundings import house_rules
from otto_bot.jobs.workflow_files import parsed
from otto_bot.text.journeys_line import workflow_path
from otto_bot.text.problems import Rest

UNSEEN = timedelta(minutes=3)
"""How long a workflow run that was asked for may stay out of sight."""
INPUTS = ("id", "journeys")


def branch_of(run: Run) -> str:
    """The branch whose head is tested."""
    return run.repo.default_branch if run.kind == "certify" else run.run_branch


async def not_by_actions(context: Context, run: Run, one: JourneyRound) -> str:
    """Why Actions cannot walk the journeys here, in words; empty = it can."""
    if one.dispatched is not None:
        return ""
    repository, path = context.repository(run), workflow_path(run)
    name = path.rsplit("/", 1)[-1]
    files = {file.path: file for file in await repository.workflow_files(one.head)}
    if path not in files:
        default = [file.path for file in await repository.workflow_files(run.repo.default_branch)]
        if path in default:
            return f"`{name}` came to the default branch after this work began"
        return f"there is no workflow `{name}` that could walk the journeys"
    (workflow,) = await parsed([files[path]])
    trigger = workflow.triggers.get("workflow_dispatch")
    if trigger is None:
        return f"`{name}` cannot be started by hand: it has no `workflow_dispatch`"
    inputs = trigger.get("inputs")
    missing = [one for one in INPUTS if not isinstance(inputs, dict) or one not in inputs]
    return f"`{name}` does not take the input `{missing[0]}`" if missing else ""


async def through_actions(
    context: Context, run: Run, effect: Effect, one: JourneyRound, request: WalkRequest
) -> Sequence[RunEvent]:
    """The next step of a round by Actions: write, start, look. None of them waits."""
    begun = one.dispatched
    if begun is None:
        return [await _written(context, run, effect, one, request)]
    body = await asyncio.to_thread(context.archive.read, begun.script)
    if body is None:
        return await _lost(context, run, one, "what was to be run is not stored any more", "")
    script = Script.model_validate_json(body)
    nonce = context.nonce_for(f"{request.key}/{begun.script}")
    if begun.run_id is None:
        return await _started(context, run, one, begun, script.to_input(nonce))
    return await _looked_at(context, run, one, begun, request, script, nonce)


async def _written(
    context: Context, run: Run, effect: Effect, one: JourneyRound, request: WalkRequest
) -> JourneysDispatched:
    mirror = await context.mirror(run)
    await mirror.fetch(one.head, run.base_sha)
    reading = context.reading(mirror)
    paths = reading.files(one.head)
    request = replace(request, house_rules=await house_rules(reading, run.base_sha))
    files, keep = key_files(reading, one.head, paths), keeper(context, run, effect.key)
    written = await write_script(budgeted(context, run), request, tuple(paths), files, keep)
    if written.value is None:
        reasons = "; ".join(written.problems[:3])[:500]
        raise NeedsPerson(
            f"The commands for the journeys of round {one.number} could not be used: {reasons}. `/otto resume` asks "
            "for them again",
            "journeys",
        )
    clean = context.redactor.text(stored_json(written.value)).encode()
    stored = await asyncio.to_thread(context.archive.keep, "script", clean, context.now())
    usd = sum(record.usage.usd for record in written.records)
    return JourneysDispatched(
        at=context.now(), round=one.number, head=one.head, script=stored, next_at=context.now(),
        model=request.model, calls=len(written.records), usd=round(usd, 6),
    )  # fmt: skip


async def _started(
    context: Context, run: Run, one: JourneyRound, begun: Dispatched, commands: str
) -> Sequence[RunEvent]:
    """Found by its title, so that a second try starts nothing twice."""
    repository, now = context.repository(run), context.now()
    name = f"{run.id}.{one.number}.{one.dispatches}-{begun.script[:8]}"
    title = f"Otto journeys {name}"
    seen = next((r for r in await repository.workflow_runs(one.head) if r.display_title == title), None)
    key = f"journeys/{name}"
    if seen is None and (one.waiting or key in run.asked):
        # It may have been asked for long after it was written: GitHub has a limit, or was away.
        if now - max(begun.at, run.asked.get(key, begun.at)) > UNSEEN:
            return await _lost(context, run, one, "GitHub started no workflow run for it", "")
        return [await _later(context, run, one, "GitHub has not started the workflow yet")]
    run_id = seen.id if seen is not None else None
    if run_id is None:
        await check_start(context, run, await context.mirror(run), one.head, calls=run.config.journeys.workflow)
        try:
            workflow = run.config.journeys.workflow
            inputs = {"id": name, "journeys": commands}
            run_id = await noted(context, run, key, lambda: repository.dispatch(workflow, branch_of(run), inputs))
        except (GitHubRefused, Forbidden, NotFound, Conflict) as error:
            return await _lost(context, run, one, f"GitHub did not start `{workflow}`: {error.message}", "")
    if run_id is None:
        return [await _later(context, run, one, "GitHub has not started the workflow yet")]
    return [
        JourneysDispatched(
            at=now, round=one.number, head=one.head, script=begun.script, run_id=run_id,
            url=context.links(run).workflow_run(run_id), next_at=now + timedelta(seconds=FIRST),
        )
    ]  # fmt: skip


async def _looked_at(
    context: Context, run: Run, one: JourneyRound, begun: Dispatched, request: WalkRequest, script: Script, nonce: str
) -> Sequence[RunEvent]:
    assert begun.run_id is not None
    seen = await context.repository(run).workflow_run(begun.run_id)
    if seen.head_sha != one.head:
        words = f"the branch moved on: the workflow ran on {seen.head_sha[:12]}"
        return await _lost(context, run, one, words, seen.html_url)
    minutes = run.config.verify.timeout_minutes
    if seen.status != "completed":
        if context.now() - begun.at > timedelta(minutes=minutes):
            return await _lost(context, run, one, f"it did not end within {minutes:g} minutes", seen.html_url)
        return [await _later(context, run, one, f"waits for {seen.name or seen.path}")]
    report = await _report(context, run, seen, request, script, nonce)
    if isinstance(report, str):
        return await _lost(context, run, one, report, seen.html_url)
    return [JourneysTested(at=context.now(), round=one.number, head=one.head, via="actions", report=report)]


async def _report(
    context: Context, run: Run, seen: WorkflowRun, request: WalkRequest, script: Script, nonce: str
) -> JourneyReport | str:
    """What the logs of its jobs show; the words of the last job that shows nothing."""
    repository = context.repository(run)
    why = f"the workflow ended as {seen.conclusion} and ran no job"
    for job in await repository.jobs(seen.id, seen.run_attempt):
        try:
            raw = await repository.job_log(job.id)
        except (LogsGone, NotFound, TooLarge, Forbidden) as error:
            why = f"the log of its job cannot be read: {error.message}"
            continue
        clean = await asyncio.to_thread(context.redactor.raw, raw)
        await asyncio.to_thread(context.archive.keep, "log", clean, context.now())
        found = read_log(request.journeys, script, clean.decode("utf-8", "replace"), nonce)
        if isinstance(found, JourneyReport):
            kept = found.model_copy(update={"records": bounded(found.records)})
            problems = report_problems(request.journeys, kept)
            if not problems:
                return kept
            found = "; ".join(problems[:3])
        why = found
    return why


async def _later(context: Context, run: Run, one: JourneyRound, waiting: str) -> JourneysPolled:
    now = context.now()
    next_at = now + timedelta(seconds=pause(one.polls, hearing=await hearing(context, run)))
    return JourneysPolled(
        at=now, round=one.number, head=one.head, next_at=next_at, waiting=waiting[:300], knew=len(one.reported)
    )


async def _lost(context: Context, run: Run, one: JourneyRound, why: str, url: str) -> Sequence[RunEvent]:
    """Asked for once more; after that the run rests until a person has looked."""
    now = context.now()
    lost = JourneysPolled(at=now, round=one.number, head=one.head, next_at=now, lost=why[:500])
    if one.dispatches < MOST_DISPATCHES:
        return [lost]
    where = f" (see {url})" if url else ""
    reason = f"Actions brought no evidence for the journeys of round {one.number}: {why[:500]}{where}"
    return [lost, Refused(at=now, reason=reason, reply="/otto resume", trouble=Rest.JOURNEYS)]
