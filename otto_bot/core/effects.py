"""`due(run, now) -> effects`: what must happen next given the state. Asking twice gives the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from otto_bot.core import base, journey_rounds, review_rounds, stale_base
from otto_bot.core.attempt import BASELINE, Attempt, Task, TaskState, Verification, target_of
from otto_bot.core.barring import ISSUE_GONE
from otto_bot.core.changed import remembered
from otto_bot.core.effect import Effect, EffectKind, effect_of, run_of
from otto_bot.core.integration import candidate_target
from otto_bot.core.journeys import RoundState
from otto_bot.core.lanes import LaneKind
from otto_bot.core.learning_uses import unwritten
from otto_bot.core.reviewing import gate_surface
from otto_bot.core.run import GateState, Run, RunPhase
from otto_bot.core.serial import in_turn
from otto_bot.core.showing import behind, edit_at, gives_way, is_progress
from otto_bot.core.surfaces import surfaces
from otto_bot.core.tasks import all_startable
from otto_bot.core.waits import waits_for

__all__ = ["Effect", "EffectKind", "due", "run_of", "scheduled"]

REMINDER_AFTER = timedelta(hours=24)


PRESSING = frozenset(
    {
        EffectKind.POST_PLAN, EffectKind.OPEN_PULL_REQUEST, EffectKind.PUSH, EffectKind.CANDIDATE,
        EffectKind.POST_DECISION,
    }
)  # fmt: skip
"""Short steps for which people or Actions wait: what tells of progress is written after them."""

Rule = Callable[[Run], Iterator[Effect]]


def due(run: Run, now: datetime) -> tuple[Effect, ...]:
    """Effects that must happen now."""
    return tuple(effect for effect in scheduled(run) if effect.not_before is None or effect.not_before <= now)


def scheduled(run: Run) -> tuple[Effect, ...]:
    """Effects that must happen now or at their named time, each key once. Of a run that is barred there are none."""
    if run.bars:
        return ()
    rules = ALWAYS if run.resting else (*ALWAYS, *_by_phase(run))
    found = {effect.key: effect for rule in rules for effect in rule(run)}
    return tuple(_delayed(run, effect) for effect in in_turn(run, found.values()) if _possible(run, effect))


def _by_phase(run: Run) -> tuple[Rule, ...]:
    """What a run at work does; while its pull request is closed nothing but to open it again."""
    return (_reopen,) if run.pull_closed else RULES.get(run.phase, ())


def _reopen(run: Run) -> Iterator[Effect]:
    yield effect_of(run, EffectKind.REOPEN, f"reopen/h{run.rests}", number=run.pull_request or 0)


def _possible(run: Run, effect: Effect) -> bool:
    trouble = run.trouble.get(effect.key)
    return trouble is None or trouble.retry_at is not None


def _delayed(run: Run, effect: Effect) -> Effect:
    trouble = run.trouble.get(effect.key)
    if trouble is None or trouble.retry_at is None:
        return effect
    later = max(trouble.retry_at, effect.not_before) if effect.not_before else trouble.retry_at
    return effect.model_copy(update={"not_before": later})


def _prepare(run: Run) -> Iterator[Effect]:
    if not run.prepared:
        yield effect_of(run, EffectKind.PREPARE, f"prepare/h{run.rests}")
    else:
        yield effect_of(run, EffectKind.PLAN, f"plan/n{run.plan_number}/h{run.rests}", number=run.plan_number)


def _review_plan(run: Run) -> Iterator[Effect]:
    if run.plan_posted < run.plan_revision:
        name = f"post-plan/r{run.plan_revision}"
        yield effect_of(run, EffectKind.POST_PLAN, name, number=run.plan_revision, lane=f"run/{run.id}/post-plan")
    elif run.plan_approved_by and run.pull_request is None:
        yield effect_of(run, EffectKind.OPEN_PULL_REQUEST, "pull-request")


def _start(run: Run) -> Iterator[Effect]:
    yield from remembered(run, "start", (), _starting)


def _starting(run: Run) -> tuple[Effect, ...]:
    return tuple(_code(run, run.tasks[key], len(run.tasks[key].attempts) + 1) for key in all_startable(run))


def _code(run: Run, task: Task, attempt: int) -> Effect:
    return effect_of(run, EffectKind.CODE, f"code/{task.key}/a{attempt}/h{run.rests}", task=task.key, attempt=attempt)


def _coding(run: Run, task: Task, last: Attempt) -> Effect:
    """A coder's attempt: code until there is a commit, then push it."""
    if last.sha is None:
        return _code(run, task, last.number)
    # After a person accepted what the gate held, the same commit is pushed once more.
    said = f"/y{len(task.accepted)}" if any(one.attempt == last.number for one in task.accepted) else ""
    name = f"push/{task.key}/a{last.number}{said}{_again(last.taken_in)}"
    return effect_of(run, EffectKind.PUSH, name, task=task.key, attempt=last.number)


