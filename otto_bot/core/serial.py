"""One head at a time: where heads of ours would cancel each other, none is started while another is being verified."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from otto_bot.core.attempt import BASELINE, TaskState, Verification, target_of
from otto_bot.core.cancelled import cancelled_by
from otto_bot.core.effect import Effect, EffectKind
from otto_bot.core.integration import candidate_target
from otto_bot.core.pauses import WAITS_FOR_BASE
from otto_bot.core.run import Run, RunPhase

STARTS = frozenset({EffectKind.PUSH, EffectKind.CANDIDATE, EffectKind.RERUN, EffectKind.TAKE_BASE})
"""Effects that let Actions look at a head."""


def group_of(run: Run) -> str:
    """The concurrency group that makes it so; empty = heads may be verified side by side."""
    return run.serial or (run.lane.shares if run.lane is not None else "")


def busy(run: Run, besides: str = "") -> bool:
    """Whether Actions looks at a head of this run, other than that one."""
    return any(one.target != besides for one in _looked_at(run))


def _looked_at(run: Run) -> Iterator[Verification]:
    """Verifications that are followed and have not ended; who waits only for the base's verdict has ended there."""
    targets = [BASELINE]
    targets += [
        target_of(key, task.last.number)
        for key, task in run.tasks.items()
        if task.state is TaskState.VERIFYING and task.last is not None
    ]
    if run.integration is not None and run.phase is RunPhase.INTEGRATING:
        targets.append(candidate_target(run.integration.batch, run.integration.step))
    for target in targets:
        verification = run.verifications.get(target)
        if verification is None or verification.ending is not None or verification.rerun_due:
            continue
        if verification.waiting != WAITS_FOR_BASE:
            yield verification


def in_turn(run: Run, effects: Iterable[Effect]) -> Iterator[Effect]:
    """The effects; of those that start a verification, in such a group, only while nothing else is verified.

    They share a lane: the first that is done makes the others wait. A run that is over only saves its work.
    """
    free = not group_of(run) or run.resting
    for effect in effects:
        if free or effect.kind not in STARTS:
            yield effect
        elif not busy(run, effect.target if effect.kind is EffectKind.RERUN else ""):
            yield effect.model_copy(update={"lane": f"run/{run.id}/one-at-a-time"})


def held_back(run: Run) -> tuple[str, ...]:
    """Tasks that are written, and whose commits wait for their turn."""
    if not group_of(run) or run.resting or not busy(run):
        return ()
    coding = [task for task in run.tasks.values() if task.state is TaskState.CODING and task.last is not None]
    return tuple(task.key for task in coding if task.last is not None and task.last.sha is not None)


def learnt(run: Run, verification: Verification) -> Run:
    """A group that cancelled a verification: from now on its heads go one at a time."""
    found = cancelled_by(verification.failure)
    if found is None or found.by != "group" or run.serial:
        return run
    return run.model_copy(update={"serial": found.who or "concurrency"})
