"""The context of real jobs in a bench: real ledger, git and model client; GitHub answers from the scenario."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import cast

import sqlalchemy as sa

from otto_bot.bench.place import BOT, Place
from otto_bot.bench.recorded import RecordedGitHub
from otto_bot.bench.world import World
from otto_bot.core.enclosing import plainly
from otto_bot.core.run import Run
from otto_bot.git.commits import Author
from otto_bot.git.mirror import Mirror
from otto_bot.github.client import GitHubApp
from otto_bot.github.verbs import Repository
from otto_bot.jobs.context import Context
from otto_bot.model.budgeted import Asks
from otto_bot.store.archive import Archive
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.learnings import Learnings
from otto_bot.store.ledger import Ledger


class Clock:
    """The run's own time: it moves when the driver says so."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def __call__(self) -> datetime:
        return self._now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)

    def until(self, moment: datetime) -> None:
        """Sleep until then; never back."""
        self._now = max(self._now, moment)


@dataclass(frozen=True, kw_only=True)
class BenchContext(Context):
    """Everything a job may use, with the repository's side taken from the scenario."""

    place: Place
    folder: Path
    world: World

    def repository(self, run: Run) -> Repository:
        """GitHub's verbs, answered from the scenario."""
        return RecordedGitHub(self.world, run)

    async def mirror(self, run: Run) -> Mirror:
        """The mirror of this run's own remote."""
        return self.place.mirror(self.folder)

    async def author(self) -> Author:
        """The App's bot user."""
        return BOT

    async def habits(self, run: Run) -> list[str]:
        """One commit is no habit."""
        return ["Start"]


def bench_context(
    place: Place, folder: Path, engine: sa.Engine, ledger: Ledger, rows: EffectRows, model: Asks, clock: Clock
) -> BenchContext:
    """The context of one run. Nonces follow one another, so that the same run has the same prompts."""
    numbers = count(1)
    mirror = place.mirror(folder)

    return BenchContext(
        ledger=ledger,
        rows=rows,
        archive=Archive(engine),
        learnings=Learnings(engine),
        github=cast("GitHubApp", None),  # every use of it is overridden above
        web_url="https://github.com",
        docs_url="",
        runner=place.runner,
        state_dir=folder,
        model=_always(model),
        prices=place.prices,
        redactor=place.redactor,
        cage=place.cage,
        enclose=plainly,  # what is read is the bench's own
        stopping=lambda: False,
        now=clock,
        nonce_key=b"bench",
        nonce=lambda: hashlib.sha256(f"bench/{next(numbers)}".encode()).hexdigest()[:16],
        place=place,
        folder=folder,
        world=World(place.scenario, partial(place.checks.at, mirror), clock),
    )


def _always(model: Asks) -> Callable[[], Asks]:
    return lambda: model