def _again(count: int) -> str:
    """Marks what is done once more for an attempt that took the commits of others in."""
    return f"/t{count}" if count else ""


def _work(run: Run) -> Iterator[Effect]:
    for key, number, effect in remembered(run, "work", (), _at_work):
        if effect is not None:
            yield effect
        else:
            yield from _verify(run, target_of(key, number), task=key, attempt=number)


def _at_work(run: Run) -> tuple[tuple[str, int, Effect | None], ...]:
    """Task, attempt, and what its coder or judge does next; None = it is being verified."""
    found: list[tuple[str, int, Effect | None]] = []
    for key, task in run.tasks.items():
        last = task.last
        if last is None:
            continue
        if task.state is TaskState.CODING:
            if not stale_base.push_waits(run, last):
                found.append((key, last.number, _coding(run, task, last)))
        elif task.state is TaskState.JUDGING:
            # After a person accepted changed tests the same attempt is looked at once more.
            said = f"/y{len(task.accepted)}" if task.accepted else ""
            name = f"judge/{key}/a{last.number}{said}{_again(last.taken_in)}/h{run.rests}"
            found.append((key, last.number, effect_of(run, EffectKind.JUDGE, name, task=key, attempt=last.number)))
        elif task.state is TaskState.VERIFYING:
            found.append((key, last.number, None))
    return tuple(found)


def _verify(run: Run, target: str, *, task: str = "", attempt: int = 0) -> Iterator[Effect]:
    verification = run.verifications.get(target)
    if verification is None or verification.ending is not None:
        return
    if verification.rerun_due:
        name = f"rerun/{target}{_again(verification.again)}/n{verification.round}"
        yield effect_of(run, EffectKind.RERUN, name, target=target, number=verification.round)
    else:
        yield _poll(run, verification, task, attempt)


def _poll(run: Run, verification: Verification, task: str, attempt: int) -> Effect:
    name = f"verify/{verification.target}{_again(verification.again)}/n{verification.round}/p{verification.polls}"
    return effect_of(
        run,
        EffectKind.VERIFY,
        name,
        lane=f"run/{run.id}/verify/{verification.target}",
        target=verification.target,
        task=task,
        attempt=attempt,
        number=verification.polls,
        not_before=verification.next_at,
    )


def _baseline(run: Run) -> Iterator[Effect]:
    if run.lane is not None and run.lane.kind is not LaneKind.NONE:
        yield from _verify(run, BASELINE)


def _base(run: Run) -> Iterator[Effect]:
    """Take in what is new before more is written. While tasks wait for a green base: follow its verification first."""
    baseline = run.verifications.get(BASELINE)
    if run.pull_closed:
        return  # its branch is left as it is
    if base.waiting(run) and baseline is not None and baseline.ending is None:
        yield from _baseline(run)
    elif stale_base.due(run) or (base.waiting(run) and stale_base.outdated(run)):
        found = stale_base.newest(run)
        name = f"base/{found[:12]}/on/{run.head[:12]}/h{run.rests}"
        yield effect_of(run, EffectKind.TAKE_BASE, name, target=found, lane=f"run/{run.id}/base")


def _integrate(run: Run) -> Iterator[Effect]:
    integration = run.integration
    if integration is None:
        return
    step = f"b{integration.batch}/s{integration.step}"
    lane, number = f"run/{run.id}/integrate", integration.step
    if integration.sha is None:
        yield effect_of(run, EffectKind.CANDIDATE, f"candidate/{step}", lane=lane, number=number)
    elif integration.ready:
        yield effect_of(run, EffectKind.MERGE, f"merge/{step}", lane=lane, number=number)
    else:
        yield from _verify(run, candidate_target(integration.batch, integration.step))


