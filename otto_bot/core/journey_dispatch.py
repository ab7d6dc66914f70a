"""Journeys that GitHub Actions runs: asked for, looked at until they are through, asked again if nothing came."""

from __future__ import annotations

from otto_bot.core import events as e
from otto_bot.core.journey_rounds import testing
from otto_bot.core.journeys import Dispatched
from otto_bot.core.run import Run

MOST_DISPATCHES = 2
"""How often Actions is asked for one round before a person must look."""


def journeys_dispatched(run: Run, event: e.JourneysDispatched) -> Run:
    """First the commands are written down, then the workflow run that carries them out is known."""
    one = testing(run, event.round, event.head)
    if one is None:
        return run
    before = one.dispatched
    if before is None:
        if event.run_id is not None:
            return run
        changes: dict[str, object] = {"dispatches": one.dispatches + 1, "calls": one.calls + event.calls}
        begun = Dispatched(script=event.script, at=event.at)
    elif before.script == event.script and before.run_id is None and event.run_id is not None:
        changes, begun = {}, before.model_copy(update={"run_id": event.run_id, "url": event.url})
    else:
        return run
    changes |= {"dispatched": begun, "next_at": event.next_at, "usd": one.usd + event.usd}
    changes |= {"model": event.model or one.model, "polls": one.polls + 1, "waiting": ""}
    return run.with_round(one.model_copy(update=changes))


def journeys_polled(run: Run, event: e.JourneysPolled) -> Run:
    """Not ready: looked at again later. Lost: what was asked for is forgotten, and can be asked for anew."""
    one = testing(run, event.round, event.head)
    if one is None or one.dispatched is None:
        return run
    kept = None if event.lost else one.dispatched
    # What was reported while GitHub was being asked may not be in its answer.
    late = event.knew is not None and len(one.reported) > event.knew
    next_at = min(event.next_at, event.at) if late else event.next_at
    changes = {"polls": one.polls + 1, "next_at": next_at, "waiting": event.lost or event.waiting}
    return run.with_round(one.model_copy(update={**changes, "dispatched": kept}))
