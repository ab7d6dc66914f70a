"""Actions on the simulated GitHub: each head gets workflow runs whose outcome the seed decides."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from otto_bot.bench.simulate.clock import Clock
from otto_bot.bench.simulate.lives import Life
from otto_bot.bench.simulate.makers import chance_of
from otto_bot.bench.simulate.refs import Commit
from otto_bot.core.evidence import Cause

CAUSES = (
    Cause.TEST, Cause.TEST, Cause.TEST, Cause.LINT, Cause.BUILD, Cause.DEPENDENCY, Cause.INFRA, Cause.FLAKY,
    Cause.TIMEOUT, Cause.CANCELLED, Cause.NEVER_STARTED, Cause.BASE_RED, Cause.BILLING, Cause.ACTION_REQUIRED,
    Cause.NO_CI, Cause.SYSTEMIC, Cause.UNKNOWN,
)  # fmt: skip
OUTSIDE = frozenset({Cause.INFRA, Cause.FLAKY, Cause.TIMEOUT, Cause.CANCELLED, Cause.NEVER_STARTED, Cause.SYSTEMIC})
"""What is not in the code: the same tree may be green another time."""


@dataclass
class WorkflowRun:
    """One workflow run of one commit. `cause` None = it is or will be green."""

    id: int
    sha: str
    tree: str
    branch: str
    ends_at: float
    cause: Cause | None
    attempt: int = 1


class Actions:
    """Every workflow run there is."""

    def __init__(self, life: Life, clock: Clock, number: Callable[[], int], reported: Callable[[str], None]) -> None:
        self._clock = clock
        self._number = number
        self._reported = reported
        self._seed = life.seed
        self._stubborn = bool(life.causes)
        self._dice = random.Random(f"actions/{life.seed}")  # noqa: S311 - dice, no secret
        self.trouble = life.faults.work
        self.causes: Sequence[Cause] = life.causes or CAUSES
        self.runs: dict[str, list[WorkflowRun]] = {}
        self.green: dict[str, datetime] = {}
        """Trees that were ever green, and since when."""
        self.unwatched: set[str] = set()
        """Trees for whose change no workflow starts, and the judge alone decides."""
        self.restarts: list[tuple[str, datetime]] = []

    def start(self, commit: Commit, branch: str) -> int | None:
        """A workflow run begins for a branch's head, unless it has one; None where none begins at all."""
        known = self.runs.setdefault(commit.sha, [])
        if found := next((one for one in known if one.branch == branch), None):
            return found.id
        cause = self._cause(commit, len(known) + 1)
        if cause is Cause.NO_CI:
            return None
        run = WorkflowRun(self._number(), commit.sha, commit.tree, branch, 0.0, cause)
        known.append(run)
        self._go(run)
        return run.id

    def again(self, sha: str, run_id: int) -> None:
        """The failed jobs of a run start again; one that goes on or is green is left alone."""
        run = next(one for one in self.runs[sha] if one.id == run_id)
        if run.ends_at > self._clock.seconds or run.cause is None:
            return
        run.attempt += 1
        stubborn = 0.7 if self._stubborn and self.trouble else self.trouble
        outside = run.cause in OUTSIDE and self._dice.random() >= stubborn
        run.cause = None if outside else self._cause_again(run)
        self.restarts.append((sha, self._clock.true))
        self._go(run)

    def _go(self, run: WorkflowRun) -> None:
        seconds = self._dice.choice([8, 30, 90])
        run.ends_at = self._clock.seconds + seconds

        def ended() -> None:
            if run.cause is None:
                self.green.setdefault(run.tree, self._clock.true)
            self._reported(run.sha)

        self._clock.after(seconds, ended)

    def _cause(self, commit: Commit, attempt: int) -> Cause | None:
        """The same tree fails in the same way, as long as the world is not kind."""
        weight = 0.4 if any(part.startswith("first/") for part in commit.parts) and len(commit.parts) < 3 else 1.0
        if chance_of("red", self._seed, commit.tree, attempt) >= self.trouble * weight:
            return None
        return self.causes[int(chance_of("why", self._seed, commit.tree) * len(self.causes))]

    def _cause_again(self, run: WorkflowRun) -> Cause | None:
        return run.cause if self.trouble and self._dice.random() < 0.8 else None
