"""Post a decision's comment, apply it once it stands, and start jobs again where it says so."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from otto_bot.core.attempt import BASELINE, Verification
from otto_bot.core.effects import Effect
from otto_bot.core.events import (
    DecisionApplied,
    DecisionPosted,
    JobsRerun,
    PersonCalled,
    Published,
    RunEvent,
    VerificationEnded,
)
from otto_bot.core.machine import reduce
from otto_bot.core.reviewing import comment_of, gate_surface
from otto_bot.core.run import Gate, GateState, Run
from otto_bot.core.surfaces import gate_digest
from otto_bot.core.waits import gate_call
from otto_bot.github.ci_models import WorkflowRun
from otto_bot.github.errors import Forbidden, GitHubError, Refused, not_granted
from otto_bot.jobs.context import Context
from otto_bot.jobs.dispatching import dispatch_if_needed, noted, wait_until_it_could_be_seen
from otto_bot.jobs.outcomes import NeedsPerson
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.call import call_words
from otto_bot.text.decision import decision_comment
from otto_bot.text.markers import marker
from otto_bot.text.trouble import Trouble

log = logging.getLogger(__name__)


async def post_decision(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """DecisionPosted: from here on the decision may count. A new comment that asks calls for a person, too."""
    gate = run.gate
    if gate is None or (gate.number, gate.revision) != (effect.gate, effect.number) or run.pull_request is None:
        return []
    surface = gate_surface(gate)
    begun = context.now()
    known, links = comment_of(run, gate), context.links(run)
    wait = gate_call(_as_posted(run, gate, begun), gate.number)
    body = decision_comment(run, gate, links, begun, call_words(run, wait, links) if wait is not None else ())
    comment = await context.repository(run).upsert_comment(run.pull_request, marker(run.id, surface), body, known)
    posted = DecisionPosted(
        at=context.now(), gate=gate.number, revision=gate.revision, comment_id=comment.id, url=comment.url,
        begun_at=begun,
    )  # fmt: skip
    after = reduce(run, posted) or run
    digest = gate_digest(after, after.gate or gate)
    published = Published(at=context.now(), surface=surface, digest=digest, github_id=comment.id)
    called = [PersonCalled(at=context.now(), wait=wait.key)] if wait is not None and known is None else []
    return [posted, published, *called]


def _as_posted(run: Run, gate: Gate, at: datetime) -> Run:
    """The run as it will be once the comment stands."""
    posted = DecisionPosted(at=at, gate=gate.number, revision=gate.revision, comment_id=0, begun_at=at)
    return reduce(run, posted) or run


async def apply_decision(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """DecisionApplied. The effect's time was the end of the grace; the state machine checks it again."""
    gate = run.gate
    if gate is None or (gate.number, gate.revision) != (effect.gate, effect.number):
        return []
    if gate.state not in (GateState.POSTED, GateState.APPROVED):
        return []
    return [DecisionApplied(at=context.now(), gate=gate.number, revision=gate.revision)]


async def rerun_jobs(context: Context, run: Run, effect: Effect, _ticket: Ticket) -> Sequence[RunEvent]:
    """JobsRerun: what judges this commit starts again. Twice is once: a run that is going again is left alone.

    Where no workflow run exists there is nothing to run again: in the dispatch lane one is started, in the others the
    commit is looked at anew for what has started meanwhile.
    """
    verification = run.verifications.get(effect.target)
    if verification is None or not verification.rerun_due:
        return []
    repository = context.repository(run)
    try:
        for run_id in verification.run_ids:
            await _again(context, run, effect, await repository.workflow_run(run_id))
        if not verification.run_ids:
            await dispatch_if_needed(context, run, verification.branch, verification.sha)
    except (Forbidden, Refused) as error:
        if effect.target == BASELINE:
            # It only stays without a verdict: no person has to see to that.
            log.warning("the base of run %s is not verified again: %s", run.id, error)
            given = {"at": context.now(), "target": BASELINE, "sha": verification.sha, "ending": "cancelled"}
            return [VerificationEnded.model_validate(given)]
        kind = Trouble.NO_ACTIONS_WRITE if not_granted(error) else "rerun"
        raise NeedsPerson(_press_the_button(error, verification), kind) from error
    return [JobsRerun(at=context.now(), target=effect.target, round=effect.number)]


async def _again(context: Context, run: Run, effect: Effect, seen: WorkflowRun) -> None:
    """A run that goes on, is green, or waits for somebody's approval is as it should be.

    One that was started again for this very effect, and has failed once more meanwhile, is left alone, too.
    """
    if seen.status != "completed" or seen.conclusion in ("success", "action_required"):
        return
    round_ = f"rerun/{effect.target}/{effect.number}/{seen.id}/"
    asked = [int(key.removeprefix(round_)) for key in run.asked if key.startswith(round_)]
    if asked and seen.run_attempt > min(asked):
        return
    repository, key = context.repository(run), f"{round_}{seen.run_attempt}"
    wait_until_it_could_be_seen(context, run, key)
    # Where no job has failed only all of them can run again: one that was cancelled while it waited has none at all.
    every = seen.conclusion in ("neutral", "skipped")
    if seen.conclusion == "cancelled":
        every = not await repository.jobs(seen.id, seen.run_attempt)
    await noted(context, run, key, lambda: (repository.rerun if every else repository.rerun_failed)(seen.id))


def _press_the_button(error: GitHubError, verification: Verification) -> str:
    """Without the right a person does it; the answer makes Otto look at the jobs that run then."""
    where = f"on {verification.url}" if verification.url else "on the page of the workflow run"
    press = f"Press `Re-run failed jobs` {where}"
    if not verification.run_ids:
        press = f"Press `Run workflow` in the Actions tab, for the branch `{verification.branch}`"
    if not_granted(error):
        return (
            "the App may not run jobs again: its installation has not granted it `Actions: read and write`. "
            f"{press}, then answer `/otto resume`. An owner can grant it in `Settings → GitHub Apps → Configure`, for "
            "the next time"
        )
    return f"GitHub does not let Otto run the jobs again ({error.message}). {press}, then answer `/otto resume`"