def _gate(run: Run) -> Iterator[Effect]:
    baseline = run.verifications.get(BASELINE)
    if baseline is not None and baseline.ending is None:
        return
    gate = run.gate
    if gate is None or gate.state is GateState.OPENED:
        number = gate.number if gate else len(run.gates) + 1
        yield effect_of(run, EffectKind.GATE, f"gate/g{number}/h{run.rests}", gate=number)


def _decision(run: Run) -> Iterator[Effect]:
    """Post, then apply: also for a person's decision while the run rests. A pause stops only what would start work."""
    gate = run.gate
    if gate is None or gate.decision is None or run.ended:
        return
    if run.hold is not None and (run.hold.kind != "paused" or gate.state is not GateState.DECIDED):
        return
    name = f"g{gate.number}/r{gate.revision}"
    if gate.state is GateState.DECIDED:
        yield effect_of(
            run, EffectKind.POST_DECISION, f"decision/{name}", gate=gate.number, number=gate.revision,
            lane=f"run/{run.id}/show/{gate_surface(gate)}",
        )  # fmt: skip
    elif gate.deadline is not None:
        yield effect_of(
            run, EffectKind.APPLY, f"apply/{name}", gate=gate.number, number=gate.revision, not_before=gate.deadline
        )


def _journeys(run: Run) -> Iterator[Effect]:
    """Walk the journeys; say why some fail."""
    one = journey_rounds.current(run)
    if one is not None and one.state is RoundState.TESTING:
        name, lane = f"journeys/n{one.number}/{one.head[:12]}/h{run.rests}", f"run/{run.id}/journeys"
        name += f"/p{one.polls}" if one.polls else ""
        yield effect_of(run, EffectKind.JOURNEYS, name, number=one.number, lane=lane, not_before=one.next_at)
    elif one is not None and one.state is RoundState.TESTED:
        yield effect_of(run, EffectKind.TRIAGE, f"triage/n{one.number}/h{run.rests}", number=one.number)


def _journeys_decision(run: Run) -> Iterator[Effect]:
    """Post, then apply, as at a gate. A pause stops only what would start work."""
    one = journey_rounds.current(run)
    if one is None or run.phase is not RunPhase.JOURNEYS or run.ended:
        return
    if run.hold is not None and (run.hold.kind != "paused" or one.state is not RoundState.DECIDED):
        return
    name = f"n{one.number}/r{one.revision}"
    if one.state is RoundState.DECIDED:
        lane = f"run/{run.id}/show/journeys/n{one.number}"
        yield effect_of(run, EffectKind.POST_JOURNEYS, f"post-journeys/{name}", number=one.number, lane=lane)
    elif one.state in (RoundState.POSTED, RoundState.APPROVED) and one.deadline is not None:
        yield effect_of(
            run, EffectKind.APPLY_JOURNEYS, f"apply-journeys/{name}", number=one.number, not_before=one.deadline
        )


def _reviews(run: Run) -> Iterator[Effect]:
    """A review is taken up in a comment before it is worked on, and answered in its threads after it."""
    for review in review_rounds.answerable(run):
        yield effect_of(run, EffectKind.ANSWER_REVIEW, f"answer-review/{review.id}/n{review.answers}", number=review.id)
    for review in run.reviews:
        if review.state == "given" and run.reviewed:
            lane = f"run/{run.id}/reviews"  # one after the other: each says which tasks come next
            yield effect_of(run, EffectKind.POST_REVIEW, f"review/{review.id}", number=review.id, lane=lane)


def _stop(run: Run) -> Iterator[Effect]:
    """A cancelled run still pushes what its coders had."""
    if run.stopping:
        for task in run.tasks.values():
            if task.state is TaskState.CODING and task.last is not None:
                yield _coding(run, task, task.last)


def _show(run: Run) -> Iterator[Effect]:
    pressing = _pressing(run)
    late = behind(run) if pressing else None
    for surface, digest in surfaces(run).items():
        posted = EffectKind.POST_DECISION in pressing and surface.startswith("gate/")  # the posting writes it
        if run.shown.get(surface) != digest and not posted:
            count, way = run.shown_count.get(surface, 0), gives_way(run, surface)
            # Where it gives way no more, the number changes: a row that was given back is due again.
            at_once = int(is_progress(surface) and not way)
            yield effect_of(
                run, EffectKind.SHOW, f"show/{surface}/{count}", target=surface, lane=f"run/{run.id}/show/{surface}",
                not_before=late if late and way else edit_at(run, surface), number=at_once,
            )  # fmt: skip


