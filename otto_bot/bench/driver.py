"""Drives one run from the label to rest, in its own time: real ledger, jobs, git and model; nothing sleeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from otto_bot.bench import direct
from otto_bot.bench.arms import Variant, gate_job
from otto_bot.bench.context import BenchContext, Clock, bench_context
from otto_bot.bench.history import tell_history
from otto_bot.bench.options import NONE
from otto_bot.bench.person import Asked, Person
from otto_bot.bench.place import BEGUN, DATABASE, REPO_ID, Place, person_pushes
from otto_bot.core.commands import Command, Given, parse_line
from otto_bot.core.config import HostCaps
from otto_bot.core.effects import EffectKind, scheduled
from otto_bot.core.events import BaseMoved, CommandGiven, RunEvent
from otto_bot.core.run import Run
from otto_bot.core.values import Person as Who
from otto_bot.core.values import Repo
from otto_bot.core.waits import waits_for
from otto_bot.engine.execute import Executor, Job
from otto_bot.jobs.registry import jobs_for, translate
from otto_bot.model.budgeted import Asks
from otto_bot.store.database import open_database
from otto_bot.store.effect_rows import EffectRows
from otto_bot.store.ledger import Ledger, Recorded, Trigger

MOST_STEPS = 6000
WORK_SECONDS = 1.0
"""What every effect takes, by the run's own clock."""
ISSUE = 1
WHO = Who(id=11, login="maintainer")
REPO = Repo(id=REPO_ID, installation_id=1, owner="octo", name="bench", default_branch="main")
SLEEPS = frozenset({EffectKind.TIME_UP, EffectKind.CALL})


@dataclass(frozen=True)
class Played:
    """One run at rest, with everything that was recorded of it."""

    scenario: str
    variant: Variant
    run: Run
    events: tuple[Recorded, ...]
    asked: tuple[Asked, ...]
    comments: tuple[str, ...]
    problems: tuple[str, ...]


async def play(place: Place, variant: Variant, model: Asks) -> Played:
    """One run of a scenario in one arm. The folder of the run is left for whoever wants to look."""
    folder = place.open_run(variant.name)
    engine = open_database(f"sqlite:///{folder / DATABASE}")
    try:
        return await _Driver(place, variant, folder, engine, model).run()
    finally:
        engine.dispose()


class _Driver:
    def __init__(self, place: Place, variant: Variant, folder: Path, engine: sa.Engine, model: Asks) -> None:
        self.place, self.variant, self.folder = place, variant, folder
        self.clock = Clock(BEGUN)
        self.ledger, self.rows = Ledger(engine), EffectRows(engine)
        self.context = bench_context(place, folder, engine, self.ledger, self.rows, model, self.clock)
        self.person = Person(place.scenario.bench, self.context.world, absent=variant.arm == NONE)
        self.executor = Executor(self.ledger, self.rows, _jobs(variant, self.context), translate, self.clock)
        self.spoken = 0

    async def run(self) -> Played:
        bench = self.place.scenario.bench
        tell_history(self.ledger, self.place.scenario, REPO, WHO, self.clock())
        trigger = Trigger(
            key="label/1", repo=REPO, issue=ISSUE, title=bench.issue.title, body=bench.issue.body, actor=WHO
        )
        started = self.ledger.start(trigger, HostCaps(), self.clock())
        assert started is not None
        rested = await self._until_rest(started.id)
        run = self.ledger.load(started.id)
        return Played(
            scenario=self.place.scenario.name,
            variant=self.variant,
            run=run,
            events=tuple(self.ledger.events(run.id)),
            asked=tuple(self.person.asked),
            comments=tuple(self.context.world.comments),
            problems=(
                *_problems(run, self.ledger.events(run.id), rested=rested),
                *dict.fromkeys(self.context.world.mistakes),
            ),
        )

    async def _until_rest(self, run_id: int) -> bool:
        for _ in range(MOST_STEPS):
            tickets = self.rows.claim("bench", self.clock(), 1)
            if tickets:
                await self.executor(tickets[0])
                self.clock.forward(WORK_SECONDS)
                continue
            run = self.ledger.load(run_id)
            if not self._sleep(run) and not await self._ask(run):
                return True
        return False

    def _sleep(self, run: Run) -> bool:
        """On to the next moment at which something is due by itself; False where there is none."""
        times = [e.not_before or self.clock() for e in scheduled(run) if e.kind not in SLEEPS]
        if not times:
            return False
        self.clock.until(max(min(times), self.clock()))
        self.clock.forward(0.01)
        return True

    async def _ask(self, run: Run) -> bool:
        """Whether a person made the run go on."""
        wait = waits_for(run)
        if wait is None:
            return False
        commands, mends = self.person.says(run, wait)
        for name in mends:
            await self._mend(run, name)
        for text in commands:
            self._say(run, text)
        return bool(commands or mends)

    async def _mend(self, run: Run, name: str) -> None:
        self.context.world.mended.add(name)
        files = self.place.scenario.bench.people.mends[name].files
        if files:
            sha = await person_pushes(self.place, self.folder, files, self.clock())
            self._append(run, BaseMoved(at=self.clock(), sha=sha))

    def _say(self, run: Run, text: str) -> None:
        command = parse_line(text)
        if not isinstance(command, Command):
            raise ValueError(f"no command: {text!r}: {command}")  # noqa: TRY004 - a scenario's words, no type
        self.spoken += 1
        given = Given(key=f"said/{self.spoken}", command=command, by=WHO, where=run.pull_request)
        self._append(run, CommandGiven(at=self.clock(), given=given))
        self.clock.forward(WORK_SECONDS)

    def _append(self, run: Run, event: RunEvent) -> None:
        self.ledger.append(run.id, [event], self.clock())


def _jobs(variant: Variant, context: BenchContext) -> Mapping[EffectKind, Job]:
    """The real jobs, but for those that need a whole GitHub or a planner, and the arm's own gate."""
    own: dict[EffectKind, Callable[..., Awaitable[Sequence[RunEvent]]]] = {
        EffectKind.PREPARE: partial(direct.prepare, variant),
        EffectKind.PLAN: direct.plan,
        EffectKind.POST_PLAN: direct.post_plan,
        EffectKind.SHOW: direct.show,
        EffectKind.CALL: direct.call,
        EffectKind.REPLY: direct.reply,
        EffectKind.TIDY: direct.tidy,
        EffectKind.GATE: partial(gate_job, variant),
    }
    return {**jobs_for(context), **{kind: partial(job, context) for kind, job in own.items()}}


def _problems(run: Run, events: list[Recorded], *, rested: bool) -> tuple[str, ...]:
    """What must never happen in a bench, whatever an arm decides."""
    found = [] if rested else ["the run did not come to rest"]
    found += [f"{item.event.type} was refused: {item.refused}" for item in events if item.refused]
    found += [f"{key}: {t.kind}: {t.message}" for key, t in run.trouble.items() if t.kind != "budget"]
    return tuple(found)
