"""The heart alone: how long a long ledger takes to be reduced, with and without reading its JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from time import process_time
from typing import NamedTuple

from bench.scale.life import Life, Shape
from otto_bot.core.effects import scheduled
from otto_bot.core.events import AttemptStarted, RunEvent, read_event
from otto_bot.core.machine import reduce
from otto_bot.core.run import Run
from otto_bot.core.values import stored_json

LONG = Shape(tasks=40, gates=5, turns=190)
"""40 tasks that fail five times each, 190 model calls an attempt: about 10^5 events."""


class Reduced(NamedTuple):
    """Seconds of processor time for a whole ledger, the best of some tries."""

    events: int
    reduce: float
    read: float
    due: float


def measure(shape: Shape = LONG, tries: int = 3) -> Reduced:
    """Make a life, then replay it. Model calls are put in afterwards: they are most of the events, and all alike."""
    life = Life(replace(shape, turns=1))
    life.live()
    ledger = list(_stretched(life, shape.turns - 1))
    lines = [stored_json(event) for event in ledger]
    alone = min(_replay(ledger) for _ in range(tries))
    return Reduced(len(lines), alone, min(_read(lines) for _ in range(tries)), _due(ledger))


def _stretched(life: Life, turns: int) -> Iterator[RunEvent]:
    for event in life.ledger:
        yield event
        if isinstance(event, AttemptStarted):
            yield from life.calls(f"coder/{event.task}/a{event.attempt}/more", turns)


def _replay(events: Sequence[RunEvent]) -> float:
    begun, run = process_time(), None
    for event in events:
        run = reduce(run, event)
    return process_time() - begun


def _read(lines: Sequence[str]) -> float:
    begun = process_time()
    for line in lines:
        read_event(line)
    return process_time() - begun


def _due(events: Sequence[RunEvent]) -> float:
    """Replay, and ask after each event what is due."""
    begun = process_time()
    run: Run | None = None
    for event in events:
        run = reduce(run, event)
        if run is not None:
            scheduled(run)
    return process_time() - begun
