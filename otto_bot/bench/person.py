"""The one person of a bench: answers each wait once, with what the scenario says that they know, else in vain."""

from __future__ import annotations

from dataclasses import dataclass, field

from otto_bot.bench.scenario import Bench
from otto_bot.bench.world import World
from otto_bot.core.attempt import TaskState
from otto_bot.core.decision import Action, Decider
from otto_bot.core.run import Run
from otto_bot.core.values import Frozen
from otto_bot.core.waits import Wait

UNSURE = (Action.ASK, Action.SKIP, Action.HOLD)


class Asked(Frozen):
    """One time that somebody was called: about which tasks, and whether that had a point."""

    wait: str
    tasks: tuple[str, ...]
    needed: bool
    said: tuple[str, ...] = ()


@dataclass
class Person:
    """Mutable, one for each run. `mends` collects what is to be pushed to the default branch."""

    bench: Bench
    world: World
    asked: list[Asked] = field(default_factory=list)
    answered: set[tuple[str, str, str]] = field(default_factory=set)
    budgets: int = 0
    absent: bool = False
    """Nobody answers: what is asked stays so, and the rest of the plan goes on."""

    def says(self, run: Run, wait: Wait) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Commands, and names of what was mended before they are given; nothing = no answer, the run rests."""
        if wait.kind == "hold":
            return self._hold(wait)
        about = _about(run, wait)
        names = {key: (wait.kind if action is Action.HOLD else "", key, action.value) for key, action in about.items()}
        fresh = {key: action for key, action in about.items() if names[key] not in self.answered}
        fresh = {} if self.absent else fresh
        self.answered |= {names[key] for key in fresh}
        mends = self._mends(run, fresh)
        commands = self._commands(wait, fresh) if fresh else self._repeated(wait, about)
        self._note(wait, about, commands)
        return commands, mends

    def _note(self, wait: Wait, about: dict[str, Action], commands: tuple[str, ...]) -> None:
        name = wait.key.rsplit("/r", 1)[0] if wait.kind == "gate" else wait.key
        if any(one.wait == name for one in self.asked):
            return
        right = {*self.bench.truth.ask_needed, *self.bench.truth.right_skips}
        self.asked.append(Asked(wait=name, tasks=tuple(about), needed=bool(set(about) & right), said=commands))

    def _hold(self, wait: Wait) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The run itself rests: money, or something broke."""
        known = wait.reply.startswith("/otto budget") and self.bench.people.budget > 0 and not self.budgets
        self.asked.append(Asked(wait=wait.key, tasks=(), needed=known))
        if known:
            self.budgets += 1
            return (f"/otto budget +{self.bench.people.budget:g}",), ()
        return (), ()

    def _mends(self, run: Run, fresh: dict[str, Action]) -> tuple[str, ...]:
        """What a person mends when asked about these tasks: all that they can and that is still broken."""
        if not fresh or not {*self.bench.truth.ask_needed} & set(fresh):
            return ()
        if any(action is Action.HOLD and run.tasks[key].state is not TaskState.HELD for key, action in fresh.items()):
            return ()
        return tuple(name for name in self.bench.people.mends if name not in self.world.mended)

    def _commands(self, wait: Wait, fresh: dict[str, Action]) -> tuple[str, ...]:
        said: list[str] = []
        plain: list[str] = []
        for key, action in fresh.items():
            answer = self.bench.people.answers.get(key)
            if action is Action.HOLD or (action is Action.SKIP and key in self.bench.truth.right_skips):
                continue
            if action is Action.ASK and answer:
                said.append(f"/otto retry {key} -- {answer}")
            else:
                plain.append(key)
        if plain:
            said.append(f"/otto retry {' '.join(plain)}")
        if not said and wait.kind == "gate":
            return ("/otto approve",)
        return tuple(said)

    def _repeated(self, wait: Wait, about: dict[str, Action]) -> tuple[str, ...]:
        """Asked again: there is nothing to add. What is asked stays open, the rest may go on; no wrong skip does."""
        wrong = [
            key for key, action in about.items() if action is Action.SKIP and key not in self.bench.truth.right_skips
        ]
        return ("/otto approve",) if wait.kind == "gate" and not wrong else ()


def _about(run: Run, wait: Wait) -> dict[str, Action]:
    """The tasks that a wait is about, with the move that waits for a person."""
    gate = run.gate
    if wait.kind == "gate" and gate is not None and gate.decision is not None:
        decision = gate.decision
        found = {
            move.task: move.action
            for move in decision.moves
            if move.action in UNSURE and (move.decided_by or decision.decided_by) is not Decider.HUMAN
        }
        return {**{skip.task: Action.SKIP for skip in decision.skips}, **found}
    states = {TaskState.ASKED: Action.ASK, TaskState.HELD: Action.HOLD, TaskState.SKIPPED: Action.SKIP}
    return {key: states[task.state] for key, task in run.tasks.items() if task.state in states}
