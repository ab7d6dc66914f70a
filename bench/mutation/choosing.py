"""Which mutants are tried, and which tests each is held against."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.mutation.mutant import Mutant

_MACHINE = (
    "accepting actions additions admission asks attempt base budget context_notes decision edits effects events funds "
    "gate_account gates integration invariants journey_dispatch journey_fix journey_rounds journey_script "
    "journey_steering journeys lanes machine no_ci outcomes parked parking pauses plan_growth planning policy polling "
    "quota review_rounds reviewing reviews routing run shared_failures slim stale_base steering surfaces tasks "
    "validation verdict verdict_check waits"
)
MACHINE = frozenset(_MACHINE.split())
"""The files of the state machine: what a run does next, and what it must never do."""


_LIMITS = "test_small_limits.py::test_limits_and_defaults_stay_as_they_are"
_SLOW = 0.2
"""Seconds of a test, as recorded, from which on it comes after all others."""


def is_machine(file: str) -> bool:
    """Whether a file of the heart is of the state machine."""
    return Path(file).stem in MACHINE


@dataclass(frozen=True)
class Record:
    """What `recording` wrote: tests, their seconds, and for each file the numbers of tests by line."""

    tests: Sequence[str]
    seconds: Sequence[float]
    files: dict[str, dict[str, list[int]]]

    @classmethod
    def read(cls, path: Path) -> Record:
        """Raises OSError or ValueError where there is none."""
        return cls(**json.loads(path.read_text()))

    def and_also(self, more: Record) -> Record:
        """This record with the tests of another; a test of both is taken as it is in the other."""
        stale = {at for at, name in enumerate(self.tests) if name in set(more.tests)}
        begin = len(self.tests)
        files: dict[str, dict[str, list[int]]] = {}
        for file in sorted({*self.files, *more.files}):
            old, new = self.files.get(file, {}), more.files.get(file, {})
            files[file] = {
                line: [one for one in old.get(line, ()) if one not in stale]
                + [one + begin for one in new.get(line, ())]
                for line in sorted({*old, *new}, key=int)
            }
        return Record((*self.tests, *more.tests), (*self.seconds, *more.seconds), files)

    def write(self, path: Path) -> None:
        """As `recording` writes it."""
        path.write_text(json.dumps({"tests": self.tests, "seconds": self.seconds, "files": self.files}))

    def reaching(self, mutant: Mutant) -> list[str]:
        """The tests that run the line: of each file of tests the quickest, then of each the next; slow ones last.

        Where only loading runs it: those that use the file, else all; the ones named after the file come first.
        """
        lines = self.files.get(mutant.file, {})
        if mutant.loading:
            numbers = {one for many in lines.values() for one in many} or set(range(len(self.tests)))
            own = f"test_{Path(mutant.file).stem}.py"
            listed = f"{_LIMITS}[{Path(mutant.file).stem}]"  # looks at the module, and runs no line of it
            numbers |= {at for at, name in enumerate(self.tests) if name.endswith(listed)}
            listed_first = sorted(
                numbers,
                key=lambda at: (not self.tests[at].endswith(listed), own not in self.tests[at], self.seconds[at], at),
            )
            return [self.tests[one] for one in listed_first]
        numbers = set(lines.get(str(mutant.line), ()))
        if not numbers:
            first, last = mutant.lines
            numbers = {one for line in range(first, last + 1) for one in lines.get(str(line), ())}
        turns: dict[str, int] = {}
        queue = []
        for one in sorted(numbers, key=lambda at: (self.seconds[at], at)):
            file = self.tests[one].partition("::")[0]
            turns[file] = turns.get(file, 0) + 1
            queue.append((self.seconds[one] > _SLOW, turns[file], self.seconds[one], one))
        return [self.tests[one] for *_, one in sorted(queue)]

    def by_time(self) -> list[str]:
        """All tests, quickest first."""
        return [name for _, name in sorted(zip(self.seconds, self.tests, strict=True))]

    def cost(self, tests: Iterable[str]) -> float:
        """Seconds, as they were recorded."""
        known = dict(zip(self.tests, self.seconds, strict=True))
        return sum(known[name] for name in tests)

    def within(self, tests: Sequence[str], seconds: float) -> list[str]:
        """As many of the first as fit; at least one."""
        known, spent, kept = dict(zip(self.tests, self.seconds, strict=True)), 0.0, list[str]()
        for name in tests:
            spent += known[name]
            if kept and spent > seconds:
                break
            kept.append(name)
        return kept


def sample(mutants: Sequence[Mutant], machine: int, rest: int, seed: int) -> list[Mutant]:
    """So many of the state machine's, then so many of the others': drawn anew they are the same."""
    random = Random(seed)
    one = [mutant for mutant in mutants if is_machine(mutant.file)]
    other = [mutant for mutant in mutants if not is_machine(mutant.file)]
    random.shuffle(one)
    random.shuffle(other)
    return one[:machine] + other[:rest]
