"""Effects that only write for people or read the repository's settings: their events, without the writing."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.bench.arms import Variant
from otto_bot.bench.context import BenchContext
from otto_bot.core.config import HostCaps, PilotConfig, read_config
from otto_bot.core.effects import Effect
from otto_bot.core.events import PersonCalled, PlanMade, PlanPosted, Prepared, Published, Replied, RunEvent, Tidied
from otto_bot.core.exposure import Exposure
from otto_bot.core.lanes import Lane, LaneKind
from otto_bot.core.run import Run
from otto_bot.core.surfaces import surfaces
from otto_bot.store.effect_rows import Ticket


async def prepare(
    variant: Variant, context: BenchContext, run: Run, effect: Effect, ticket: Ticket
) -> Sequence[RunEvent]:
    """The scenario's own otto.yml; only who decides at a gate is the arm's."""
    scenario = context.place.scenario
    config = read_config(scenario.otto, HostCaps())
    pilot = PilotConfig.model_validate({**config.pilot.model_dump(), "enabled": variant.pilot, "mode": "decide"})
    flow = scenario.workflow
    return [
        Prepared(
            at=context.now(),
            config=config.model_copy(update={"pilot": pilot}),
            base_sha=context.place.base_sha,
            lane=Lane(kind=LaneKind.PUSH, workflows=(flow.path,), jobs=(flow.job,)),
            exposure=Exposure(items=(), files_hash=""),
            prefix=config.branches.prefix,
        )
    ]


async def plan(context: BenchContext, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """The plan as the scenario gives it."""
    return [PlanMade(at=context.now(), number=run.plan_number, plan=context.place.scenario.bench.plan)]


async def post_plan(context: BenchContext, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """The plan's comment stands."""
    return [PlanPosted(at=context.now(), revision=run.plan_revision, comment_id=1)]


async def show(context: BenchContext, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """Everything that people see is as it should be, all at once."""
    stale = [(name, digest) for name, digest in surfaces(run).items() if run.shown.get(name) != digest]
    return [Published(at=context.now(), surface=name, digest=digest) for name, digest in stale]


async def call(context: BenchContext, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """A person was called."""
    return [PersonCalled(at=context.now(), wait=effect.target)]


async def reply(context: BenchContext, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """A command was answered."""
    return [Replied(at=context.now(), number=effect.number)]


async def tidy(context: BenchContext, run: Run, effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """A pull request was closed."""
    return [Tidied(at=context.now(), number=effect.number)]