def _pressing(run: Run) -> set[EffectKind]:
    """Short steps that are due and write to GitHub, for which people or Actions wait; not those that met trouble."""
    # Where a limit holds the run back, steps may be due for long, and people shall see why.
    rules = (_decision,) if run.resting or run.parked is not None else (_decision, *_by_phase(run))
    effects = in_turn(run, (effect for rule in rules for effect in rule(run)))
    return {effect.kind for effect in effects if effect.kind in PRESSING and effect.key not in run.trouble}


def _call(run: Run) -> Iterator[Effect]:
    if run.stopping:
        return  # coders push what they have first: the call says where it is
    wait = waits_for(run)
    if wait is not None and wait.key not in run.called:
        yield effect_of(run, EffectKind.CALL, f"call/{wait.key}", target=wait.key)
    elif wait is not None and wait.since is not None and f"{wait.key}/reminder" not in run.called:
        key = f"{wait.key}/reminder"
        yield effect_of(run, EffectKind.CALL, f"call/{key}", target=key, not_before=wait.since + REMINDER_AFTER)


def _issue_gone(run: Run) -> Iterator[Effect]:
    """Where people still can read it they are told, once, what ended the run."""
    gone = run.issue_gone
    told = gone is None or not gone.at_work or run.pull_request is None or ISSUE_GONE in run.called
    if not told and not run.stopping:
        yield effect_of(run, EffectKind.CALL, f"call/{ISSUE_GONE}", target=ISSUE_GONE)


def _reply(run: Run) -> Iterator[Effect]:
    for reply in run.replies:
        if reply.number == run.replied + 1:
            yield effect_of(
                run, EffectKind.REPLY, f"reply/{reply.number}", number=reply.number, lane=f"run/{run.id}/reply"
            )


def _tidy(run: Run) -> Iterator[Effect]:
    """Verification pull requests that have served."""
    if not run.verification_prs:
        return
    live = {
        task.last.branch
        for task in run.tasks.values()
        if task.last is not None and task.state not in (TaskState.MERGED, TaskState.SKIPPED)
    }
    if run.integration is not None and run.phase is RunPhase.INTEGRATING:
        live |= {
            v.branch
            for v in run.verifications.values()
            if v.target == candidate_target(run.integration.batch, run.integration.step)
        }
    over = run.ended and not run.stopping
    for branch, number in run.verification_prs.items():
        if number not in run.closed_prs and (over or branch not in live):
            yield effect_of(run, EffectKind.TIDY, f"tidy/{number}", number=number)


def _time_up(run: Run) -> Iterator[Effect]:
    if run.idle_since is None:
        name = f"time-up/{run.minutes:g}/h{run.rests}"
        yield effect_of(run, EffectKind.TIME_UP, name, not_before=run.over_at)


def _learn(run: Run) -> Iterator[Effect]:
    """Uses of learnings and people's words about them are written to where they outlive the run."""
    if run.learning_orders or unwritten(run):
        yield effect_of(run, EffectKind.LEARN, f"learn/{run.learnt_count}", lane=f"run/{run.id}/learn")


ALWAYS: tuple[Rule, ...] = (
    _decision, _journeys_decision, _reviews, _stop, _show, _call, _issue_gone, _reply, _tidy, _time_up, _base, _learn,
)  # fmt: skip
"""Rules of every state: nobody is left without a word, even at rest."""

RULES: dict[RunPhase, tuple[Rule, ...]] = {
    RunPhase.PLANNING: (_prepare,),
    RunPhase.PLAN_REVIEW: (_review_plan,),
    RunPhase.EXECUTING: (_baseline, _start, _work),
    RunPhase.INTEGRATING: (_baseline, _integrate),
    RunPhase.GATE: (_baseline, _gate),
    RunPhase.GATE_REVIEW: (_baseline,),
    RunPhase.JOURNEYS: (_journeys,),
}
"""What each state adds."""
