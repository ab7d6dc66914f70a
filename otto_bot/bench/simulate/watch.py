"""Who looks on at every step: the rules of the house, held against the simulated world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from otto_bot.bench.simulate import late, looks, rest, words
from otto_bot.bench.simulate.github import Said
from otto_bot.bench.simulate.host import WALKS
from otto_bot.bench.simulate.rules import hold
from otto_bot.core.effects import Effect, EffectKind
from otto_bot.core.events import AttemptStarted, RunBranchMoved, RunEvent
from otto_bot.core.run import Run, RunPhase
from otto_bot.core.waits import Wait, waits_for

if TYPE_CHECKING:
    from otto_bot.bench.simulate.world import World

STEP = "step "
"""How a count of a step begins: what moved, from where, to where, by which event. Diagrams in docs/ are made of it."""
Meaning = tuple[str, str, int, str, int, int]


class Watch:
    """Sees each event of each run: state before, event, state after; and every schedule."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.called: Wait | None = None
        self.idle: dict[int, tuple[object, float]] = {}
        self._bases = late.Bases()
        self._meanings: dict[str, Effect] = {}
        self._wait: tuple[Run | None, Wait | None] = (None, None)

    def waits(self, run: Run) -> Wait | None:
        """What a run waits for; asked once for each state."""
        if self._wait[0] is not run:
            self._wait = (run, waits_for(run))
        return self._wait[1]

    def saw(self, before: Run, event: RunEvent, after: Run) -> None:
        """One event. Raises Broken."""
        world = self.world
        world.tell(event)
        world.seen[f"event {event.type}"] += 1
        wait = self.waits(before)
        words.idle_time(self, before, wait, event, after)
        if after is before:
            world.seen["event that changed nothing"] += 1
            return
        late.stale(before, event, after)
        self._bases.saw(before, event, after)
        if isinstance(event, AttemptStarted):
            world.host.wakes(before.id, event.task)
        if isinstance(event, RunBranchMoved) and before.phase is RunPhase.JOURNEYS:
            world.host.wakes(before.id, WALKS)
        looks.attempts(world, before, event, after)
        looks.restarts(world, before, event, after)
        looks.one_at_a_time(world, before, after)
        looks.kept(before, event, after)
        words.input_text(before, event, after)
        looks.tasks(world, before, after)
        looks.gives_up(before, event, after)
        words.yes(before, event, after)
        words.calls(self, wait, before, event, after)
        if after.money is not before.money:
            world.purse.check([kept.run for kept in world.ledger.runs.values()])
        self._counts(before, event, after)

    def wanted(self, run: Run, schedule: Sequence[Effect]) -> None:
        """One schedule: keys are the run's own, each once, and each always means the same action."""
        keys = {effect.key for effect in schedule}
        hold(7, len(keys) == len(schedule), "an effect is scheduled twice")
        for effect in schedule:
            known = self._meanings.setdefault(effect.key, effect)
            if known is effect:
                hold(7, effect.key.startswith(f"run/{run.id}/"), f"{effect.key} is not of run {run.id}")
            elif not _same(known, effect):
                hold(7, False, f"{effect.key} means {_meaning(effect)}, and meant {_meaning(known)}")

    def hears(self, said: Said) -> None:
        """A command comes in."""
        self.world.seen[f"command {said.line.split()[1]}"] += 1

    def tidied(self, run: Run, branch: str) -> None:
        """Otto closes a verification pull request: nobody may be at it."""
        looks.tidied(run, branch)

    def at_rest(self, run: Run) -> None:
        """Nothing is due, and nobody acts."""
        rest.check(self.world, run)

    def _counts(self, before: Run, event: RunEvent, after: Run) -> None:
        seen = self.world.seen
        if after.phase is not before.phase:
            seen[f"phase {after.phase.value}"] += 1
            seen[f"{STEP}run {before.phase.value} {after.phase.value} {event.type}"] += 1
            if after.phase is RunPhase.INTEGRATING:
                self.world.people.sees_candidate()
        if after.outcome is not before.outcome and after.outcome is not None:
            seen[f"outcome {after.outcome.value}"] += 1
        if after.hold is not None and before.hold is None:
            seen[f"hold {after.hold.kind}"] += 1
        if after.tasks is not before.tasks:
            for key, task in after.tasks.items():
                old = before.tasks.get(key)
                if old is None or old.state is not task.state:
                    seen[f"task {task.state.value}"] += 1
                    seen[f"{STEP}task {old.state.value if old else '[*]'} {task.state.value} {event.type}"] += 1


def _same(one: Effect, other: Effect) -> bool:
    if one.task is other.task and one.attempt == other.attempt and one.number == other.number:
        return one.kind is other.kind and one.target == other.target and one.gate == other.gate
    return _meaning(one) == _meaning(other)


def _meaning(effect: Effect) -> Meaning:
    """Of what is shown the number says how urgent it is, and that may change."""
    number = 0 if effect.kind is EffectKind.SHOW else effect.number
    return (effect.kind.value, effect.task, effect.attempt, effect.target, effect.gate, number)
